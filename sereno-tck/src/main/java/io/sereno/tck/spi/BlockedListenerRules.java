package io.sereno.tck.spi;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Faulty;
import io.sereno.tck.run.Gate;
import io.sereno.tck.run.Notices;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Listeners that block for a while: what they may not delay, what may not start concurrently, and what may be kept for
 * them.
 */
public class BlockedListenerRules {
    private static final String DIRECTORY = "watch";

    @Rule(
            value = "WAT-5a",
            waits = true,
            check = "whether the thread that reconnects calls reset() while another thread calls changed()")
    void aResetWaitsForTheNoticeBeforeIt(Bench bench) {
        if (!bench.inProcess() && bench.kit().endpoints().isEmpty()) {
            throw bench.untested("the fixture gives no endpoints, so no connection can be broken");
        }
        Faulty faulty = bench.faulty();
        Gate gate = bench.gate();
        AtomicInteger inside = new AtomicInteger();
        Finding broken = new Finding();
        AtomicInteger calls = new AtomicInteger();
        faulty.client().watch(new Target(DIRECTORY, Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                if (inside.incrementAndGet() != 1) {
                    broken.is("a notice of " + name + " began while another one was running");
                }
                gate.pass();
                inside.decrementAndGet();
                calls.incrementAndGet();
                bench.stir();
            }

            @Override
            public void reset() {
                changed(Notices.RESET, 0);
            }
        });
        bench.judge().put(DIRECTORY, "a", "1");
        bench.verify(
                bench.reach(() -> gate.waiting() > 0, bench.noticePatience()),
                () -> "the listener that is to block was not called");
        faulty.faults().breakConnections();
        faulty.awaitWorking();
        bench.judge().put(DIRECTORY, "b", "1");
        bench.reach(() -> !broken.isNone(), Duration.ofMillis(300));
        bench.verify(broken.isNone(), broken::toString);
        gate.open();
        bench.verify(
                bench.reach(() -> calls.get() > 1, bench.noticePatience()),
                () -> "a connection was broken and something changed while a listener was called, which it was " + calls
                        + " times");
    }

    @Rule(
            value = "WAT-6a",
            check = "on which threads listeners run, and whether a blocked listener delays other listeners")
    void aBlockedListenerDelaysNothingElse(Bench bench) {
        Faulty faulty = bench.faulty();
        Client client = faulty.client();
        Gate gate = bench.gate();
        WatchListener blocked = new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                gate.pass();
            }

            @Override
            public void reset() {
                gate.pass();
            }
        };
        for (int i = 0; i < 3; i++) {
            client.watch(new Target(DIRECTORY, i == 0 ? Optional.empty() : Optional.of("a")), blocked);
        }
        Notices free = client.watch(DIRECTORY);
        Lease lease = client.grant(bench.longTtl());
        int first = free.count();
        bench.judge().put(DIRECTORY, "a", "1");
        free.awaitAnnounced("a", first);
        bench.verify(
                bench.reach(() -> gate.waiting() >= 3, bench.noticePatience()),
                () -> "three listeners that block were to be called, and " + gate.waiting() + " were");
        CompletableFuture<?> others = bench.async(() -> {
            for (int i = 0; i < 20; i++) {
                int before = free.count();
                long from = bench.now();
                bench.judge().put(DIRECTORY, "b" + i, "1");
                free.awaitAnnounced("b" + i, before);
                bench.within(bench.afterNotice(Duration.ofSeconds(2)), from, "a notice beside listeners that block");
                bench.same("renew() beside listeners that block", true, client.renew(lease));
                client.put(DIRECTORY + "/own", "c", "" + i);
                client.all(DIRECTORY);
            }
            return null;
        });
        bench.join(
                List.of(others),
                bench.patience()
                        .multipliedBy(4)
                        .plus(bench.guarantees().noticeLateness().multipliedBy(20)));
        // This also holds when the connection breaks meanwhile.
        int before = free.count();
        faulty.faults().breakConnections();
        bench.judge().put(DIRECTORY, "d", "1");
        faulty.awaitWorking();
        free.awaitAnnouncedAfterABreak("d", before);
        gate.open();
    }

    @Rule(
            value = "WAT-8",
            waits = true,
            check =
                    "whether a reset() that is due while the listener handles one is dropped: the listener has read already")
    void aResetDuringAResetIsDelivered(Bench bench) {
        Faulty faulty = bench.faulty();
        Gate gate = bench.gate();
        Notices received = new Notices(bench, "the listener that blocks in reset()");
        faulty.client().watch(new Target(DIRECTORY, Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                received.changed(name, revision);
            }

            @Override
            public void reset() {
                received.reset();
                gate.pass();
            }
        });
        Notices free = faulty.client().watch(DIRECTORY);
        breakAndChange(bench, faulty, free, "before");
        Duration recovered =
                bench.guarantees().recovery().plus(faulty.timeout()).plusSeconds(1);
        if (!bench.reach(() -> gate.waiting() > 0, bench.afterNotice(recovered))) {
            throw bench.untested("a break caused no reset()");
        }
        int before = received.count();
        breakAndChange(bench, faulty, free, "inside");
        // So that this watch, too, has its reset by now.
        bench.pass(Duration.ofMillis(100));
        gate.open();
        received.awaitAnnouncedAfterABreak("inside", before);
    }

    private static void breakAndChange(Bench bench, Faulty faulty, Notices free, String name) {
        int before = free.count();
        faulty.faults().cutOff();
        bench.judge().put(DIRECTORY, name, "1");
        // So that the notice of this change is lost in the break and does not come after it.
        bench.pass(Duration.ofMillis(100));
        faulty.faults().breakConnections();
        faulty.faults().heal();
        faulty.awaitWorking();
        free.awaitAnnouncedAfterABreak(name, before);
    }

    @Rule(
            value = "WAT-6b",
            check = "which notices are kept for a listener that does not return: each name once, then a reset()")
    void aBlockedListenerCostsBoundedMemory(Bench bench) {
        // Not over a decorator, which keeps notices of its own.
        Client client = bench.client();
        Gate gate = bench.gate();
        AtomicInteger calls = new AtomicInteger();
        client.watch(new Target(DIRECTORY, Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                calls.incrementAndGet();
                gate.pass();
                bench.stir();
            }

            @Override
            public void reset() {
                changed(Notices.RESET, 0);
            }
        });
        Notices free = client.watch(DIRECTORY);
        int puts = 1_500;
        for (int i = 0; i < puts; i++) {
            int received = free.count();
            bench.judge().put(DIRECTORY, "n" + i % 3, "" + i);
            if (i % 3 == 2) {
                // So that the notices are not merged on their way.
                free.awaitAnnounced("n2", received);
            }
        }
        int before = free.count();
        bench.judge().put(DIRECTORY, "sentinel", "1");
        free.awaitAnnounced("sentinel", before);
        bench.verify(
                bench.reach(() -> gate.waiting() == 1, bench.noticePatience()),
                () -> "the listener that is to block was not called");
        gate.open();
        // The first notice comes, then what was kept; a later change comes after all of it.
        before = free.count();
        bench.judge().put(DIRECTORY, "end", "1");
        free.awaitAnnounced("end", before);
        int[] last = {-1};
        while (last[0] != calls.get()) {
            last[0] = calls.get();
            bench.pass(Duration.ofMillis(100));
        }
        bench.verify(
                calls.get() <= puts / 3,
                () -> puts + " changes of three entries while the listener blocked became " + calls.get()
                        + " notices: they are kept one by one");
        bench.count("changes while it blocked", puts);
    }

    @Rule(
            value = "WAT-6b",
            check =
                    "which notices are kept for a listener that does not return, when there are many names: at some point a reset()")
    void manyNamesBehindABlockedListenerCostBoundedMemory(Bench bench) {
        Client client = bench.client();
        Gate gate = bench.gate();
        AtomicInteger calls = new AtomicInteger();
        Set<String> owed = ConcurrentHashMap.newKeySet();
        client.watch(new Target(DIRECTORY, Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                calls.incrementAndGet();
                owed.remove(name);
                gate.pass();
                bench.stir();
            }

            @Override
            public void reset() {
                owed.clear();
                changed(Notices.RESET, 0);
            }
        });
        Notices free = client.watch(DIRECTORY);
        // Each name is used only once, so keeping each name once would keep everything.
        int portions = 12;
        int names = 1_000 * portions;
        int perCommit = Math.min(bench.guarantees().maxWrites(), 250);
        for (int portion = 0; portion < portions; portion++) {
            Lease lease = bench.judge().grant(bench.longTtl());
            for (int from = 0; from < 1_000; from += perCommit) {
                Commit.Builder commit = Commit.to(DIRECTORY);
                for (int i = from; i < Math.min(1_000, from + perCommit); i++) {
                    owed.add("n" + portion + "-" + i);
                    commit.put("n" + portion + "-" + i, Bytes.EMPTY, lease.id());
                }
                bench.judge().committed(commit.build());
            }
            int received = free.count();
            bench.judge().put(DIRECTORY, "portion " + portion, "1");
            // So that the notices have arrived.
            free.awaitAnnounced("portion " + portion, received);
            bench.judge().revoke(lease);
        }
        bench.verify(
                bench.reach(() -> gate.waiting() == 1, bench.noticePatience()),
                () -> "the listener that is to block was not called");
        // Notices may come twice and late: a notice that arrives after the listener is free was not kept for it.
        bench.pass(Duration.ofMillis(200));
        gate.open();
        int before = free.count();
        bench.judge().put(DIRECTORY, "end", "1");
        free.awaitAnnounced("end", before);
        int[] last = {-1};
        while (last[0] != calls.get()) {
            last[0] = calls.get();
            bench.pass(Duration.ofMillis(100));
        }
        bench.verify(
                calls.get() <= names / 2,
                () -> "changes of " + names + " entries while the listener blocked became " + calls.get()
                        + " notices: each name is kept, however many there are");
        bench.verify(
                bench.reach(owed::isEmpty, bench.noticePatience()),
                () -> "while the listener blocked, " + owed.size() + " of " + names
                        + " entries changed for which neither changed() nor reset() came afterwards");
        bench.count("names that changed while it blocked", names);
    }
}
