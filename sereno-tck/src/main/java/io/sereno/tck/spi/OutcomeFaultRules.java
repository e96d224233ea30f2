package io.sereno.tck.spi;

import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.tck.faults.Faults;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Faulty;
import io.sereno.tck.run.Notices;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** What a commit reports when a fault strikes it, and what is true. Other clients observe and judge. */
public class OutcomeFaultRules {
    private static final String DIRECTORY = "outcome";

    @Rule(
            value = "OUT-1",
            waits = true,
            check =
                    "which errors of the client library are reported as NOT_APPLIED; only for requests that certainly were not sent, or were refused")
    void aCommitThatIsNotAppliedIsNeverSeen(Bench bench) {
        Faulty faulty = bench.faulty();
        Map<String, CallResult<CommitResult>> outcomes = everyKindOfFault(bench, faulty);
        for (int i = 0; i < 20; i++) {
            outcomes.put("plain" + i, faulty.put(DIRECTORY, "plain" + i, "1"));
        }
        // Time for late requests to arrive.
        bench.pass(faulty.timeout().multipliedBy(2));
        outcomes.forEach((name, ended) -> {
            if (ended.failedAs(Outcome.NOT_APPLIED) || isUnapplied(ended)) {
                Optional<Entry> entry = bench.judge().one(DIRECTORY, name);
                bench.verify(
                        entry.isEmpty(),
                        () -> "the put of " + name + " ended as " + ended + ", and " + entry + " is in the store");
            } else {
                bench.count("other outcomes", 1);
            }
        });
        bench.evidence("commits", outcomes.size(), 20);
    }

    private static boolean isUnapplied(CallResult<CommitResult> ended) {
        return ended.succeeded() && !(ended.result() instanceof CommitResult.Committed);
    }

    @Rule(
            value = "OUT-2",
            waits = true,
            check = "whether a success can be reported before the store has acknowledged it")
    void aCommitIsAppliedOnce(Bench bench) {
        Faulty faulty = bench.faulty();
        Map<String, CallResult<CommitResult>> outcomes = everyKindOfFault(bench, faulty);
        for (int i = 0; i < 20; i++) {
            String name = "plain" + i;
            CallResult<CommitResult> ended = faulty.put(DIRECTORY, name, "1");
            outcomes.put(name, ended);
            // At once: callers may rely on what is reported.
            Optional<Entry> there = bench.judge().one(DIRECTORY, name);
            bench.verify(
                    there.isPresent() || !(ended.succeeded() && ended.result() instanceof CommitResult.Committed),
                    () -> "the put of " + name + " ended as " + ended + ", and a read right after it shows nothing");
        }
        bench.pass(faulty.timeout());
        long committed = 0;
        for (Map.Entry<String, CallResult<CommitResult>> each : outcomes.entrySet()) {
            if (each.getValue().succeeded() && each.getValue().result() instanceof CommitResult.Committed result) {
                Entry entry = bench.judge().present(DIRECTORY, each.getKey());
                bench.same(
                        "modRevision of " + each.getKey() + ", of which one commit was reported as Committed at "
                                + result.revision(),
                        result.revision(),
                        entry.modRevision());
                bench.same("its createRevision", result.revision(), entry.createRevision());
                committed++;
            }
        }
        bench.evidence("commits that were reported as Committed", committed, 10);
    }

