package io.sereno.tck.spi;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Gate;
import io.sereno.tck.run.Notices;
import io.sereno.tck.run.RuleFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** Watches, as far as neither time nor faults are needed. */
public class WatchRules {
    private static final String DIRECTORY = "watch";
    /** In addition to the declared lateness. */
    private static final Duration MOMENT = Duration.ofSeconds(2);

    @Rule(value = "WAT-4", check = "whether deletes, and deletes by revocation, cause notices as puts do")
    void deletesAndRevocationsAreAnnounced(Bench bench) {
        Client writer = bench.client();
        Client watcher = bench.client();
        Notices directory = watcher.watch(DIRECTORY);
        Notices entry = watcher.watch(new Target(DIRECTORY, Optional.of("a")));
        for (int round = 0; round < 5; round++) {
            Lease lease = writer.grant(bench.longTtl());
            requireAnnounced(List.of(directory, entry), () -> writer.put(DIRECTORY, "a", "1", lease));
            requireAnnounced(List.of(directory, entry), () -> writer.put(DIRECTORY, "a", "1", lease));
            if (round % 2 == 0) {
                requireAnnounced(List.of(directory, entry), () -> writer.delete(DIRECTORY, "a"));
                writer.revoke(lease);
            } else {
                requireAnnounced(List.of(directory, entry), () -> writer.revoke(lease));
            }
            bench.verify(
                    watcher.one(DIRECTORY, "a").isEmpty(),
                    () -> "the deletion was announced, and the entry is still read");
        }
        // Many at once: by a commit, and by the end of a lease.
        Lease lease = writer.grant(bench.longTtl());
        List<String> all = new ArrayList<>();
        for (int portion = 0; portion < 8; portion++) {
            String prefix = "many" + portion + "-";
            List<String> names =
                    IntStream.range(0, 32).mapToObj(i -> prefix + i).toList();
            Commit.Builder puts = Commit.to(DIRECTORY);
            names.forEach(name -> puts.put(name, Bytes.EMPTY, lease.id()));
            requireAllAnnounced(directory, names, () -> writer.committed(puts.build()));
            if (portion == 0) {
                Commit.Builder deletes = Commit.to(DIRECTORY);
                names.forEach(deletes::delete);
                requireAllAnnounced(directory, names, () -> writer.committed(deletes.build()));
            } else {
                all.addAll(names);
            }
        }
        requireAllAnnounced(directory, all, () -> writer.revoke(lease));
    }

    private static void requireAllAnnounced(Notices notices, List<String> names, Runnable change) {
        int before = notices.count();
        change.run();
        names.forEach(name -> notices.awaitAnnounced(name, before));
    }

    @Rule(value = "WAT-1", check = "whether notices depend on the length of a name, or on the value")
    void changesOfLongNamesAndEmptyValuesAreAnnounced(Bench bench) {
        Client writer = bench.client();
        Client watcher = bench.client();
        Notices directory = watcher.watch(DIRECTORY);
        for (String name : List.of("x".repeat(500), "a/b " + "y".repeat(250), "z")) {
            Notices entry = watcher.watch(new Target(DIRECTORY, Optional.of(name)));
            for (Bytes value : List.of(Bytes.utf8("1"), Bytes.EMPTY, Bytes.EMPTY)) {
                requireAnnounced(name, List.of(directory, entry), () -> writer.put(DIRECTORY, name, value));
            }
            requireAnnounced(name, List.of(directory, entry), () -> writer.delete(DIRECTORY, name));
        }
    }

    @Rule(value = "WAT-9", check = "whether watches that share a target, or a stream, share their end")
    void aWatchContinuesWhenAnotherOfItsTargetIsCancelled(Bench bench) {
        Client writer = bench.client();
        Client watcher = bench.client();
        for (Target target :
                List.of(new Target(DIRECTORY, Optional.empty()), new Target(DIRECTORY, Optional.of("a")))) {
            Notices stays = watcher.watch(target);
            for (Client client : List.of(watcher, bench.client())) {
                Watch other = client.watch(target, new Notices(bench, "one that is cancelled"));
                other.cancel();
                other.cancel();
                requireAnnounced(List.of(stays), () -> writer.put(DIRECTORY, "a", "1"));
            }
            Client leaving = bench.client();
            leaving.watch(target);
            leaving.close();
            requireAnnounced(List.of(stays), () -> writer.put(DIRECTORY, "a", "1"));
        }
    }

