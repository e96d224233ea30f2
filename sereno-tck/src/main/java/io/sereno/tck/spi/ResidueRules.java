package io.sereno.tck.spi;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Notices;
import io.sereno.tck.time.CountingTime;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a client leaves behind in its process, and what a directory leaves behind in its store. */
public class ResidueRules {
    private static final Duration ALLOWED = Duration.ofSeconds(2);

    /**
     * Files that the rest of the process may have opened meanwhile, however many clients there were: jars, logs, the
     * kit's own.
     */
    private static final int OTHERS_FILES = 20;

    /** Bytes that 5,000 directories may leave in a process. Two maps for each, with names of 200 characters, take ten times as many. */
    private static final long MEMORY_LEFT = 1_000_000;

    private static final String LONG = "x".repeat(200);

    /** Of so many threads that are left, a failure shows the stacks. */
    private static final int MOST_STACKS = 3;

    private static final int MOST_FRAMES = 25;

    @Rule(
            value = "LIF-4a",
            check = "executors, event loops and timers that the client library starts, and what ends them")
    void twoSecondsAfterCloseNothingIsLeft(Bench bench) {
        CountingTime time = new CountingTime(bench.time());
        Before before = Before.now();
        for (int i = 1; i <= 3; i++) {
            use(bench, time);
            before.closed(i);
        }
        requireGone(bench, before, time, 3);
    }

    /** Leases are not revoked, as when a process ends, so each use has an entry of its own. */
    private static void use(Bench bench, CountingTime time) {
        Client client = bench.client(config -> config.withTime(time));
        Duration ttl = client.guarantees().greatestTtl();
        Duration wanted = Duration.ofSeconds(20);
        Lease lease = client.grant(ttl.compareTo(wanted) < 0 ? ttl : wanted);
        client.committed(
                Commit.to("d").put("of " + lease.id(), Bytes.EMPTY, lease.id()).build());
        client.watch(new Target("d", Optional.empty()), new Notices(bench, "nobody"));
        client.all("d");
        client.close();
    }

    private static void requireGone(Bench bench, Before before, CountingTime time, int clients) {
        long from = System.nanoTime();
        while ((!before.threadsSince().isEmpty() || time.scheduled() > 0 || before.filesSince() >= OTHERS_FILES)
                && System.nanoTime() - from
                        < ALLOWED.plus(bench.kit().stalledSince(from).multipliedBy(2))
                                .toNanos()) {
            try {
                TimeUnit.MILLISECONDS.timedJoin(
                        before.threadsSince().stream().findFirst().orElseGet(Thread::currentThread), 20);
            } catch (InterruptedException e) {
                throw Bench.interrupted(e);
            }
        }
        String after = "two seconds after " + clients + " clients were closed, ";
        Set<Thread> threads = before.threadsSince();
        bench.verify(threads.isEmpty(), () -> after + "these threads are left: " + before.described(threads));
        bench.verify(time.scheduled() <= 0, () -> after + time.scheduled() + " timers are left on the TimeSource");
        long files = before.filesSince();
        bench.verify(files < OTHERS_FILES, () -> after + files + " more files and sockets are open than before");
    }

    @Rule(value = "LIF-4b", check = "what is kept in statics, and connections that close() does not end")
    void oneHundredClientsLeaveNothingInTheProcess(Bench bench) {
        CountingTime time = new CountingTime(bench.time());
        for (int i = 0; i < 5; i++) {
            use(bench, time);
        }
        // Asking for the ttl may open a client that stays.
        Duration ttl = bench.longTtl();
        Before before = Before.now();
        List<WeakReference<Object>> clients = new ArrayList<>();
        List<WeakReference<Object>> listeners = new ArrayList<>();
        for (int i = 1; i <= 100; i++) {
            useUnseen(bench, time, ttl, clients, listeners);
            before.closed(i);
        }
        requireGone(bench, before, time, 100);
        requireCollected(bench, "backends of clients that were closed", clients);
        requireCollected(bench, "listeners of clients that were closed", listeners);
        bench.count("clients", 100);
    }