    @Rule(
            value = "OUT-3",
            waits = true,
            check =
                    "that nothing sends a commit again, and that a timeout is reported as UNKNOWN, since the request may still arrive")
    void anUnknownCommitIsAppliedAtMostOnce(Bench bench) {
        Faulty faulty = bench.faulty();
        Duration late = faulty.timeout().plusSeconds(1);
        // So that the client has a connection on which the commit can leave.
        faulty.put(DIRECTORY, "before", "1");
        faulty.faults().holdRequests(late);
        long from = bench.now();
        long before = faulty.faults().sent();
        CompletableFuture<CallResult<CommitResult>> sent =
                faulty.send(Commit.to(DIRECTORY).put("late", Bytes.utf8("1")).build());
        faulty.awaitSent(before, sent);
        CallResult<CommitResult> ended = faulty.end(sent);
        // A client that did not send the commit, because it waited for a connection, knows that it is not applied.
        boolean isUnsent = ended.failedAs(Outcome.NOT_APPLIED);
        bench.verify(
                isUnsent || ended.failedAs(Outcome.UNKNOWN),
                () -> "a commit that is still on its way, and may arrive, ended as " + ended + "; UNKNOWN is expected");
        // The caller goes on, and then the commit arrives.
        bench.verify(bench.judge().one(DIRECTORY, "late").isEmpty(), () -> "a request that was held has arrived");
        bench.pass(late.minus(bench.since(from)).plusMillis(50));
        faulty.faults().heal();
        faulty.awaitWorking();
        bench.pass(Duration.ofMillis(500));
        requireOnce(bench, "late");
        boolean isThere = bench.judge().one(DIRECTORY, "late").isPresent();
        bench.verify(
                !isUnsent || !isThere,
                () -> "a commit that was still on its way ended as " + ended + ", and arrived afterwards; UNKNOWN is"
                        + " expected");
        bench.count("commits that arrived after they were reported as UNKNOWN", isThere ? 1 : 0);

        Map<String, CallResult<CommitResult>> outcomes = everyKindOfFault(bench, faulty);
        bench.pass(faulty.timeout());
        outcomes.keySet().forEach(name -> requireOnce(bench, name));
        bench.evidence(
                "commits that ended UNKNOWN",
                (isUnsent ? 0 : 1)
                        + outcomes.values().stream()
                                .filter(each -> each.failedAs(Outcome.UNKNOWN))
                                .count(),
                1);
    }

    /** Each name was put by one call, so its entry comes from one commit. */
    private static void requireOnce(Bench bench, String name) {
        bench.judge()
                .one(DIRECTORY, name)
                .ifPresent(entry -> bench.verify(
                        entry.createRevision() == entry.modRevision(),
                        () -> "one call put " + name + ", and it was applied twice: created at "
                                + entry.createRevision() + ", put again at " + entry.modRevision()));
        bench.verified();
    }

    @Rule(
            value = "COM-11",
            waits = true,
            check = "the client library's own retries and its resending after a reconnect; turn them off for writes")
    void aCallIsAppliedAtMostOnce(Bench bench) {
        Faulty faulty = bench.faulty();
        for (int i = 0; i < 10; i++) {
            String name = "lost" + i;
            CallResult<CommitResult> ended = faulty.putWithLostReply(DIRECTORY, name, i % 2 == 0);
            faulty.awaitWorking();
            Optional<Entry> first = bench.judge().one(DIRECTORY, name);
            bench.note(
                    bench.now(), name + " ended as " + ended + ", the judge sees " + first.map(CallResult::describe));
            requireOnce(bench, name);
        }
        // By then, the client library has sent what it may have kept for a retry.
        bench.pass(faulty.timeout().multipliedBy(2));
        for (int i = 0; i < 10; i++) {
            requireOnce(bench, "lost" + i);
        }
        // A client's own commit must not be reported as a conflict with itself.
        for (int i = 0; i < 6; i++) {
            String name = "created" + i;
            CallResult<CommitResult> ended = faulty.commitWithLostReply(
                    Commit.to(DIRECTORY).ifAbsent(name).put(name, Bytes.EMPTY).build(),
                    () -> bench.judge().one(DIRECTORY, name).isPresent(),
                    i % 2 == 0);
            boolean there = bench.judge().one(DIRECTORY, name).isPresent();
            bench.verify(
                    !there || !isUnapplied(ended),
                    () -> "a commit that creates " + name + " went through, its reply was lost, and it was reported as "
                            + ended + ", as if another commit had been first");
            faulty.awaitWorking();
            requireOnce(bench, name);
        }
        for (int i = 0; i < 20; i++) {
            faulty.put(DIRECTORY, "plain" + i, "1");
            requireOnce(bench, "plain" + i);
        }
        requireDeletedOnce(bench, faulty);
    }

