package io.sereno.benchmarks.worker;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.benchmarks.worker.Peer.Connector;
import io.sereno.benchmarks.worker.Peer.Target;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The process of one system. Standard input has one command a line, and the end of the input ends the process. The answer to a command
 * is lines of a name and a number, lines that begin with {@code fault}, and a line with a dot; or {@code error} and a line with a dot.
 */
public final class Worker {
    private static final int COLLECTIONS = 3;

    private final Workload workload;

    private Worker(Workload workload) {
        this.workload = workload;
    }

    /** Takes the connector's class, the store, its address, the subject, the row, the size, the ttl in ms, and a prefix of names. */
    public static void main(String[] args) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err); // what libraries print is no answer
        Connector connector = Class.forName(args[0])
                .asSubclass(Connector.class)
                .getDeclaredConstructor()
                .newInstance();
        int size = Integer.parseInt(args[5]);
        Duration ttl = Duration.ofMillis(Long.parseLong(args[6]));
        boolean many = List.of("waiting", "idle").contains(args[4]) && size > 50;
        Clients clients = new Clients(connector, new Target(args[1], args[2], "bench", ttl, args[3], many), args[7]);
        Worker worker = new Worker(Workloads.of(args[4], size, clients));
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String command = commands.readLine(); command != null; command = commands.readLine()) {
            worker.answer(command, answers);
        }
        // The client libraries' threads would keep the process.
        Runtime.getRuntime().halt(0);
    }

    private void answer(String command, PrintStream answers) throws IOException {
        try {
            Window result = execute(command.split(" ", -1));
            result.figures().forEach((name, value) -> answers.println(name.replace(' ', '_') + " " + value));
            result.faults().forEach(fault -> answers.println("fault " + fault));
        } catch (Exception | LinkageError | OutOfMemoryError e) {
            e.printStackTrace();
            answers.println("error " + e.toString().replace('\n', ' '));
        }
        answers.println(".");
        answers.flush();
    }

    private Window execute(String[] command) throws Exception {
        switch (command[0]) {
            case "open" -> workload.open();
            case "fill" -> workload.fill();
            case "hold" -> workload.hold();
            case "release" -> workload.letGo();
            case "memory" -> {
                return memory();
            }
            case "window" -> {
                return workload.window(Duration.ofMillis(Long.parseLong(command[1])));
            }
            default -> throw new IllegalArgumentException("unknown command " + command[0]);
        }
        return new Window(Map.of(), List.of());
    }

    /** The bytes that are live after a garbage collection, and the number of threads. */
    private static Window memory() {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
        }
        Map<String, Double> figures = new TreeMap<>();
        figures.put("heap", (double)
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        figures.put("threads", (double) ManagementFactory.getThreadMXBean().getThreadCount());
        return new Window(figures, List.of());
    }
}
