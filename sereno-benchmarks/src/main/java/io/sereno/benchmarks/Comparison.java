package io.sereno.benchmarks;

import io.sereno.benchmarks.Results.Cell;
import io.sereno.benchmarks.Results.Measured;
import io.sereno.benchmarks.Row.Figure;
import io.sereno.benchmarks.Row.Group;
import io.sereno.benchmarks.StoreServer.Counts;
import io.sereno.benchmarks.WorkerProcess.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Measures one row on one store. The contestants have a process each, and take turns against the same server. In growth rows, each one
 * has the server for itself until its windows are over, since what it put there would disturb the others.
 */
final class Comparison {
    private static final Duration TTL = Duration.ofSeconds(10);
    private static final Duration FAIL_OVER_TTL = Duration.ofSeconds(2);
    private static final int COLD_STARTS = 5;
    /** How long the contestants may take for one command. */
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private static final Duration GROWTH_LIMIT = Duration.ofMinutes(5);
    /** The time for which requests are counted while locks are held. */
    private static final Duration HELD = Duration.ofSeconds(4);

    private final Settings settings;
    private final StoreServer server;
    private final Path logs;
    private int prefixes;

    Comparison(Settings settings, StoreServer server, Path logs) throws IOException {
        this.settings = settings;
        this.server = server;
        this.logs = Files.createDirectories(logs);
    }

    /** One contestant in one cell. */
    private final class Entry implements AutoCloseable {
        final Row row;
        final int size;
        final Contestant contestant;
        final List<Double> values = new ArrayList<>();
        final Map<String, List<Double>> figures = new TreeMap<>();
        final Set<String> faults = new LinkedHashSet<>();
        private final ClassPath classPath;
        private final String prefix = prefix();
        private @Nullable WorkerProcess worker;
        private @Nullable String failure;

        Entry(Row row, int size, Contestant contestant) {
            this.row = row;
            this.size = size;
            this.contestant = contestant;
            this.classPath = ClassPath.of(contestant);
        }

        WorkerProcess start() throws IOException {
            String name = String.join("-", row.id(), server.store(), contestant.system(), contestant.subject());
            Duration ttl = row.figure() == Figure.FAIL_OVER ? FAIL_OVER_TTL : TTL;
            worker = WorkerProcess.start(
                    classPath,
                    logs.resolve(name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]+", "_") + ".log"),
                    List.of(
                            contestant.connector(),
                            server.store(),
                            server.authority(),
                            contestant.subject(),
                            row.id(),
                            String.valueOf(size),
                            String.valueOf(ttl.toMillis()),
                            // Both candidates of a fail-over have the same names; all other processes have new ones.
                            row.figure() == Figure.FAIL_OVER ? prefix : prefix()));
            return worker;
        }

        Answer ask(String command) throws IOException, InterruptedException {
            if (worker == null) {
                throw new IllegalStateException("not started");
            }
            return worker.ask(command, row.group() == Group.GROWTH ? GROWTH_LIMIT : LIMIT);
        }

        /** Runs the step unless the contestant has failed before. */
        void step(Step step) throws IOException, InterruptedException {
            if (failure != null) {
                return;
            }
            try {
                step.run(this);
            } catch (WorkerFailure e) {
                failure = e.getMessage();
                close();
            }
        }

        void add(String figure, double value) {
            figures.computeIfAbsent(figure, unused -> new ArrayList<>()).add(value);
        }

        void window() throws IOException, InterruptedException {
            server.restartCounts();
            Counts before = server.counts();
            Answer answer = ask("window " + settings.window().toMillis());
            Counts after = server.counts();
            Map<String, Double> shown = answer.figures();
            double operations = shown.getOrDefault("ops", 0.0);
            values.add(
                    switch (row.figure()) {
                        case RATE -> operations / shown.getOrDefault("seconds", 1.0);
                        case CPU -> shown.getOrDefault("cpu", Double.NaN);
                        case MEDIAN_LATENCY, FAIL_OVER, COLD_START -> shown.getOrDefault("p50", Double.NaN);
                    });
            faults.addAll(answer.faults());
            shown.forEach((name, value) -> {
                if (!name.equals("ops") && !name.equals("seconds")) {
                    add(name, value);
                }
            });
            // The server cannot tell the requests of neighbours from those of the operations.
            if (operations > 0 && !row.id().equals("neighbours")) {
                add("requests per operation", (after.requests() - before.requests()) / operations);
                add("sent per operation", (after.sent() - before.sent()) / operations);
                add("server µs per operation", (after.cpu() - before.cpu()) / operations * 1e6);
            }
        }

        Measured measured() {
            Map<String, Double> medians = new TreeMap<>();
            figures.forEach((name, all) -> medians.put(name, Stats.of(all).median()));
            medians.put("jars", (double) classPath.count());
            medians.put("jars MB", classPath.bytes() / 1e6);
            boolean failed = failure != null;
            return new Measured(
                    contestant.role(),
                    contestant.system(),
                    contestant.subject(),
                    failed ? List.of() : values,
                    failed || values.isEmpty() ? null : Stats.of(values),
                    medians,
                    List.copyOf(faults),
                    failure);
        }

        @Override
        public void close() {
            if (worker != null) {
                worker.close();
            }
        }
    }

    private String prefix() {
        return "b" + prefixes++;
    }

    private interface Step {
        void run(Entry entry) throws IOException, InterruptedException;
    }

