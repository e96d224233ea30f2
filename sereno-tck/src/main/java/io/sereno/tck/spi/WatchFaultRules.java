package io.sereno.tck.spi;

import io.sereno.spi.Entry;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.tck.ServerControl;
import io.sereno.tck.faults.ProxyFaults;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Faulty;
import io.sereno.tck.run.Notices;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/** Watches when something breaks, or a listener blocks. */
public class WatchFaultRules {
    private static final String DIRECTORY = "watch";

    @Rule(
            value = "WAT-3",
            waits = true,
            check =
                    "how a reconnect handles changes made meanwhile; a reset() stands for changes that may have been missed")
    void theFinalStateIsNeverLost(Bench bench) {
        Faulty faulty = bench.faulty();
        AtomicReference<Map<String, Long>> seen = new AtomicReference<>(Map.of());
        AtomicInteger notices = new AtomicInteger();
        WatchListener listener = new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                notices.incrementAndGet();
                look();
            }

            @Override
            public void reset() {
                notices.incrementAndGet();
                look();
            }

            // As recipes do: a failed read is repeated until it succeeds.
            private void look() {
                CallResult<io.sereno.spi.Snapshot> ended = faulty.read(DIRECTORY);
                for (int i = 0; i < 200 && !ended.succeeded(); i++) {
                    bench.pass(Duration.ofMillis(50));
                    ended = faulty.read(DIRECTORY);
                }
                if (ended.succeeded()) {
                    seen.set(revisions(ended.result().entries()));
                }
                bench.stir();
            }
        };
        faulty.client().watch(new Target(DIRECTORY, Optional.empty()), listener);
        Client judge = bench.judge();
        Duration bound = bench.guarantees()
                .recovery()
                .plus(faulty.timeout().multipliedBy(4))
                .plus(bench.noticePatience());
        int disconnects = 12;
        for (int i = 0; i < disconnects; i++) {
            judge.put(DIRECTORY, "n" + i % 5, "before " + i);
            // A read that is under way would find the later change without a notice.
            requireSeen(bench, seen, bound, "");
            String how;
            switch (i % 4) {
                case 0 -> {
                    how = "its connections were reset";
                    faulty.faults().breakConnections();
                }
                case 1 -> {
                    how = "its connections were ended";
                    faulty.faults().endConnections();
                }
                case 2 -> {
                    how = "it was cut off";
                    faulty.faults().cutOff();
                }
                default -> {
                    how = "its connections were refused";
                    faulty.faults().refuse();
                }
            }
            boolean puts = i % 3 == 1;
            if (puts) {
                judge.put(DIRECTORY, "n" + (i + 1) % 5, "while it is broken " + i);
            } else {
                // Only a deletion: a read because of a put would find the deletion too.
                judge.delete(DIRECTORY, "n" + i % 5);
            }
            bench.pass(Duration.ofMillis(20));
            faulty.faults().heal();
            // A change made now may be lost as well, and its notice would hide that earlier changes were lost.
            if (i / 4 == 1 && puts) {
                judge.put(DIRECTORY, "n" + i % 5, "right after " + i);
            }
            requireSeen(bench, seen, bound, ", and after " + how + " meanwhile");
        }
        bench.evidence("notices", notices.get(), 2);
        bench.count("disconnects", disconnects);
    }

    private static void requireSeen(Bench bench, AtomicReference<Map<String, Long>> seen, Duration bound, String what) {
        Map<String, Long> stored = revisions(bench.judge().all(DIRECTORY));
        bench.verify(
                bench.reach(() -> stored.equals(seen.get()), bound),
                () -> Bench.text(bound) + " after the last write" + what
                        + ", a listener that reads on every notice has seen " + seen.get() + ", and stored is "
                        + stored);
    }

    private static Map<String, Long> revisions(List<Entry> entries) {
        Map<String, Long> revisions = new TreeMap<>();
        entries.forEach(entry -> revisions.put(entry.name(), entry.modRevision()));
        return revisions;
    }

    @Rule(
            value = "WAT-8",
            waits = true,
            check = "when reset() is called: after the watch is live again, not when the connection breaks or is back")
    void aChangeAfterTheLastResetIsAnnounced(Bench bench) {
        Faulty faulty = bench.faulty();
        Client judge = bench.judge();
        Notices elsewhere = judge.watch(DIRECTORY);
        AtomicInteger resets = new AtomicInteger();
        Notices received = new Notices(bench, "the listener");
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger owed = new AtomicInteger();
        faulty.client().watch(new Target(DIRECTORY, Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                received.changed(name, revision);
            }

            @Override
            public void reset() {
                boolean first = inside.get() > 0 && inside.getAndDecrement() == 1;
                if (first) {
                    owed.set(received.count() + 1); // before any client can know of the reset
                }
                received.reset();
                // From here on nothing may be missed, including what is changed before this method has returned.
                if (first) {
                    String change = "inside " + owed.get();
                    judge.put(DIRECTORY, change, "1");
                    // Long enough for the notice of the change to get lost.
                    bench.reach(() -> elsewhere.announced(change, 0), bench.noticePatience());
                    bench.pass(Duration.ofMillis(30));
                }
                resets.incrementAndGet();
                bench.stir();
            }
        });
        Notices entry = faulty.client().watch(new Target(DIRECTORY, Optional.of("entry")));
        int rounds = 10;
        int answered = 0;
        for (int i = 0; i < rounds; i++) {
            int before = resets.get();
            int receivedBefore = received.count();
            int entryBefore = entry.count();
            judge.put(DIRECTORY, "entry", "before " + i);
            entry.awaitAnnounced("entry", entryBefore);
            int entrySince = entry.count();
            inside.set(i % 2);
            owed.set(0);
            String during = "during break " + i;
            switch (i % 3) {
                case 0 -> faulty.faults().breakConnections();
                case 1 -> faulty.faults().endConnections();
                default -> {
                    faulty.faults().refuse();
                    bench.pass(Duration.ofMillis(50));
                }
            }
            judge.put(DIRECTORY, during, "1");
            judge.put(DIRECTORY, "entry", during);
            faulty.faults().heal();
            // The moment at which the listener would read, and after which nothing may be missed any more. A backend
            // that loses nothing over a break announces what was changed during it, and needs no reset.
            boolean reset = bench.reach(
                    () -> resets.get() > before || received.announced(during, receivedBefore),
                    bench.afterNotice(
                            bench.guarantees().recovery().plus(faulty.timeout()).plusSeconds(1)));
            answered += reset ? 1 : 0;
            int since = received.count();
            if (owed.get() > 0) {
                String last = "inside " + owed.get();
                received.awaitAnnounced(last, owed.get());
            }
            entry.awaitAnnouncedAfterABreak("entry", entrySince);
            int entryReset = entry.count();
            judge.put(DIRECTORY, "after reset " + i, "1");
            judge.put(DIRECTORY, "entry", "after reset " + i);
            received.awaitAnnounced("after reset " + i, since);
            entry.awaitAnnounced("entry", entryReset);
        }
        bench.evidence("breaks that reached the listener", answered, 5);
    }

    @Rule(
            value = "WAT-9",
            waits = true,
            startsFirst = true,
            check = "what ends a stream of the client library, and whether the backend opens it again each time")
    void aWatchContinuesWhateverEndsItsStream(Bench bench) {
        Faulty faulty = bench.faulty();
        Client judge = bench.judge();
        Notices directory = new Notices(bench, "the watch of a directory");
        Notices entry = new Notices(bench, "the watch of an entry");
        faulty.client().watch(new Target(DIRECTORY, Optional.empty()), directory);
        faulty.client().watch(new Target(DIRECTORY, Optional.of("a")), entry);
        for (int i = 0; i < 8; i++) {
            switch (i % 4) {
                case 0 -> faulty.faults().endConnections();
                case 1 -> faulty.faults().cutReplies(1 + i);
                case 2 -> faulty.faults().beSilent();
                default -> {
                    faulty.faults().swallowRequests();
                    faulty.faults().holdReplies();
                }
            }
            int directoryBefore = directory.count();
            int entryBefore = entry.count();
            judge.put(DIRECTORY, "a", "" + i);
            bench.pass(faulty.timeout().plusMillis(200));
            faulty.faults().breakConnections();
            faulty.faults().heal();
            directory.awaitAnnouncedAfterABreak("a", directoryBefore);
            entry.awaitAnnouncedAfterABreak("a", entryBefore);
            faulty.awaitWorking();
        }
        int directoryBefore = directory.count();
        judge.put(DIRECTORY, "end", "1");
        directory.awaitAnnounced("end", directoryBefore);
    }

    @Rule(
            value = "WAT-9",
            waits = true,
            check = "whether all watches are opened again after a break, however many there are")
    void manyWatchesContinueAfterABreak(Bench bench) {
        Faulty faulty = bench.faulty();
        Client judge = bench.judge();
        List<Notices> watches = IntStream.range(0, 150)
                .mapToObj(i -> faulty.client().watch(DIRECTORY + i))
                .toList();
        faulty.faults().cutOff();
        for (String when : List.of("during the break", "afterwards")) {
            List<Integer> before = watches.stream().map(Notices::count).toList();
            IntStream.range(0, watches.size()).forEach(i -> judge.put(DIRECTORY + i, when, "1"));
            if (when.startsWith("during")) {
                faulty.faults().breakConnections();
                faulty.faults().heal();
            }
            faulty.awaitWorking();
            IntStream.range(0, watches.size())
                    .forEach(i -> watches.get(i).awaitAnnouncedAfterABreak(when, before.get(i)));
        }
    }

    @Rule(
            value = "WAT-5c",
            waits = true,
            check = "whether a watch that is cancelled while the connection is broken is opened again with the others")
    void aWatchCancelledDuringABreakStaysCancelled(Bench bench) {
        Faulty faulty = bench.faulty();
        Client judge = bench.judge();
        Notices stays = faulty.client().watch(DIRECTORY);
        for (int round = 0; round < 3; round++) {
            Notices cancelled = new Notices(bench, "the cancelled watch");
            Watch watch = faulty.client().watch(new Target(DIRECTORY, Optional.empty()), cancelled);
            int during = stays.count();
            faulty.faults().cutOff();
            watch.cancel();
            int before = cancelled.count();
            judge.put(DIRECTORY, "during " + round, "1");
            faulty.faults().breakConnections();
            faulty.faults().heal();
            faulty.awaitWorking();
            stays.awaitAnnouncedAfterABreak("during " + round, during);
            bench.pass(Duration.ofMillis(100));
            // One notice may have been running when cancel() was called.
            int settled = cancelled.count();
            int after = stays.count();
            judge.put(DIRECTORY, "after " + round, "1");
            stays.awaitAnnounced("after " + round, after);
            bench.verify(
                    settled <= before + 1
                            && !bench.reach(
                                    () -> cancelled.count() > settled, bench.afterNotice(Duration.ofMillis(100))),
                    () -> "a watch received, after cancel() during a break had returned, " + cancelled.since(before));
        }
    }

    @Rule(value = "WAT-9", check = "what the store answers to a watch whose beginning it has forgotten")
    void aWatchSurvivesCompaction(Bench bench) {
        if (bench.inProcess() || !canCompact(bench)) {
            // WAT-9 has another test, which these stores do run.
            throw bench.untested("a store without a history has none to forget, or the fixture cannot compact it");
        }
        ServerControl server = bench.server(ServerControl.Ability.COMPACT);
        Faulty faulty = bench.faulty();
        Notices received = new Notices(bench, "the watch");
        faulty.client().watch(new Target(DIRECTORY, Optional.empty()), received);
        for (int i = 0; i < 3; i++) {
            faulty.faults().cutOff();
            for (int j = 0; j < 20; j++) {
                bench.judge().put(DIRECTORY, "n" + j, "" + i);
            }
            server.compact();
            faulty.faults().breakConnections();
            int before = received.count();
            faulty.faults().heal();
            received.awaitAnnouncedAfterABreak("n19", before);
            faulty.awaitWorking();
            int after = received.count();
            bench.judge().put(DIRECTORY, "live", "" + i);
            received.awaitAnnounced("live", after);
        }
    }

    private static boolean canCompact(Bench bench) {
        return bench.kit()
                .fixture()
                .server()
                .filter(server -> server.abilities().contains(ServerControl.Ability.COMPACT))
                .isPresent();
    }

    @Rule(value = "WAT-7c", check = "whether each watch opens a stream, a connection or a subscription of its own")
    void watchesShareAStream(Bench bench) {
        Faulty faulty = bench.faulty();
        if (!(faulty.faults() instanceof ProxyFaults proxies)) {
            throw bench.untested("a store without a network has no streams");
        }
        Notices first = faulty.client().watch(DIRECTORY);
        int connections = proxies.connections();
        for (int i = 0; i < 100; i++) {
            faulty.client().watch(DIRECTORY + i);
        }
        int before = first.count();
        bench.judge().put(DIRECTORY, "a", "1");
        first.awaitAnnounced("a", before);
        int more = proxies.connections() - connections;
        bench.verify(
                more <= 1,
                () -> "100 further watches opened " + more + " further connections; they share one stream, or should");
    }
}
