package io.sereno.tck.spi;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** The lifecycle of a client, from open to close. */
public class LifeRules {
    private static final String DIRECTORY = "life";

    @Rule(value = "LIF-1a", check = "that close() waits for no thread that may wait for close()")
    void closeIsIdempotentAndCallableAnywhere(Bench bench) {
        Client writer = bench.client();
        Client client = bench.client();
        client.put(DIRECTORY, "a", "1");
        List<CompletableFuture<Void>> closings = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            closings.add(bench.async(() -> {
                requireCloses(client);
                return null;
            }));
        }
        bench.join(closings, Duration.ofSeconds(5));
        requireCloses(client);

        Client inside = bench.client();
        AtomicBoolean live = new AtomicBoolean();
        CompletableFuture<Void> closed = new CompletableFuture<>();
        inside.watch(new Target(DIRECTORY, Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                if (!live.get()) {
                    // A notice without a change; a close would end the call that opens the watch.
                    return;
                }
                bench.inCallback(inside::close);
                bench.inCallback(inside::close);
                closed.complete(null);
                bench.stir();
            }

            @Override
            public void reset() {
                changed("reset", 0);
            }
        });
        live.set(true);
        writer.put(DIRECTORY, "a", "2");
        bench.verify(
                bench.reach(closed::isDone, bench.afterNotice(Duration.ofSeconds(6))),
                () -> "close() inside a listener did not return within 6 s");

        Client completing = bench.client();
        CompletableFuture<Void> after = completing
                .backend()
                .read(new Query.All(DIRECTORY))
                .thenAccept(read -> completing.close())
                .toCompletableFuture();
        bench.verify(
                bench.end(after, Duration.ofSeconds(6)).succeeded(),
                () -> "close() inside an action on a stage did not return within 6 s");
        bench.same(
                "a read of another client afterwards",
                true,
                writer.one(DIRECTORY, "a").isPresent());
    }

    private static void requireCloses(Client client) {
        try {
            client.close();
        } catch (RuntimeException e) {
            throw new RuleFailure("close(), called more than once, failed with " + e, e);
        }
    }

    @Rule(value = "LIF-3", check = "that every method first checks whether the backend is closed")
    void afterCloseEverythingFailsAtOnce(Bench bench) {
        Client client = bench.client();
        Lease lease = client.grant(bench.longTtl());
        Notices received = new Notices(bench, "a listener of the closed client");
        Watch watch = client.watch(new Target(DIRECTORY, Optional.empty()), received);
        client.close();
        Backend closed = client.backend();
        Map<String, Supplier<CompletionStage<?>>> calls = new LinkedHashMap<>();
        calls.put("read", () -> closed.read(new Query.One(DIRECTORY, "a")));
        calls.put(
                "commit",
                () -> closed.commit(Commit.to(DIRECTORY).put("a", Bytes.EMPTY).build()));
        calls.put("check", () -> closed.commit(Commit.to(DIRECTORY).build()));
        calls.put("grantLease", () -> closed.grantLease(bench.longTtl()));
        calls.put("watch", () -> closed.watch(new Target(DIRECTORY, Optional.empty()), new Notices(bench, "nobody")));
        calls.put("directories", () -> closed.directories(Optional.empty(), 10));
        calls.put("renew", lease::renew);
        calls.put("revoke", lease::revoke);
        calls.forEach((what, call) -> {
            long from = bench.now();
            CallResult<Object> ended =
                    client.outcome(what + " after close", () -> call.get().thenApply(result -> result));
            bench.verify(
                    ended.failedAs(Outcome.NOT_APPLIED) && !ended.threwAtOnce(),
                    () -> what + " after close ended as " + ended + "; a stage that failed NOT_APPLIED is right");
            bench.within(Duration.ofMillis(250), from, what + " after close");
        });
        watch.cancel();
        watch.cancel();
        bench.same(
                "whether the commit after close did nothing",
                List.of(),
                bench.client().all(DIRECTORY));
    }

    @Rule(
            value = "LIF-7a",
            check = "on which threads stages are completed and listeners run: not on those that read the network")
    void aBlockedCallbackStallsNothingElse(Bench bench) {
        Client client = bench.client();
        Client writer = bench.client();
        Gate gate = bench.gate();
        client.watch(new Target(DIRECTORY, Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                gate.pass();
            }

            @Override
            public void reset() {
                gate.pass();
            }
        });
        Notices free = client.watch(DIRECTORY);
        writer.put(DIRECTORY, "a", "1");
        bench.verify(
                bench.reach(() -> gate.waiting() > 0, bench.noticePatience()),
                () -> "the listener that is to block was not called");

        // And an action on a stage that hangs; it may run in whatever thread completes the stage.
        CompletableFuture<Snapshot> read = new CompletableFuture<>();
        CompletableFuture<?> hanging = bench.async(
                () -> client.backend().read(new Query.All(DIRECTORY)).thenAccept(snapshot -> {
                    read.complete(snapshot);
                    bench.stir();
                    gate.pass();
                }));
        bench.verify(bench.reach(read::isDone, bench.patience()), () -> "a read beside a blocked listener did not end");
        // In another thread, in case it never returns.
        CompletableFuture<?> others = bench.async(() -> {
            int before = free.count();
            writer.put(DIRECTORY, "b", "1");
            free.awaitAnnounced("b", before);
            Lease lease = client.grant(bench.longTtl());
            bench.same("renew() beside blocked callbacks", true, client.renew(lease));
            client.put(DIRECTORY, "c", "1", lease);
            bench.same("the number of entries", 3, client.all(DIRECTORY).size());
            client.revoke(lease);
            return null;
        });
        bench.join(List.of(others), bench.patience().multipliedBy(2));
        gate.open();
        bench.join(List.of(hanging), bench.patience());
    }

    @Rule(
            value = "LIF-7b",
            check = "whether listeners and completions run while a lock of the backend is held, or on its only thread")
    void callingInsideACallbackDoesNotDeadlock(Bench bench) {
        Client client = bench.client();
        Client writer = bench.client();
        Finding failed = new Finding();
        CompletableFuture<Void> done = new CompletableFuture<>();
        client.watch(new Target(DIRECTORY, Optional.of("a")), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                try {
                    if (client.all(DIRECTORY).isEmpty()) {
                        // A notice without a change; the one of the put is still due.
                        return;
                    }
                    client.put(DIRECTORY + "/inside", "b", "1");
                    Lease lease = client.grant(bench.longTtl());
                    client.renew(lease);
                    client.revoke(lease);
                    client.watch(DIRECTORY + "/inside");
                } catch (RuntimeException | AssertionError e) {
                    failed.is(e.toString());
                }
                done.complete(null);
                bench.stir();
            }

            @Override
            public void reset() {
                changed("a", 0);
            }
        });
        writer.put(DIRECTORY, "a", "1");
        bench.verify(
                bench.reach(done::isDone, bench.patience().multipliedBy(2)),
                () -> "a listener that calls the backend did not return");
        bench.verify(failed.isNone(), () -> "inside a listener: " + failed);

        requireFreeWhileAnActionRuns(bench, client);

        // Calls that start inside the completion of other calls, nested. The outcome of the commit may be unknown.
        CallResult<List<String>> ended =
                bench.end(chain(bench, client), bench.patience().multipliedBy(2));
        for (int i = 0; i < 8 && ended.failedAs(Outcome.UNKNOWN); i++) {
            ended = bench.end(chain(bench, client), bench.patience().multipliedBy(2));
        }
        CallResult<List<String>> last = ended;
        bench.verify(
                last.succeeded() && last.result().containsAll(List.of("a", "c")),
                () -> "a chain of calls ended as " + last);
    }

    /** Returns the names in the directory. */
    private static CompletionStage<List<String>> chain(Bench bench, Client client) {
        return client.backend()
                .read(new Query.All(DIRECTORY))
                .thenCompose(read -> client.backend()
                        .commit(Commit.to(DIRECTORY).put("c", Bytes.EMPTY).build()))
                .thenCompose(result -> client.backend().grantLease(bench.longTtl()))
                .thenCompose(lease -> lease.renew().thenCompose(renewed -> lease.revoke()))
                .thenCompose(nothing -> client.backend().read(new Query.All(DIRECTORY)))
                .thenApply(read -> read.entries().stream().map(Entry::name).toList());
    }

    /**
     * An action on a stage waits for another thread's call: if the backend held a lock meanwhile, neither would end.
     */
    private static void requireFreeWhileAnActionRuns(Bench bench, Client client) {
        Map<String, Supplier<CompletionStage<?>>> calls = new LinkedHashMap<>();
        calls.put("a read", () -> client.backend().read(new Query.All(DIRECTORY)));
        calls.put(
                "a commit",
                () -> client.backend()
                        .commit(Commit.to(DIRECTORY)
                                .put("d", Bytes.EMPTY)
                                .delete("never")
                                .build()));
        calls.put("a grant", () -> client.backend().grantLease(bench.longTtl()));
        calls.put(
                "a watch",
                () -> client.backend().watch(new Target(DIRECTORY, Optional.empty()), new Notices(bench, "nobody")));
        Lease lease = client.grant(bench.longTtl());
        calls.put("a renewal", lease::renew);
        calls.put("a revocation", lease::revoke);
        calls.forEach((what, call) -> {
            Gate gate = bench.gate();
            CompletableFuture<?> blocked = bench.async(() -> call.get().whenComplete((result, failure) -> gate.pass()));
            bench.verify(
                    bench.reach(() -> gate.waiting() == 1, bench.patience()),
                    () -> "the action that hangs on " + what + " was not run");
            Map<String, Supplier<CompletionStage<?>>> others = new LinkedHashMap<>();
            others.put("a read", () -> client.backend().read(new Query.All(DIRECTORY)));
            others.put("a renewal", lease::renew);
            if (what.equals("a renewal")) {
                others.put("a revocation", lease::revoke);
            }
            requireEnd(bench, "an action on " + what + " runs", others);
            gate.open();
            bench.join(List.of(blocked), bench.patience());
        });
        client.delete(DIRECTORY, "d");

        Gate gate = bench.gate();
        client.watch(new Target("listening", Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                gate.pass();
            }

            @Override
            public void reset() {
                gate.pass();
            }
        });
        client.put("listening", "a", "1");
        bench.verify(
                bench.reach(() -> gate.waiting() == 1, bench.noticePatience()),
                () -> "the listener that is to block was not called");
        calls.remove("a renewal");
        calls.remove("a revocation");
        requireEnd(bench, "a listener runs", calls);
        gate.open();
    }

    /** Calls of other threads return, and end. */
    private static void requireEnd(Bench bench, String during, Map<String, Supplier<CompletionStage<?>>> calls) {
        calls.forEach((what, call) -> {
            CompletableFuture<CompletionStage<?>> other = bench.async(call::get);
            bench.verify(
                    bench.reach(other::isDone, bench.patience()),
                    () -> "while " + during + ", " + what + " of another thread does not return");
            bench.verify(
                    !bench.end(other.join(), bench.patience()).isOpen(),
                    () -> "while " + during + ", " + what + " of another thread does not end");
        });
    }

    @Rule(value = "LIF-7c", check = "state of the client that is not guarded")
    void threadsShareAClient(Bench bench) {
        Client client = bench.client();
        int threads = 32;
        int rounds = 6;
        AtomicInteger unknown = new AtomicInteger();
        Set<Long> leases = new HashSet<>();
        List<CompletableFuture<Integer>> works = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            String own = "t" + i;
            boolean grants = i % 4 == 0;
            works.add(bench.async(() -> {
                int added = 0;
                for (int round = 0; round < rounds; round++) {
                    client.put(DIRECTORY, own, own + "-" + round);
                    Entry entry = client.present(DIRECTORY, own);
                    bench.same(
                            "what a thread reads of its own entry",
                            own + "-" + round,
                            entry.value().toUtf8());
                    // A store may give one client few leases, and create a session for each.
                    if (grants && (round == 0 || bench.inProcess())) {
                        Lease lease = client.grant(bench.longTtl());
                        synchronized (leases) {
                            bench.verify(
                                    leases.add(lease.id()),
                                    () -> "two threads that share a client were granted lease " + lease.id());
                        }
                        client.revoke(lease);
                    }
                    for (int tries = 0; tries < 100 && added <= round; tries++) {
                        added += add(bench, client, unknown) ? 1 : 0;
                    }
                }
                return added;
            }));
        }
        bench.join(works, bench.patience().multipliedBy(4));
        int added = works.stream().mapToInt(CompletableFuture::join).sum();
        int counted = client.one("shared", "counter")
                .map(entry -> Integer.parseInt(entry.value().toUtf8()))
                .orElse(0);
        bench.verify(
                added <= counted && counted <= added + unknown.get(),
                () -> "a counter is " + counted + ", to which 32 threads of one client added " + added
                        + " times by compare and set, and " + unknown + " times perhaps");
        bench.same("the number of entries", threads, client.all(DIRECTORY).size());
        bench.evidence("additions", added, threads);
    }

    /** A commit of unknown outcome is not attributed: values of several threads look alike. */
    private static boolean add(Bench bench, Client client, AtomicInteger unknown) {
        Optional<Entry> entry = client.one("shared", "counter");
        int value = entry.map(found -> Integer.parseInt(found.value().toUtf8())).orElse(0);
        Commit.Builder commit = Commit.to("shared").put("counter", Bytes.utf8("" + (value + 1)));
        entry.ifPresentOrElse(
                found -> commit.ifModRevision("counter", found.modRevision()), () -> commit.ifAbsent("counter"));
        CallResult<CommitResult> ended = client.raw(commit.build());
        if (ended.failedAs(Outcome.UNKNOWN)) {
            unknown.incrementAndGet();
            return false;
        }
        bench.verify(ended.succeeded(), () -> "a commit failed without a fault: " + ended);
        return ended.result() instanceof CommitResult.Committed;
    }
}