    List<Cell> measure(Row row) throws IOException, InterruptedException {
        List<Cell> cells = new ArrayList<>();
        for (int size : row.sizes()) {
            List<Entry> entries = new ArrayList<>();
            for (Contestant contestant : Contestant.of(row, server.store())) {
                entries.add(new Entry(row, size, contestant));
            }
            try {
                if (row.figure() == Figure.FAIL_OVER) {
                    failOver(entries);
                } else if (row.figure() == Figure.COLD_START) {
                    coldStart(entries);
                } else if (row.group() == Group.GROWTH) {
                    grow(entries);
                } else {
                    alternate(entries);
                }
            } finally {
                entries.forEach(Entry::close);
            }
            cells.add(new Cell(
                    row.id(),
                    row.what(),
                    server.store(),
                    size,
                    row.figure(),
                    row.target(server.store()).orElse(null),
                    entries.stream().map(Entry::measured).toList()));
        }
        return cells;
    }

    private static void each(List<Entry> entries, Step step) throws IOException, InterruptedException {
        for (Entry entry : entries) {
            entry.step(step);
        }
    }

    private void alternate(List<Entry> entries) throws IOException, InterruptedException {
        for (Entry entry : entries) {
            entry.start();
        }
        Map<Entry, Answer> empty = new HashMap<>();
        each(entries, entry -> {
            empty.put(entry, entry.ask("memory"));
            entry.ask("open");
            entry.ask("fill");
        });
        each(entries, entry -> entry.ask("window " + settings.warmUp().toMillis()));
        for (int window = 0; window < settings.windows(); window++) {
            each(entries, Entry::window);
        }
        each(entries, entry -> {
            if (entry.row.id().equals("W7")) {
                held(entry);
            }
            Answer used = entry.ask("memory");
            Answer before = empty.get(entry);
            entry.add("heap bytes", difference(used, before, "heap"));
            entry.add("threads", difference(used, before, "threads"));
            entry.add("server bytes", server.memory());
        });
    }

    private static double difference(Answer after, @Nullable Answer before, String figure) {
        return after.figures().getOrDefault(figure, Double.NaN)
                - (before == null ? Double.NaN : before.figures().getOrDefault(figure, Double.NaN));
    }

    /** Requests while the locks are held. */
    private void held(Entry entry) throws IOException, InterruptedException {
        server.restartCounts();
        double before = server.counts().requests();
        Thread.sleep(HELD.toMillis());
        entry.add("requests per second while held", (server.counts().requests() - before) / HELD.toSeconds());
        entry.faults.addAll(entry.ask("hold").faults());
    }

    private void grow(List<Entry> entries) throws IOException, InterruptedException {
        each(entries, entry -> {
            entry.start();
            Answer empty = entry.ask("memory");
            entry.ask("open");
            Answer opened = entry.ask("memory");
            double serverOpened = server.memory();
            entry.ask("fill");
            entry.ask("window " + settings.warmUp().toMillis());
            for (int window = 0; window < settings.windows(); window++) {
                entry.window();
            }
            Answer filled = entry.ask("memory");
            double serverFilled = server.memory();
            entry.add("heap bytes", difference(filled, empty, "heap"));
            entry.add("threads", difference(filled, empty, "threads"));
            entry.add("server bytes", serverFilled);
            if (entry.row.id().equals("waiting")) {
                entry.ask("hold");
                Answer waiting = entry.ask("memory");
                entry.add("client bytes each", difference(waiting, filled, "heap") / entry.size);
                entry.add("server bytes each", (server.memory() - serverFilled) / entry.size);
                entry.ask("release");
            } else {
                entry.add("client bytes each", difference(filled, opened, "heap") / entry.size);
                entry.add("server bytes each", (serverFilled - serverOpened) / entry.size);
            }
            entry.close();
        });
    }

    private void wholeProcess(Entry entry) throws IOException, InterruptedException {
        Map<String, Double> used = entry.ask("memory").figures();
        entry.add("heap bytes", used.getOrDefault("heap", Double.NaN));
        entry.add("threads", used.getOrDefault("threads", Double.NaN));
        entry.add("server bytes", server.memory());
    }

    private void coldStart(List<Entry> entries) throws IOException, InterruptedException {
        for (int start = -1; start < COLD_STARTS; start++) {
            boolean counts = start >= 0; // the first one fills the caches of the machine
            each(entries, entry -> {
                long began = System.nanoTime();
                entry.start();
                Answer answer = entry.ask("window 0");
                double millis = (System.nanoTime() - began) / 1e6;
                if (counts) {
                    entry.values.add(millis);
                    entry.faults.addAll(answer.faults());
                    wholeProcess(entry);
                }
                entry.close();
            });
        }
    }

    /** Two processes each: the leading one is killed, and replaced by a new follower. */
    private void failOver(List<Entry> entries) throws IOException, InterruptedException {
        Map<Entry, WorkerProcess> leaders = new HashMap<>();
        try {
            each(entries, entry -> {
                leaders.put(entry, entry.start());
                entry.ask("window 0");
            });
            for (int window = 0; window < settings.windows(); window++) {
                int kill = window;
                each(entries, entry -> {
                    WorkerProcess leader = leaders.get(entry);
                    WorkerProcess follower = entry.start();
                    entry.ask("hold");
                    follower.send("window 0");
                    // The leaders are killed at different times within an interval of renewals.
                    Thread.sleep(150L * kill);
                    if (leader == null) {
                        throw new IllegalStateException("nobody leads");
                    }
                    long killed = System.nanoTime();
                    leader.close();
                    follower.answer("window 0", LIMIT);
                    entry.values.add((System.nanoTime() - killed) / 1e9);
                    wholeProcess(entry);
                    leaders.put(entry, follower);
                });
            }
        } finally {
            leaders.values().forEach(WorkerProcess::close);
        }
    }
}
