package io.sereno.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The process of one contestant, seen from the driver. */
final class WorkerProcess implements AutoCloseable {
    /** What the worker answered. */
    record Answer(Map<String, Double> figures, List<String> faults) {}

    private static final String GONE = "gone";

    private final Process process;
    private final Path log;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private WorkerProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
        Thread reader = new Thread(this::read, "output of " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    static WorkerProcess start(ClassPath classPath, Path log, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath.toString(),
                "io.sereno.benchmarks.worker.Worker"));
        command.addAll(arguments);
        return new WorkerProcess(
                new ProcessBuilder(command).redirectError(log.toFile()).start(), log);
    }

    private void read() {
        try (BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
            }
        } catch (IOException ended) {
            // It was killed.
        }
        lines.add(GONE);
    }

    Answer ask(String command, Duration limit) throws IOException, InterruptedException {
        send(command);
        return answer(command, limit);
    }

    void send(String command) throws IOException {
        Writer commands = process.outputWriter(UTF_8);
        commands.write(command + "\n");
        commands.flush();
    }

    /** The answer to the command that was sent. */
    Answer answer(String command, Duration limit) throws InterruptedException {
        Answer answer = new Answer(new TreeMap<>(), new ArrayList<>());
        long deadline = System.nanoTime() + limit.toNanos();
        String error = "";
        while (true) {
            String line = lines.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null) {
                throw new WorkerFailure("no answer to '" + command + "' in " + limit.toSeconds() + " s");
            }
            if (line.equals(GONE)) {
                throw new WorkerFailure("the process ended at '" + command + "'; its log is " + log);
            }
            if (line.equals(".")) {
                break;
            }
            String[] words = line.split(" ", 2);
            switch (words[0]) {
                case "fault" -> answer.faults().add(words[1]);
                case "error" -> error = words[1];
                default -> answer.figures().put(words[0].replace('_', ' '), Double.parseDouble(words[1]));
            }
        }
        if (!error.isEmpty()) {
            throw new WorkerFailure(error);
        }
        return answer;
    }

    /** SIGKILL. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
