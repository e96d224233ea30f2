package io.sereno.testservers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A program in a separate JVM, with the class path of the test without some jars: a plain application that logs through
 * the JDK. Its standard output reports its progress to the test; its standard error is what a user would see in the
 * log.
 */
public final class ApplicationProcess implements AutoCloseable {
    private static final long SOON_SECONDS = 120;
    private static final String FORMAT = "-Djava.util.logging.SimpleFormatter.format=%4$s %5$s%6$s%n";

    private final Process process;
    private final Path log;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Thread reader;

    private ApplicationProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
        this.reader = new Thread(this::read, "output of " + process.pid());
    }

    /**
     * Starts it.
     *
     * @param main has the method {@code main}
     * @param leftOut prefixes of the names of jars to leave out of the class path
     * @param options of the JVM
     * @param first argument of the program
     * @param more arguments
     */
    public static ApplicationProcess start(
            Class<?> main, List<String> leftOut, List<String> options, String first, String... more) {
        String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        String classPath = Arrays.stream(all.split(File.pathSeparator))
                .filter(entry -> leftOut.stream()
                        .noneMatch(start -> new File(entry).getName().startsWith(start)))
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                FORMAT,
                "-cp",
                classPath));
        command.addAll(options);
        command.add(main.getName());
        command.add(first);
        command.addAll(List.of(more));
        try {
            Path log = Files.createTempFile("sereno-application", ".log");
            Process process =
                    new ProcessBuilder(command).redirectError(log.toFile()).start();
            ApplicationProcess application = new ApplicationProcess(process, log);
            application.reader.start();
            return application;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            output.lines().forEach(lines::add);
        } catch (IOException | UncheckedIOException ended) {
            // The process was killed; its earlier output is kept.
        }
    }

    /** Waits until it has written this line to its standard output. */
    public void await(String line) throws InterruptedException {
        String next = lines.poll(SOON_SECONDS, TimeUnit.SECONDS);
        if (!line.equals(next)) {
            throw new AssertionError("expected '" + line + "', it wrote '" + next + "'; its log:\n" + log());
        }
    }

    /** SIGSTOP: it does nothing until {@link #resume()}, and does not notice that. */
    public void pause() throws InterruptedException {
        signal("STOP");
    }

    /** SIGCONT. */
    public void resume() throws InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws InterruptedException {
        try {
            Process kill = new ProcessBuilder("kill", "-s", name, String.valueOf(process.pid())).start();
            if (kill.waitFor() != 0) {
                throw new AssertionError("it did not get the signal " + name + "; its log:\n" + log());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until it has ended successfully; returns its log. */
    public List<String> end() throws InterruptedException {
        if (!process.waitFor(SOON_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new AssertionError("it ended with an error; its log:\n" + log());
        }
        return log().lines().collect(Collectors.toList());
    }

    private String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills it, if it runs. */
    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        try {
            reader.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        Files.delete(log);
    }
}