    /** An entry that was put again after the deletion was seen must not be deleted by that deletion. */
    private static void requireDeletedOnce(Bench bench, Faulty faulty) {
        for (int i = 0; i < 4; i++) {
            String name = "deleted" + i;
            bench.judge().put(DIRECTORY, name, "1");
            BooleanSupplier isGone = () -> bench.judge().one(DIRECTORY, name).isEmpty();
            boolean[] seen = new boolean[1];
            CallResult<CommitResult> ended = faulty.commitWithLostReply(
                    Commit.to(DIRECTORY).delete(name).build(),
                    () -> {
                        if (!seen[0] && isGone.getAsBoolean()) {
                            seen[0] = true;
                            bench.judge().put(DIRECTORY, name, "2");
                        }
                        return seen[0];
                    },
                    i % 2 == 0);
            faulty.awaitWorking();
            bench.pass(Duration.ofMillis(200));
            bench.verify(
                    !seen[0] || !isGone.getAsBoolean(),
                    () -> name
                            + " was deleted by a commit whose reply was lost, was put again by another client, and is"
                            + " gone again; the commit ended as " + ended);
        }
    }

    @Rule(
            value = "OUT-4",
            waits = true,
            check =
                    "which outcome is reported when a connection breaks, or a deadline passes, after the request was sent")
    void aLostReplyIsNeverNotApplied(Bench bench) {
        Faulty faulty = bench.faulty();
        int applied = 0;
        for (int i = 0; i < 10; i++) {
            String name = "lost" + i;
            CallResult<CommitResult> ended = i % 5 == 4
                    ? putUntilTimeout(bench, faulty, name)
                    : faulty.putWithLostReply(DIRECTORY, name, i % 2 == 0);
            boolean there = bench.judge().one(DIRECTORY, name).isPresent();
            applied += there ? 1 : 0;
            bench.verify(
                    !there || ended.failedAs(Outcome.UNKNOWN) || (ended.succeeded() && !isUnapplied(ended)),
                    () -> "a commit was applied, its reply was lost, and it was reported as " + ended
                            + "; UNKNOWN or Committed is expected");
            faulty.awaitWorking();
        }
        Lease lease = faulty.client().grant(bench.longTtl());
        for (int i = 0; i < 8; i++) {
            String name = "other" + i;
            boolean puts = i % 4 != 3;
            if (!puts) {
                bench.judge().put(DIRECTORY, name, "1");
            }
            Commit commit = switch (i % 4) {
                case 0 ->
                    Commit.to(DIRECTORY).ifAbsent(name).put(name, Bytes.EMPTY).build();
                case 1 ->
                    Commit.to(DIRECTORY).put(name, Bytes.EMPTY).returningAll().build();
                case 2 ->
                    Commit.to(DIRECTORY).put(name, Bytes.EMPTY, lease.id()).build();
                default -> Commit.to(DIRECTORY).delete(name).build();
            };
            BooleanSupplier isApplied = () -> bench.judge().one(DIRECTORY, name).isPresent() == puts;
            CallResult<CommitResult> ended = faulty.commitWithLostReply(commit, isApplied, i / 4 == 0);
            bench.verify(
                    !isApplied.getAsBoolean()
                            || ended.failedAs(Outcome.UNKNOWN)
                            || (ended.succeeded() && !isUnapplied(ended)),
                    () -> commit + " was applied, its reply was lost, and it was reported as " + ended
                            + "; UNKNOWN or Committed is expected");
            faulty.awaitWorking();
        }
        for (int i = 0; i < 20; i++) {
            String name = "plain" + i;
            CallResult<CommitResult> ended = faulty.put(DIRECTORY, name, "1");
            bench.verify(
                    bench.judge().one(DIRECTORY, name).isEmpty() || !ended.failedAs(Outcome.NOT_APPLIED),
                    () -> "a commit was applied, and was reported as " + ended);
        }
        bench.evidence("commits that were applied and whose reply was lost", applied, 5);
    }

    /** The reply does not arrive within the operation timeout; no connection breaks. */
    private static CallResult<CommitResult> putUntilTimeout(Bench bench, Faulty faulty, String name) {
        faulty.faults().holdReplies();
        CallResult<CommitResult> ended = faulty.put(DIRECTORY, name, "1");
        faulty.faults().breakConnections();
        faulty.faults().heal();
        bench.verified();
        return ended;
    }