    @Rule(
            value = "WAT-10",
            check = "how late notices are, and noticeLateness in guarantees(): the interval of a backend that polls")
    void noticesComeInTime(Bench bench) {
        Client writer = bench.client();
        Client watcher = bench.client();
        Notices directory = watcher.watch(DIRECTORY);
        Notices entry = watcher.watch(new Target(DIRECTORY, Optional.of("a")));
        Duration bound = bench.afterNotice(MOMENT);
        for (int i = 0; i < 20; i++) {
            Lease lease = writer.grant(bench.longTtl());
            for (Runnable change :
                    List.<Runnable>of(() -> writer.put(DIRECTORY, "a", "1", lease), () -> writer.revoke(lease))) {
                int directoryBefore = directory.count();
                int entryBefore = entry.count();
                change.run();
                long acked = bench.now();
                directory.awaitAnnounced("a", directoryBefore);
                entry.awaitAnnounced("a", entryBefore);
                bench.within(bound, acked, "a notice");
            }
        }
    }

    private static void requireAnnounced(List<Notices> all, Runnable change) {
        requireAnnounced("a", all, change);
    }

    private static void requireAnnounced(String name, List<Notices> all, Runnable change) {
        List<Integer> before = all.stream().map(Notices::count).toList();
        change.run();
        for (int i = 0; i < all.size(); i++) {
            all.get(i).awaitAnnounced(name, before.get(i));
        }
    }

