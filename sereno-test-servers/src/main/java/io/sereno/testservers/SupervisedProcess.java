package io.sereno.testservers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process under a shell that ends the process when this JVM ends, even by SIGKILL: {@code supervise.sh} explains how.
 * Where {@code setsid} exists, the shell runs in a session of its own, so that the terminal's Ctrl-C does not reach it.
 * The shell ends when the process ends, with the same status. What the process has started gets the same signals.
 *
 * <p>Not thread-safe.
 */
final class SupervisedProcess {
    /**
     * The only environment variables that a server inherits: no analyzers for its JVM, no ETCD_... that would configure
     * it.
     */
    private static final Set<String> INHERITED = Set.of("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL");

    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Path PROC = Path.of("/proc");

    private final Process supervisor;
    private final OutputStream signals;
    private final BufferedReader answers;
    private final long pid;

    private SupervisedProcess(Process supervisor) throws IOException {
        this.supervisor = supervisor;
        this.signals = supervisor.getOutputStream();
        this.answers = supervisor.inputReader(StandardCharsets.US_ASCII);
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException("the supervising shell ended at once");
        }
        this.pid = Long.parseLong(answer);
    }

    /** Standard output and error are appended to the log. */
    static SupervisedProcess start(List<String> command, Path log) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(log.toString()));
        arguments.addAll(command);
        return new SupervisedProcess(shell(ServerFolder.supervisor(), arguments).start());
    }

    /** A shell with one of our scripts, not yet started; its standard input will be a pipe to this JVM. */
    static ProcessBuilder shell(Path script, List<String> arguments) {
        List<String> line = new ArrayList<>();
        Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(folder -> Path.of(folder, "setsid"))
                .filter(Files::isExecutable)
                .findFirst()
                .ifPresent(setsid -> line.add(setsid.toString()));
        line.addAll(List.of("/bin/sh", script.toString()));
        line.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().keySet().retainAll(INHERITED);
        return builder;
    }

    long pid() {
        return pid;
    }

    boolean isAlive() {
        return supervisor.isAlive();
    }

    int exitStatus() {
        return supervisor.exitValue();
    }

    /** Waits for the end of the process, for at most this long; returns whether it ended. */
    boolean endsWithin(Duration limit) throws InterruptedException {
        return supervisor.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** False if the process has ended. If true, no thread of it runs any more, nor of a process that it has started. */
    boolean pause() throws InterruptedException {
        if (!send("STOP")) {
            return false;
        }
        // The signal is on its way to each thread; without /proc its arrival cannot be seen and is assumed. A process
        // that was started while the signal was on its way gets another.
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (Files.isDirectory(PROC) && !isStopped()) {
            if (endsWithin(Duration.ofMillis(1))) {
                return false;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new TestServerException("process " + pid + " did not stop within " + LIMIT);
            }
            send("STOP");
        }
        return true;
    }

    /** False if the process has ended. */
    boolean resume() {
        return send("CONT");
    }

    private boolean send(String signal) {
        if (!isAlive()) {
            return false;
        }
        try {
            signals.write((signal + "\n").getBytes(StandardCharsets.US_ASCII));
            signals.flush();
            return signal.equals(answers.readLine());
        } catch (IOException e) {
            if (!isAlive()) {
                return false; // it ended on its own meanwhile, and its pipe closed
            }
            throw new UncheckedIOException(e);
        }
    }

    /** With the processes that it has started. */
    private boolean isStopped() {
        return isStopped(pid)
                && ProcessHandle.of(pid).stream()
                        .flatMap(ProcessHandle::descendants)
                        .allMatch(process -> isStopped(process.pid()));
    }

    private static boolean isStopped(long process) {
        try (Stream<Path> threads = Files.list(PROC.resolve(process + "/task"))) {
            for (Path thread : threads.toList()) {
                String stat = Files.readString(thread.resolve("stat"), StandardCharsets.ISO_8859_1);
                char state = stat.charAt(stat.lastIndexOf(')') + 2);
                if (state != 'T' && state != 'Z') { // a zombie, which its stopped parent does not collect, runs no more
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            return false; // a thread ended while we checked: check again
        }
    }

    /**
     * SIGKILL, through the same pipe that ends the process with this JVM. Returns when the process has ended, and those
     * that it has started.
     */
    void kill() throws InterruptedException {
        try {
            signals.close();
        } catch (IOException e) {
            if (isAlive()) {
                throw new UncheckedIOException(e);
            }
        }
        if (!endsWithin(LIMIT)) {
            throw new TestServerException("process " + pid + " outlived SIGKILL for " + LIMIT);
        }
    }
}
