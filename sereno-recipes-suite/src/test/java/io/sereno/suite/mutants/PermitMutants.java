package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;

import io.sereno.LossCause;
import io.sereno.Permit;
import io.sereno.PermitPool;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Pools that give out too many permits, or none, or give them back more than once. */
final class PermitMutants {
    private static final String KIND = "semaphore";
    private static final String LIMIT = "limit";
    private static final String HELD = "\nheld\n";

    private PermitMutants() {}

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    static void addTo(Mutants all) {
        all.backend("SEM-1", "requests do not count the permits in front")
                .results((commit, result) -> seeing(commit, result, entry -> false));
        all.backend("SEM-1", "the grant of a waiter does not depend on the limit")
                .requests(commit -> Commits.isTo(commit, KIND)
                        ? Commits.without(
                                commit,
                                condition -> condition instanceof Condition.ModRevision
                                        && condition.name().equals(LIMIT)
                                        && !Commits.puts(commit, LIMIT))
                        : commit);
        all.recipe("SEM-1", "a holder that is cut off relies on its permits until it reconnects")
                .objects(PermitPool.class, pool -> permits(pool, PermitMutants::believing));
        all.backend("SEM-2", "requests do not count those in front that wait")
                .results((commit, result) ->
                        seeing(commit, result, entry -> entry.value().toUtf8().contains(HELD)));
        all.backend("SEM-2", "a place that was granted at once is not marked")
                .requests(commit -> Commits.isTo(commit, KIND)
                                && !Commits.requires(
                                        commit, condition -> condition.name().equals(LIMIT))
                        ? Commits.valued(commit, "", value -> value.replace(HELD, "\n"))
                        : commit);
        all.backend("LCK-12", "everyone who waits for permits watches the directory")
                .with((world, below) -> new Hooks(below)
                        .watches((target, listener) -> below.watch(
                                target.directory().startsWith(KIND + "/")
                                        ? new Target(target.directory(), Optional.empty())
                                        : target,
                                listener)));
        all.recipe("SEM-3", "each release of a permit raises the limit, if it is not the first")
                .objects(PermitPool.class, pool -> permits(pool, permit -> returning(pool, permit)));
        all.backend("SEM-3", "permits are bound to no lease")
                .requests(commit -> Commits.isTo(commit, KIND) ? Commits.leaseless(commit) : commit);
        all.backend("SEM-4", "a new limit is not announced").listeners(PermitMutants::withoutLimit);
        all.recipe("SEM-4", "a request above the limit gets as many as there are")
                .objects(PermitPool.class, PermitMutants::asManyAsThereAre);
    }

    /** What the commit that puts a place reads: its own place, the limit, and of the other places those that are seen. */
    private static CommitResult seeing(Commit commit, CommitResult result, Predicate<Entry> seen) {
        if (!Commits.isTo(commit, KIND) || commit.writes().isEmpty()) {
            return result;
        }
        Set<String> own = Set.copyOf(commit.writes().stream().map(Write::name).toList());
        return Commits.seen(
                result,
                read -> new Snapshot(
                        read.entries().stream()
                                .filter(entry -> own.contains(entry.name())
                                        || entry.name().equals(LIMIT)
                                        || seen.test(entry))
                                .toList(),
                        read.more()));
    }

    private static WatchListener withoutLimit(Target target, WatchListener listener) {
        if (!target.directory().startsWith(KIND + "/")) {
            return listener;
        }
        return new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                if (!name.equals(LIMIT)) {
                    listener.changed(name, revision);
                }
            }

            @Override
            public void reset() {
                listener.reset();
            }
        };
    }

    private static PermitPool permits(PermitPool pool, UnaryOperator<Permit> change) {
        return changed(PermitPool.class, pool, (method, call) -> {
            Object result = call.go();
            if (result instanceof Optional<?> found && found.isPresent() && found.get() instanceof Permit permit) {
                return Optional.of(change.apply(permit));
            }
            return result instanceof Permit permit ? change.apply(permit) : result;
        });
    }

    private static Permit believing(Permit permit) {
        AtomicBoolean released = new AtomicBoolean();
        return changed(Permit.class, permit, (method, call) -> switch (method) {
            case "isHeld" -> !released.get();
            case "lost" -> new CompletableFuture<LossCause>();
            case "release", "close" -> {
                released.set(true);
                yield call.go();
            }
            default -> call.go();
        });
    }

    private static Permit returning(PermitPool pool, Permit permit) {
        AtomicInteger releases = new AtomicInteger();
        return changed(Permit.class, permit, (method, call) -> {
            if ((method.equals("release") || method.equals("close")) && releases.incrementAndGet() > 1) {
                pool.setLimit(pool.limit() + permit.weight());
            }
            return call.go();
        });
    }

    private static PermitPool asManyAsThereAre(PermitPool pool) {
        return changed(PermitPool.class, pool, (method, call) -> {
            try {
                return call.go();
            } catch (IllegalStateException above) {
                return method.equals("acquire") ? pool.acquire(pool.limit()) : Optional.empty();
            }
        });
    }
}
