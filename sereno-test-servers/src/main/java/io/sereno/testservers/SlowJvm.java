package io.sereno.testservers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program for a JVM that has loaded no classes yet and loads one class slowly: it only connects. */
final class SlowJvm {
    private SlowJvm() {}

    /** Runs the program to its end; returns its output, which is empty if it could connect. */
    static String connect(String uri, String slowClass, Duration loading) throws IOException, InterruptedException {
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        SlowJvm.class.getName(),
                        uri,
                        slowClass,
                        loading.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(jvm.getInputStream().readAllBytes(), UTF_8);
        return jvm.waitFor() == 0 ? "" : output;
    }

    public static void main(String[] arguments) throws Exception {
        List<URL> classPath = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            classPath.add(new File(entry).toURI().toURL());
        }
        SlowLoader loader = new SlowLoader(classPath, arguments[1], Duration.parse(arguments[2]));
        Thread.currentThread().setContextClassLoader(loader);
        Class<?> sereno = Class.forName("io.sereno.Sereno", true, loader);
        ((AutoCloseable) sereno.getMethod("connect", String.class).invoke(null, arguments[0])).close();
        if (!loader.wasSlow) {
            throw new AssertionError("no connection needed " + arguments[1] + "; name a class that each one needs");
        }
    }

    /** Loads all classes of the application. While one thread waits for the slow class, others load theirs. */
    private static final class SlowLoader extends URLClassLoader {
        static {
            registerAsParallelCapable();
        }

        private final String slowClass;
        private final Duration loading;
        private volatile boolean wasSlow;

        SlowLoader(List<URL> classPath, String slowClass, Duration loading) {
            super(classPath.toArray(URL[]::new), getPlatformClassLoader());
            this.slowClass = slowClass;
            this.loading = loading;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (name.equals(slowClass)) {
                wasSlow = true;
                try {
                    TimeUnit.NANOSECONDS.sleep(loading.toNanos());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return super.findClass(name);
        }
    }
}
