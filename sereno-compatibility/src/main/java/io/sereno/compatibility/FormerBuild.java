package io.sereno.compatibility;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program of this module in a process of its own, with the jars of a former build in place of the present classes of Sereno. */
final class FormerBuild implements AutoCloseable {
    /** Gets the output of a program; called in one thread. */
    interface Output {
        void line(String line);

        /** The process has ended; no more output follows. */
        void ended(String log);
    }

    private static final long LIMIT_SECONDS = 60;

    private final Process process;
    private final Path log;
    private final Thread reader;
    private final BlockingQueue<String> firstLine = new LinkedBlockingQueue<>();

    private FormerBuild(Process process, Path log, Output output) {
        this.process = process;
        this.log = log;
        this.reader = new Thread(() -> read(output), "output of the former build");
    }

    /** Starts the program and waits for its first line; later lines go to {@code output}. */
    static FormerBuild start(Path jars, Class<?> main, String ready, Output output, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                String.join(File.pathSeparator, classPath(jars)),
                main.getName()));
        command.addAll(List.of(arguments));
        try {
            Path log = Files.createTempFile("sereno-former", ".log");
            FormerBuild build = new FormerBuild(
                    new ProcessBuilder(command).redirectError(log.toFile()).start(), log, output);
            build.reader.start();
            if (!ready.equals(build.firstLine.poll(LIMIT_SECONDS, TimeUnit.SECONDS))) {
                String said = Files.readString(log);
                build.close();
                throw new IllegalStateException("the former build was not ready; its log:\n" + said);
            }
            return build;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The former jars, this module's classes, and the present client libraries. */
    private static List<String> classPath(Path jars) throws UncheckedIOException {
        List<String> entries = new ArrayList<>();
        try (Stream<Path> files = Files.list(jars)) {
            files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .forEach(file -> entries.add(file.toAbsolutePath().toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        String present =
                ".*[/\\\\]sereno-(?!compatibility)[a-z-]+([/\\\\]target[/\\\\]classes[/\\\\]?|-[0-9][^/\\\\]*\\.jar)";
        Arrays.stream(all.split(File.pathSeparator, -1))
                .filter(entry -> !entry.matches(present))
                .forEach(entries::add);
        return entries;
    }

    private void read(Output output) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            String first = lines.readLine();
            firstLine.add(first == null ? "" : first);
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.line(line);
            }
        } catch (IOException ended) {
            firstLine.add("");
        }
        output.ended(log());
    }

    void send(String line) {
        try {
            Writer commands = process.outputWriter(UTF_8);
            commands.write(line + "\n");
            commands.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGSTOP: the process keeps its connections, and does nothing until {@link #resume}. */
    void pause() {
        signal("STOP");
    }

    void resume() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            int exit = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                    .start()
                    .waitFor();
            if (exit != 0) {
                throw new IllegalStateException("kill -" + name + " ended with " + exit);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills the process without any request to the store. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
        try {
            reader.join();
            Files.deleteIfExists(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