    /** As above, without objects of the kit that would keep a reference to the client. */
    private static void useUnseen(
            Bench bench,
            CountingTime time,
            Duration ttl,
            List<WeakReference<Object>> clients,
            List<WeakReference<Object>> listeners) {
        Backend backend = bench.connect(config -> config.withTime(time));
        WatchListener listener = new Nobody();
        clients.add(new WeakReference<>(backend));
        listeners.add(new WeakReference<>(listener));
        // A lease outlives its client, and an in-process store may keep a reference to the owner until the lease ends.
        CallResult<Lease> granted = bench.end(backend.grantLease(ttl), bench.patience());
        if (granted.succeeded()) {
            bench.end(granted.result().revoke(), bench.patience());
        }
        bench.end(backend.watch(new Target("d", Optional.empty()), listener), bench.patience());
        bench.end(backend.read(new Query.All("d")), bench.patience());
        backend.close();
    }

    /**
     * The last client may be on a thread's stack, and a library may keep a few. A library that keeps most keeps all, in
     * time.
     */
    private static <T> void requireCollected(Bench bench, String what, List<WeakReference<T>> references) {
        long left = references.size();
        for (int i = 0; i < 6 && left > references.size() / 2; i++) {
            System.gc();
            left = references.stream().filter(one -> one.get() != null).count();
        }
        long kept = left;
        bench.verify(
                kept <= references.size() / 2,
                () -> kept + " of " + references.size() + " " + what + " are still kept by something");
    }

    /** A listener that does nothing. */
    private static final class Nobody implements WatchListener {
        @Override
        public void changed(String name, long revision) {}

        @Override
        public void reset() {}
    }

    @Rule(value = "LIF-8", check = "what the store keeps for a directory: parents, counters, indexes, empty containers")
    void anEmptiedDirectoryLeavesNothing(Bench bench) {
        Client client = bench.client();
        boolean inProcess = bench.kit().fixture().inProcess();
        OptionalLong before = bench.kit().fixture().stored(bench.namespace());
        if (before.isEmpty() && !inProcess) {
            throw bench.unverified("the fixture does not say what the store keeps; implement BackendFixture.stored");
        }
        // The first directory may leave something that serves all directories.
        useAndEmpty(bench, client, 1, 0);
        int count = inProcess ? 5_000 : 200;
        if (inProcess) {
            useAndEmpty(bench, client, 1_000, 1);
            requireForgotten(
                    bench,
                    count + " directories that were used and emptied",
                    round -> useAndEmpty(bench, client, count, 1_001 + round * count));
            requireForgotten(
                    bench,
                    count + " directories that leases emptied",
                    round -> endWithLeases(bench, client, count, round * count));
            return;
        }
        long first = bench.kit().fixture().stored(bench.namespace()).orElseThrow();
        useAndEmpty(bench, client, count, 1);
        Duration grace = bench.guarantees().emptyDirectoryGrace().plusSeconds(2);
        long[] left = {first};
        long until = bench.now() + grace.toNanos();
        do {
            left[0] = bench.kit().fixture().stored(bench.namespace()).orElseThrow();
            if (left[0] > first) {
                bench.pass(Duration.ofMillis(200));
            }
        } while (left[0] > first && bench.now() - until < 0);
        bench.verify(
                left[0] <= first,
                () -> count + " directories that were used and emptied left " + (left[0] - first)
                        + " things in the store after " + Bench.text(grace));
    }

