package io.sereno.tck.spi;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Overlap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/**
 * Four clients, each on a thread of its own, call the backend at the same moment, round after round. No client waits for
 * another, so a client that reads first and then puts is overtaken, and so is a thread without a lock.
 */
public class ContestRules {
    private static final String DIRECTORY = "contest";
    private static final Bytes VALUE = Bytes.utf8("value");

    /** How many calls are to begin while another one is inside the backend; the histories require it. */
    private static final long OVERLAPPING = 40;

    /** Without a network a commit takes a microsecond, so not every overlap meets a race in the store. */
    private static final int LEAST_ROUNDS_IN_PROCESS = 400;

    private static final int LEAST_ROUNDS = 20;

    /** So many that even threads that are seldom run at the same time overlap often enough. */
    private static final int MOST_ROUNDS = 1_000;

    /** Whether all outcomes of a round were reported, so that it was judged. */
    private interface Judge {
        boolean judged(String name, List<CallResult<CommitResult>> ends);
    }

    @Rule(value = "COM-3", check = "whether 'absent' is judged and the entry put in one atomic step")
    void exactlyOneOfConcurrentCreatorsSucceeds(Bench bench) {
        contest(
                bench,
                name -> Commit.to(DIRECTORY).ifAbsent(name).put(name, VALUE),
                (name, ends) -> exactlyOne(bench, "created an entry", ends));
    }

    @Rule(value = "COM-1", check = "whether conditions are judged and writes made in one atomic step")
    void exactlyOneOfConcurrentChangesSucceeds(Bench bench) {
        Client writer = bench.client();
        contest(
                bench,
                name -> Commit.to(DIRECTORY)
                        .ifModRevision(name, writer.put(DIRECTORY, name, VALUE))
                        .put(name, Bytes.EMPTY),
                (name, ends) -> exactlyOne(bench, "changed an entry on the condition of its revision", ends));
    }

    private static boolean exactlyOne(Bench bench, String what, List<CallResult<CommitResult>> ends) {
        long succeeded = committed(ends).count();
        // A commit of unknown outcome may be the one that succeeded.
        boolean reported = ends.stream().allMatch(CallResult::succeeded);
        bench.verify(
                reported ? succeeded == 1 : succeeded <= 1,
                () -> "four clients " + what + " at once; exactly one has to succeed, but the outcomes are " + ends);
        return reported;
    }

    @Rule(
            value = "READ-8a",
            check = "whether the returned read of a conflict is made in the step that decides it, or later")
    void theReadReturnedWithAConflictShowsItsReason(Bench bench) {
        AtomicInteger returned = new AtomicInteger();
        contest(
                bench,
                name -> Commit.to(DIRECTORY).ifAbsent(name).put(name, VALUE).returningOne(name),
                (name, ends) -> {
                    for (CallResult<CommitResult> end : ends) {
                        if (end.succeeded()
                                && end.result() instanceof CommitResult.Conflict conflict
                                && conflict.snapshot().isPresent()) {
                            returned.incrementAndGet();
                            bench.verify(
                                    !conflict.snapshot().get().entries().isEmpty(),
                                    () -> "a commit ended as a conflict because an entry was there, which nobody"
                                            + " deletes, and the read that it returned does not show the entry");
                        }
                    }
                    return ends.stream().allMatch(CallResult::succeeded);
                });
        if (returned.get() == 0) {
            throw bench.untested("the store left the read out of each conflict, as it may");
        }
    }

    @Rule(value = "COM-5b", check = "whether a revision is drawn in the same atomic step as the writes are made")
    void theLastOfConcurrentPutsHasTheGreatestRevision(Bench bench) {
        Client reader = bench.client();
        contest(bench, name -> Commit.to(DIRECTORY).put(name, VALUE), (name, ends) -> {
            List<Long> revisions = revisions(ends);
            if (revisions.size() < ends.size()) {
                return false;
            }
            Entry entry = reader.present(DIRECTORY, name);
            bench.same(
                    "createRevision and modRevision of an entry that four clients put at once, at " + revisions + ",",
                    List.of(revisions.get(0), revisions.get(revisions.size() - 1)),
                    List.of(entry.createRevision(), entry.modRevision()));
            return true;
        });
    }

