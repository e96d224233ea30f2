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

    @Rule(
            value = "LIF-4a",
            check = "executors, event loops and timers that the client library starts, and who ends them")
    void twoSecondsAfterCloseNothingIsLeft(Bench bench) {
        CountingTime time = new CountingTime(bench.time());
        Set<Thread> before = threads();
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

    private static void requireGone(Bench bench, Set<Thread> before, CountingTime time, int clients) {
        long from = System.nanoTime();
        Set<Thread> left = left(before);
        while ((!left.isEmpty() || time.scheduled() > 0)
                && System.nanoTime() - from
                        < ALLOWED.plus(bench.kit().stalledSince(from).multipliedBy(2))
                                .toNanos()) {
            try {
                TimeUnit.MILLISECONDS.timedJoin(left.stream().findFirst().orElseGet(Thread::currentThread), 20);
            } catch (InterruptedException e) {
                throw Bench.interrupted(e);
            }
            left = left(before);
        }
        Set<Thread> still = left;
        bench.verify(
                still.isEmpty(),
                () -> "two seconds after " + clients + " clients were closed, these threads are left: "
                        + still.stream().map(Thread::getName).sorted().toList());
        bench.verify(
                time.scheduled() <= 0,
                () -> "two seconds after " + clients + " clients were closed, " + time.scheduled()
                        + " timers are left on the TimeSource");
    }

    @Rule(value = "LIF-4b", check = "what is kept in statics, and connections that close() does not end")
    void ahundredClientsLeaveTheProcessAsItWas(Bench bench) {
        CountingTime time = new CountingTime(bench.time());
        for (int i = 0; i < 5; i++) {
            use(bench, time);
        }
        Set<Thread> before = threads();
        long files = openFiles();
        for (int i = 0; i < 100; i++) {
            use(bench, time);
        }
        requireGone(bench, before, time, 100);
        long more = openFiles() - files;
        bench.verify(
                more < 20,
                () -> "after 100 clients were opened and closed, " + more + " more files and sockets are open");
        bench.count("clients", 100);
    }

    /** Zero where the system does not say. */
    private static long openFiles() {
        Path folder = Path.of("/proc/self/fd");
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("cannot list " + folder, e);
        }
    }

    private static Set<Thread> threads() {
        return new HashSet<>(Thread.getAllStackTraces().keySet());
    }

    /** Those of the kit and of the JVM are nobody's. */
    private static Set<Thread> left(Set<Thread> before) {
        Set<Thread> now = threads();
        now.removeAll(before);
        now.removeIf(thread ->
                List.of("tck-", "ForkJoinPool.commonPool", "process reaper", "Common-Cleaner", "Attach Listener")
                        .stream()
                        .anyMatch(thread.getName()::startsWith));
        now.removeIf(thread -> !thread.isAlive());
        return now;
    }
}