    @Rule(
            value = "OUT-5",
            waits = true,
            startsFirst = true,
            check = "which outcome is reported when no connection can be made: certainly nothing was sent")
    void anUnsentCommitIsNotApplied(Bench bench) {
        Faulty faulty = bench.faulty();
        faulty.faults().refuse();
        // Until the client has noticed that its connection is gone, it may believe that it has sent something.
        faulty.read(DIRECTORY);
        faulty.read(DIRECTORY);
        int commits = 8;
        int unknown = 0;
        for (int i = 0; i < commits; i++) {
            Commit.Builder commit = Commit.to(DIRECTORY);
            String name = "refused" + i;
            switch (i % 4) {
                case 0 -> commit.put(name, Bytes.EMPTY);
                case 1 -> commit.ifAbsent(name).put(name, Bytes.EMPTY);
                case 2 -> commit.delete(name).returningAll();
                default -> commit.ifAbsent("other").delete("other").put(name, Bytes.EMPTY);
            }
            CallResult<CommitResult> ended = faulty.commit(commit.build());
            bench.verify(!ended.succeeded(), () -> "a commit succeeded while every connection is refused");
            unknown += ended.failedAs(Outcome.UNKNOWN) ? 1 : 0;
        }
        faulty.faults().heal();
        bench.count("commits", commits);
        bench.count("of them reported as UNKNOWN", unknown);
        int reported = unknown;
        bench.verify(
                reported == 0,
                () -> reported + " of " + commits
                        + " commits were reported as UNKNOWN while every connection was refused, so nothing was"
                        + " sent; with NOT_APPLIED, their callers have nothing to settle");
    }

    @Rule(
            value = "READ-6",
            waits = true,
            check = "caches that outlive a connection, and servers that are behind the one that was left")
    void acknowledgedWritesAreReadAfterAReconnect(Bench bench) {
        Faulty faulty = bench.faulty();
        for (int i = 0; i < 12; i++) {
            bench.judge().put(DIRECTORY, "a", "before " + i);
            faulty.read(DIRECTORY);
            switch (i % 3) {
                case 0 -> faulty.faults().breakConnections();
                case 1 -> faulty.faults().refuse();
                default -> faulty.faults().cutOff();
            }
            String value = "after " + i;
            bench.judge().put(DIRECTORY, "a", value);
            bench.judge().put(DIRECTORY, "b" + i, value);
            faulty.faults().heal();
            long from = bench.now();
            CallResult<io.sereno.spi.Snapshot> ended = faulty.read(DIRECTORY);
            while (!ended.succeeded()) {
                bench.within(
                        bench.guarantees()
                                .recovery()
                                .plus(faulty.timeout().multipliedBy(2))
                                .plus(bench.patience()),
                        from,
                        "the recovery of a client");
                ended = faulty.read(DIRECTORY);
            }
            List<Entry> entries = ended.result().entries();
            Map<String, String> values = new LinkedHashMap<>();
            entries.forEach(entry -> values.put(entry.name(), entry.value().toUtf8()));
            bench.same("the first read after a reconnect, of what was acked before it", value, values.get("a"));
            bench.same("the first read after a reconnect, of an entry that is new", value, values.get("b" + i));
        }
    }

    @Rule(
            value = "READ-8c",
            waits = true,
            check = "where the read is a request of its own: its failure says nothing about the commit")
    void aFailedReadDoesNotUndoTheCommit(Bench bench) {
        Faulty faulty = bench.faulty();
        for (int i = 0; i < 20; i++) {
            bench.judge().put(DIRECTORY, "other" + i, "x".repeat(200));
        }
        List<CallResult<CommitResult>> all = new ArrayList<>();
        int applied = 0;
        for (int i = 0; i < 16; i++) {
            String name = "cut" + i;
            faulty.faults().cutReplies(1 + i * i * 16);
            CallResult<CommitResult> ended = faulty.commit(Commit.to(DIRECTORY)
                    .ifAbsent(name)
                    .put(name, Bytes.EMPTY)
                    .returningAll()
                    .build());
            faulty.faults().breakConnections();
            faulty.faults().heal();
            faulty.awaitWorking();
            boolean there = bench.judge().one(DIRECTORY, name).isPresent();
            applied += there ? 1 : 0;
            bench.verify(
                    !there || ended.failedAs(Outcome.UNKNOWN) || (ended.succeeded() && !isUnapplied(ended)),
                    () -> "a commit was applied, the answer to it and its read was cut off, and it was reported as "
                            + ended);
            bench.verify(
                    !lacks(ended, name),
                    () -> "a read came back with a commit that put " + name + ", and shows nothing of it: " + ended);
            all.add(ended);
        }
        long reported = all.stream().filter(CallResult::succeeded).count();
        bench.count("reported as Committed", reported);
        // With a network it is unknown whether the answer to the commit was whole.
        bench.verify(
                reported > 0 || !bench.inProcess(),
                () -> "of half of " + all.size() + " commits only the read that they return was lost,"
                        + " and none was reported as Committed: " + all);
        bench.evidence("commits that were applied", applied, 3);
    }

