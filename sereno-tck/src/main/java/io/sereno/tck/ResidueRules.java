package io.sereno.tck;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What a client leaves behind in its process. */
class ResidueRules {
    private static final Duration ALLOWED = Duration.ofSeconds(2);

    /** Files that the rest of the process may have opened meanwhile: jars, logs, the kit's own. However many clients there were. */
    private static final int OTHERS_FILES = 20;

    @Rule(
            value = "LIF-4a",
            check = "executors, event loops and timers that the client library starts, and who ends them")
    void twoSecondsAfterCloseNothingIsLeft(Bench bench) {
        CountingTime time = new CountingTime(bench.time());
        Before before = Before.now();
        for (int i = 0; i < 3; i++) {
            use(bench, time);
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
        bench.verify(
                threads.isEmpty(),
                () -> after + "these threads are left: "
                        + threads.stream().map(Thread::getName).sorted().toList());
        bench.verify(time.scheduled() <= 0, () -> after + time.scheduled() + " timers are left on the TimeSource");
        long files = before.filesSince();
        bench.verify(files < OTHERS_FILES, () -> after + files + " more files and sockets are open than before");
    }

    @Rule(value = "LIF-4b", check = "what is kept in statics, and connections that close() does not end")
    void oneHundredClientsLeaveTheProcessAsItWas(Bench bench) {
        CountingTime time = new CountingTime(bench.time());
        for (int i = 0; i < 5; i++) {
            use(bench, time);
        }
        Before before = Before.now();
        for (int i = 0; i < 100; i++) {
            use(bench, time);
        }
        requireGone(bench, before, time, 100);
        bench.count("clients", 100);
    }

    /** What the process had: its threads, and how many files and sockets were open, zero where the system does not say. */
    private record Before(Set<Thread> threads, long files) {
        static Before now() {
            return new Before(new HashSet<>(Thread.getAllStackTraces().keySet()), openFiles());
        }

        /** Those of the kit and of the JVM are nobody's. */
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