    /** Returns the names of the directories. */
    private static List<WeakReference<String>> useAndEmpty(Bench bench, Client client, int count, int from) {
        List<WeakReference<String>> names = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            String directory = "used-" + i + "-" + LONG;
            names.add(new WeakReference<>(directory));
            if (i % 20 == 0) {
                Lease lease = client.grant(bench.longTtl());
                client.put(directory, "a", "1", lease);
                client.revoke(lease);
            } else {
                client.put(directory, "a", "1");
                client.delete(directory, "a");
                // Reading a missing entry creates nothing.
                client.all(directory);
            }
        }
        bench.verified();
        return names;
    }

    /** Returns the names of the directories. */
    private static List<WeakReference<String>> endWithLeases(Bench bench, Client client, int count, int first) {
        List<WeakReference<String>> names = new ArrayList<>();
        for (int from = first; from < first + count; from += 500) {
            Lease lease = client.grant(bench.longTtl());
            for (int i = from; i < from + 500; i++) {
                String directory = "leased-" + i + "-" + LONG;
                names.add(new WeakReference<>(directory));
                client.put(directory, "a", "1", lease);
            }
            client.revoke(lease);
        }
        bench.verified();
        return names;
    }

    /**
     * Requires of a store in this process that it keeps neither the names of emptied directories nor much else for them.
     * Other threads of the JVM allocate meanwhile, so the least of three rounds counts: a store that keeps something for
     * a directory keeps it in each round.
     */
    private static void requireForgotten(
            Bench bench, String directories, IntFunction<List<WeakReference<String>>> use) {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 3 && least >= MEMORY_LEFT; round++) {
            long before = usedMemory();
            List<WeakReference<String>> names = use.apply(round);
            requireCollected(bench, "names of " + directories, names);
            least = Math.min(least, usedMemory() - before);
        }
        long left = least;
        bench.verify(left < MEMORY_LEFT, () -> directories + " left " + left + " bytes in memory");
    }

    private static long usedMemory() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }

    /**
     * What the process had: its threads, and the number of open files and sockets, zero where the system does not
     * report it.
     */
    private record Before(Set<Thread> threads, long files, Map<Long, Integer> clients) {
        static Before now() {
            return new Before(new HashSet<>(Thread.getAllStackTraces().keySet()), openFiles(), new HashMap<>());
        }

        /** New threads belong to the client with this number, which has just been closed. */
        void closed(int client) {
            // Ids, since a thread may keep its client.
            threadsSince().forEach(thread -> clients.putIfAbsent(thread.getId(), client));
        }

        /** The threads by name, with the clients that they came with, and the stacks of the first few. */
        String described(Set<Thread> left) {
            List<Thread> sorted = left.stream()
                    .sorted(Comparator.comparingLong(Thread::getId))
                    .toList();
            return sorted.stream().map(this::named).collect(Collectors.joining(", "))
                    + sorted.stream().limit(MOST_STACKS).map(this::stack).collect(Collectors.joining());
        }

        private String named(Thread thread) {
            Integer client = clients.get(thread.getId());
            return thread.getName() + (client == null ? " (of no client)" : " (of client " + client + ")");
        }

        private String stack(Thread thread) {
            return "\n    " + named(thread)
                    + Arrays.stream(thread.getStackTrace())
                            .limit(MOST_FRAMES)
                            .map(frame -> "\n      at " + frame)
                            .collect(Collectors.joining());
        }

        /** The threads of the kit and of the JVM do not count. */
        Set<Thread> threadsSince() {
            Set<Thread> now = new HashSet<>(Thread.getAllStackTraces().keySet());
            now.removeAll(threads);
            now.removeIf(thread ->
                    List.of("tck-", "ForkJoinPool.commonPool", "process reaper", "Common-Cleaner", "Attach Listener")
                            .stream()
                            .anyMatch(thread.getName()::startsWith));
            now.removeIf(thread -> !thread.isAlive());
            return now;
        }

        long filesSince() {
            return openFiles() - files;
        }

        private static long openFiles() {
            Path folder = Path.of("/proc/self/fd");
            if (!Files.isDirectory(folder)) {
                return 0;
            }
            try (Stream<Path> open = Files.list(folder)) {
                return open.count();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException("cannot list " + folder, e);
            }
        }
    }
}