    @Rule(value = "COM-5a", check = "whether the counter of revisions is raised in one atomic step")
    void concurrentPutsHaveDifferentRevisions(Bench bench) {
        contest(bench, name -> Commit.to(DIRECTORY).put(name, VALUE), (name, ends) -> {
            List<Long> revisions = revisions(ends);
            bench.same(
                    "the number of different revisions of puts that began at once, at " + revisions + ",",
                    (long) revisions.size(),
                    revisions.stream().distinct().count());
            return revisions.size() == ends.size();
        });
    }

    private static List<Long> revisions(List<CallResult<CommitResult>> ends) {
        return committed(ends).map(CommitResult.Committed::revision).sorted().toList();
    }

    private static Stream<CommitResult.Committed> committed(List<CallResult<CommitResult>> ends) {
        return ends.stream()
                .filter(CallResult::succeeded)
                .map(CallResult::result)
                .filter(CommitResult.Committed.class::isInstance)
                .map(CommitResult.Committed.class::cast);
    }

    /** While one client changes two entries together, others read one of them, and then the other one. */
    @Rule(value = "READ-2b", check = "whether a read of another thread can come between two writes of a commit")
    void commitsAreSeenWholeByOtherThreads(Bench bench) {
        List<Backend> clients = clients(bench);
        Overlap overlap = new Overlap();
        List<Backend> together = clients.stream().map(overlap::over).toList();
        race(bench, overlap, round -> {
            Commit both = Commit.to(DIRECTORY).put("a", VALUE).put("b", VALUE).build();
            List<CallResult<Boolean>> ends = bench.ends(List.of(
                    () -> together.get(0).commit(both).thenApply(committed -> true),
                    () -> inOrder(together.get(1), clients.get(1), "a", "b"),
                    () -> inOrder(together.get(2), clients.get(2), "b", "a"),
                    () -> inOrder(together.get(3), clients.get(3), "a", "b")));
            ends.forEach(end -> bench.verify(
                    !end.succeeded() || end.result(),
                    () -> "a read showed one of two entries that each commit changes together as it is in round "
                            + round + ", and the next read showed the other one as it was before"));
            return ends.stream().allMatch(CallResult::succeeded);
        });
    }

    /** Whether the second entry, read after the first one, was not older. */
    private static CompletionStage<Boolean> inOrder(Backend first, Backend second, String one, String other) {
        return first.read(new Query.One(DIRECTORY, one))
                .thenCompose(seen -> second.read(new Query.One(DIRECTORY, other))
                        .thenApply(next -> revision(seen) <= revision(next)));
    }

    private static long revision(Snapshot read) {
        return read.entries().stream().mapToLong(Entry::modRevision).max().orElse(0);
    }

    private static void contest(Bench bench, Function<String, Commit.Builder> entry, Judge judge) {
        Overlap overlap = new Overlap();
        List<Backend> clients = clients(bench).stream().map(overlap::over).toList();
        race(bench, overlap, round -> {
            String name = "n" + round;
            Commit commit = entry.apply(name).build();
            return judge.judged(
                    name,
                    bench.ends(clients.stream()
                            .<Callable<CompletionStage<CommitResult>>>map(client -> () -> client.commit(commit))
                            .toList()));
        });
    }

    private static List<Backend> clients(Bench bench) {
        return Stream.generate(() -> bench.client().backend()).limit(4).toList();
    }

    private static void race(Bench bench, Overlap overlap, IntPredicate judged) {
        int least = bench.inProcess() ? LEAST_ROUNDS_IN_PROCESS : LEAST_ROUNDS;
        int rounds = 0;
        int all = 0;
        while (rounds < least || (rounds < MOST_ROUNDS && overlap.count() < OVERLAPPING)) {
            all += judged.test(rounds) ? 1 : 0;
            rounds++;
        }
        // One commit in twenty may have an unknown outcome.
        bench.evidence("rounds in which all outcomes were reported", all, rounds / 2);
        bench.count("calls inside the backend beside another", overlap.count());
    }
}