    @Rule(value = "WAT-5a", check = "whether notices of one watch are handed to a pool of threads one by one")
    void noticesAreSerial(Bench bench) {
        Client writer = bench.client();
        Client watcher = bench.client();
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger calls = new AtomicInteger();
        Finding broken = new Finding();
        // Without any synchronisation: a notice has to see what the one before did.
        int[] plain = {0};
        class Listener implements WatchListener {
            private void notice(String what) {
                if (inside.incrementAndGet() != 1) {
                    broken.is("a notice of " + what + " began while another one was running");
                }
                int seen = plain[0];
                if (seen != calls.get()) {
                    broken.is("a notice of " + what + " does not see what the one before it did");
                }
                // The first ones take a moment, in which the next could start.
                if (seen < 3 && bench.reach(() -> inside.get() > 1, Duration.ofMillis(100))) {
                    broken.is("a notice began while one of " + what + " was running");
                }
                plain[0] = seen + 1;
                calls.incrementAndGet();
                inside.decrementAndGet();
                bench.stir();
            }

            @Override
            public void changed(String name, long revision) {
                notice(name);
            }

            @Override
            public void reset() {
                notice("reset");
            }
        }
        watcher.watch(new Target(DIRECTORY, Optional.empty()), new Listener());
        Notices end = watcher.watch(DIRECTORY);
        // Until enough notices came: they may be merged.
        for (int round = 0; round < 40 && (round < 5 || calls.get() < 10); round++) {
            List<CompletableFuture<Long>> writes = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String name = "n" + round + "-" + i;
                writes.add(bench.async(() -> writer.put(DIRECTORY, name, "1")));
            }
            bench.join(writes, bench.patience());
            int received = calls.get();
            bench.reach(() -> calls.get() > received, bench.afterNotice(Duration.ofMillis(200)));
        }
        int before = end.count();
        writer.put(DIRECTORY, "sentinel", "1");
        end.awaitAnnounced("sentinel", before);
        bench.verify(broken.isNone(), broken::toString);
        bench.evidence("notices", calls.get(), 5);
    }

    @Rule(
            value = "WAT-5b",
            check = "how an exception of a listener is handled: it must not end the watch, nor be swallowed")
    void aListenerThatThrowsIsLoggedAndCalledAgain(Bench bench) {
        Client writer = bench.client();
        Client watcher = bench.client();
        Notices received = new Notices(bench, "the throwing listener");
        String text = "thrown on purpose by a listener of the kit, " + bench.namespace();
        try (LogCapture log = LogCapture.of(text + ", an exception");
                LogCapture errors = LogCapture.of(text + ", an error")) {
            watcher.watch(new Target(DIRECTORY, Optional.empty()), new WatchListener() {
                @Override
                public void changed(String name, long revision) {
                    received.changed(name, revision);
                    fail();
                }

                @Override
                public void reset() {
                    received.reset();
                    fail();
                }

                private void fail() {
                    if (received.count() % 2 == 0) {
                        throw new AssertionError(text + ", an error");
                    }
                    throw new IllegalStateException(text + ", an exception");
                }
            });
            for (int i = 0; i < 5; i++) {
                int before = received.count();
                writer.put(DIRECTORY, "a", "" + i);
                received.awaitAnnounced("a", before);
            }
            bench.verify(
                    bench.reach(() -> log.seen() > 0 && errors.seen() > 0, bench.patience()),
                    () -> "a listener threw " + received.count() + " times, exceptions and errors by turns; logs have "
                            + log.seen() + " and " + errors.seen() + " of them");
        }
        writer.put(DIRECTORY, "b", "1");
        bench.same("a read afterwards", true, watcher.one(DIRECTORY, "b").isPresent());
    }

    @Rule(
            value = "WAT-5c",
            check = "that one place decides about cancel(), and each notice passes it before it is delivered")
    void cancelIsIdempotentAndFinal(Bench bench) {
        Client writer = bench.client();
        Client watcher = bench.client();
        Notices other = watcher.watch(DIRECTORY);
        for (int round = 0; round < 10; round++) {
            Notices received = new Notices(bench, "the cancelled listener");
            Watch watch = watcher.watch(new Target(DIRECTORY, Optional.empty()), received);
            int before = received.count();
            writer.put(DIRECTORY, "a", "1");
            received.awaitAnnounced("a", before);
            watch.cancel();
            requireCancels(watch);
            int cancelled = received.count();
            int sentinel = other.count();
            writer.put(DIRECTORY, "b", "1");
            writer.delete(DIRECTORY, "b");
            other.awaitAnnounced("b", sentinel);
            // A notice that was running when cancel() was called may have been counted late; "b" came after cancel()
            // returned.
            bench.verify(
                    !received.since(cancelled).contains("b"),
                    () -> "notices after cancel() had returned: " + received.since(cancelled));
            watch.cancel();
        }
        requireCancelInside(bench, writer, watcher, other);
        requireNothingThatWaited(bench, writer, watcher, other);
    }

    private static void requireCancels(Watch watch) {
        try {
            watch.cancel();
        } catch (RuntimeException e) {
            throw new RuleFailure("cancel(), called twice, failed with " + e, e);
        }
    }

    /** Several notices wait behind a listener that blocks in the first one, and then the watch is cancelled. */
    private static void requireNothingThatWaited(Bench bench, Client writer, Client watcher, Notices other) {
        Gate gate = bench.gate();
        Notices received = new Notices(bench, "the blocked listener");
        Watch watch = watcher.watch(new Target(DIRECTORY, Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                received.changed(name, revision);
                gate.pass();
            }

            @Override
            public void reset() {
                changed(Notices.RESET, 0);
            }
        });
        int sentinel = other.count();
        for (String name : List.of("w1", "w2", "w3", "w4")) {
            writer.put(DIRECTORY, name, "1");
        }
        other.awaitAnnounced("w4", sentinel);
        bench.verify(
                bench.reach(() -> gate.waiting() == 1, bench.noticePatience()),
                () -> "the listener that is to block was not called");
        int begun = received.count();
        watch.cancel();
        gate.open();
        sentinel = other.count();
        writer.put(DIRECTORY, "w5", "1");
        other.awaitAnnounced("w5", sentinel);
        bench.reach(() -> gate.waiting() == 0, bench.patience());
        writer.put(DIRECTORY, "w6", "1");
        other.awaitAnnounced("w6", sentinel);
        bench.same("the number of notices that had begun when cancel() returned, and of all", begun, received.count());
    }

    private static void requireCancelInside(Bench bench, Client writer, Client watcher, Notices other) {
        CompletableFuture<Watch> own = new CompletableFuture<>();
        Notices received = new Notices(bench, "the listener that cancels itself");
        Gate gate = bench.gate();
        WatchListener listener = new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                gate.pass();
                bench.inCallback(() -> {
                    own.join().cancel();
                    own.join().cancel();
                });
                received.changed(name, revision);
            }

            @Override
            public void reset() {
                changed(Notices.RESET, 0);
            }
        };
        Watch watch = watcher.watch(new Target(DIRECTORY, Optional.empty()), listener);
        own.complete(watch);
        gate.open();
        writer.put(DIRECTORY, "a", "1");
        bench.verify(
                bench.reach(() -> received.count() > 0, bench.noticePatience()),
                () -> "a listener that cancels its own watch did not return");
        int sentinel = other.count();
        writer.put(DIRECTORY, "c", "1");
        other.awaitAnnounced("c", sentinel);
        bench.same("the number of notices after cancel() inside the listener", 1, received.count());
    }

    @Rule(value = "WAT-7a", check = "limits on streams, connections or subscriptions of one client")
    void aThousandWatchesWorkAtOnce(Bench bench) {
        Client writer = bench.client();
        Client watcher = bench.client();
        List<Notices> watches = new ArrayList<>();
        List<CompletableFuture<CallResult<Watch>>> live = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            Notices notices = new Notices(bench, "watch " + i);
            watches.add(notices);
            Target target = new Target("d" + i % 500, i < 500 ? Optional.empty() : Optional.of("n" + i));
            CompletableFuture<CallResult<Watch>> one = new CompletableFuture<>();
            watcher.backend().watch(target, notices).whenComplete((watch, failure) -> {
                one.complete(CallResult.with(watch, failure));
                bench.stir();
            });
            live.add(one);
        }
        bench.verify(
                bench.reach(
                        () -> live.stream().allMatch(CompletableFuture::isDone),
                        bench.patience().multipliedBy(2)),
                () -> "of 1,000 watches "
                        + live.stream().filter(one -> !one.isDone()).count() + " are not live after "
                        + Bench.text(bench.patience().multipliedBy(2)));
        List<CallResult<Watch>> failed = live.stream()
                .map(CompletableFuture::join)
                .filter(one -> !one.succeeded())
                .toList();
        bench.verify(
                failed.isEmpty(), () -> failed.size() + " of 1,000 watches failed, the first with " + failed.get(0));
        List<Integer> before = watches.stream().map(Notices::count).toList();
        for (int i = 500; i < 1_000; i++) {
            writer.put("d" + i % 500, "n" + i, "1");
        }
        for (int i = 0; i < 1_000; i++) {
            watches.get(i).awaitAnnounced("n" + (i < 500 ? i + 500 : i), before.get(i));
        }
        bench.evidence("watches that were notified", 1_000, 1_000);
    }

    @Rule(value = "WAT-7b", check = "whether a watch of an entry, or of a directory, is made by a prefix")
    void aNoticeNamesNothingOutsideItsTarget(Bench bench) {
        Client writer = bench.client();
        Client watcher = bench.client();
        List<String> names = List.of("a", "aa", "a/b", "a ", "b", "ab", "A");
        List<String> directories = List.of(DIRECTORY, DIRECTORY + "/a", DIRECTORY + "2");
        Map<Target, Notices> watches = new HashMap<>();
        for (String directory : directories) {
            watches.put(new Target(directory, Optional.empty()), watcher.watch(directory));
            for (String name : names) {
                Target target = new Target(directory, Optional.of(name));
                watches.put(target, watcher.watch(target));
            }
        }
        for (int round = 0; round < 2; round++) {
            for (String directory : directories) {
                for (String name : names) {
                    writer.put(directory, name, "" + round);
                }
                Lease lease = writer.grant(bench.longTtl());
                writer.put(directory, "leased", "1", lease);
                writer.revoke(lease);
            }
        }
        watches.forEach((target, notices) -> {
            String last = target.name().orElse("A");
            int before = notices.count();
            writer.put(target.directory(), last, "end");
            notices.awaitAnnounced(last, before);
            List<String> allowed = new ArrayList<>(target.name().map(List::of).orElse(names));
            allowed.add(Notices.RESET);
            if (target.name().isEmpty()) {
                allowed.add("leased");
            }
            bench.verify(
                    allowed.containsAll(notices.received()),
                    () -> "a watch of " + target + " received " + notices.received());
        });
    }
}