    /** Whether the commit's result comes with a read that lacks what the commit put. */
    private static boolean lacks(CallResult<CommitResult> ended, String name) {
        return ended.succeeded()
                && ended.result() instanceof CommitResult.Committed committed
                && committed.snapshot().isPresent()
                && committed.snapshot().get().entries().stream()
                        .noneMatch(entry -> entry.name().equals(name));
    }

    @Rule(
            value = "OUT-6a",
            waits = true,
            startsFirst = true,
            check = "how a deadline and a broken connection are reported for calls that change no entry")
    void readsWatchesAndGrantsThatAreLostAreNotApplied(Bench bench) {
        Faulty faulty = bench.faulty();
        Client client = faulty.client();
        Map<String, Runnable> silences = new LinkedHashMap<>();
        silences.put("a partition", faulty.faults()::cutOff);
        silences.put("answers that do not come", faulty.faults()::holdReplies);
        silences.put("refused connections", faulty.faults()::refuse);
        silences.forEach((silence, make) -> {
            make.run();
            Map<String, CallResult<?>> ended = new LinkedHashMap<>();
            ended.put("a read", faulty.read(DIRECTORY));
            ended.put("a grant", client.outcome("grant", () -> client.backend().grantLease(bench.longTtl())));
            ended.put("a listing", client.outcome("list", () -> client.backend().directories(Optional.empty(), 10)));
            ended.put(
                    "a watch",
                    client.outcome(
                            "watch",
                            () -> client.backend()
                                    .watch(new Target(DIRECTORY, Optional.empty()), new Notices(bench, "nobody"))));
            // A watch needs no request where one stream serves all watches (WAT-7c): a broken stream becomes a reset.
            ended.forEach((what, end) -> bench.verify(
                    end.failedAs(Outcome.NOT_APPLIED)
                            || (what.equals("a watch") && !end.isOpen() && end.thrown() == null),
                    () -> what + " under " + silence + " ended as " + end + "; NOT_APPLIED is expected"));
            faulty.faults().breakConnections();
            faulty.faults().heal();
            faulty.awaitWorking();
        });
    }

    /** One put under each kind of fault, by name. */
    private static Map<String, CallResult<CommitResult>> everyKindOfFault(Bench bench, Faulty faulty) {
        Map<String, CallResult<CommitResult>> outcomes = new LinkedHashMap<>();
        Faults faults = faulty.faults();
        for (int round = 0; round < 3; round++) {
            String of = "-" + round;
            outcomes.put("lost reply" + of, faulty.putWithLostReply(DIRECTORY, "lost reply" + of, round % 2 == 0));
            faulty.awaitWorking();
            outcomes.put("lost request" + of, faulty.putWithLostRequest(DIRECTORY, "lost request" + of));
            faulty.awaitWorking();
            faults.refuse();
            outcomes.put("refused" + of, faulty.put(DIRECTORY, "refused" + of, "1"));
            faults.heal();
            faulty.awaitWorking();
            faults.cutRequests(5 + 40 * round);
            outcomes.put("cut request" + of, faulty.put(DIRECTORY, "cut request" + of, "1"));
            faults.heal();
            faulty.awaitWorking();
            faults.cutReplies(5 + 10 * round);
            outcomes.put("cut reply" + of, faulty.put(DIRECTORY, "cut reply" + of, "1"));
            faults.heal();
            faulty.awaitWorking();
            faults.slow(Duration.ofMillis(100));
            outcomes.put("slow" + of, faulty.put(DIRECTORY, "slow" + of, "1"));
            faults.heal();
            // Flapping connections, in whatever phase the commit is.
            CompletableFuture<CallResult<CommitResult>> sent = faulty.send(
                    Commit.to(DIRECTORY).put("flapping" + of, Bytes.EMPTY).build());
            for (int i = 0; i < 3; i++) {
                faults.breakConnections();
                bench.pass(Duration.ofMillis(7 + 11L * i));
            }
            outcomes.put("flapping" + of, faulty.end(sent));
            faulty.awaitWorking();
        }
        return outcomes;
    }
}
