package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;

import io.sereno.Barrier;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import io.sereno.tck.recipes.Queues;

/** Barriers that some parties cross and others do not, that dead parties cross, or that parties cross in another order. */
final class BarrierMutants {
    private static final String KIND = "barrier";
    private static final String HEAD = "h";
    private static final String WITHDRAWALS = "w";

    private BarrierMutants() {}

    static void addTo(Mutants all) {
        all.recipe("BAR-1", "a call that gives up returns true")
                .objects(
                        Barrier.class,
                        barrier -> changed(Barrier.class, barrier, (method, call) -> {
                            Object result = call.go();
                            return Boolean.FALSE.equals(result) ? true : result;
                        }));
        all.backend("BAR-1", "a party is withdrawn though it has crossed")
                .requests(commit -> withdraws(commit) ? Commits.without(commit, condition -> true) : commit);
        all.backend("BAR-1", "a crossing is stored though a party has been withdrawn")
                .requests(commit -> crosses(commit)
                        ? Commits.without(commit, condition -> Queues.isPlace(condition.name()))
                        : commit);
        all.backend("BAR-1", "a crossing of many is stored though a party has been withdrawn")
                .requests(commit -> crosses(commit)
                        ? Commits.without(commit, condition -> condition.name().equals(WITHDRAWALS))
                        : commit);
        all.backend("BAR-2", "places are bound to no lease")
                .requests(commit -> Commits.isTo(commit, KIND) ? Commits.leaseless(commit) : commit);
        all.backend("BAR-2", "each call is another party")
                .requests(commit -> Commits.isTo(commit, KIND) ? distinguished(commit) : commit);
        all.backend("BAR-3", "who has come last crosses first")
                .with((world, below) -> new Hooks(below)
                        .reads(query -> below.read(query)
                                .thenApply(read -> query.directory().startsWith(KIND + "/") ? reversed(read) : read))
                        .commits(commit -> below.commit(commit)
                                .thenApply(result -> Commits.isTo(commit, KIND)
                                        ? Commits.seen(result, BarrierMutants::reversed)
                                        : result)));
        all.backend("BAR-3", "no party is notified of a crossing")
                .listeners((target, listener) -> target.directory().startsWith(KIND + "/")
                                && target.name().isPresent()
                        ? Hooks.notices(listener, notice -> {})
                        : listener);
        all.backend("BAR-3", "a party behind is not notified of those in front")
                .listeners((target, listener) -> target.directory().startsWith(KIND + "/")
                                && target.name().isEmpty()
                        ? Hooks.notices(listener, notice -> {})
                        : listener);
    }

    private static boolean crosses(Commit commit) {
        return Commits.isTo(commit, KIND) && Commits.puts(commit, HEAD);
    }

    private static boolean withdraws(Commit commit) {
        return Commits.isTo(commit, KIND) && Commits.puts(commit, WITHDRAWALS);
    }

    /** The name of the place is added to that of its party. */
    private static Commit distinguished(Commit commit) {
        Commit changed = commit;
        for (Write write : commit.writes()) {
            if (Queues.isPlace(write.name())) {
                changed = Commits.valued(
                        changed,
                        write.name(),
                        value -> value.replaceFirst("\nparty ([^\n]*)\n", "\nparty $1-" + write.name() + "\n"));
            }
        }
        return changed;
    }

    /** Later places seem to have been put earlier. */
    private static Snapshot reversed(Snapshot read) {
        return new Snapshot(
                read.entries().stream()
                        .map(entry -> Queues.isPlace(entry.name())
                                ? new Entry(
                                        entry.name(),
                                        entry.value(),
                                        (1L << 52) - entry.createRevision(),
                                        entry.modRevision(),
                                        entry.leaseId())
                                : entry)
                        .toList(),
                read.more());
    }
}
