package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.believing;
import static io.sereno.suite.mutants.RecipeMutants.changed;

import io.sereno.Slot;
import io.sereno.SlotPool;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Pools that give a number to several clients, or to none, or another number than was asked for. */
final class SlotMutants {
    private static final String KIND = "slots";
    private static final String NUMBER = "\nnumber ";

    private SlotMutants() {}

    static void addTo(Mutants all) {
        all.backend("SLT-1", "requests do not see the numbers in front")
                .results((commit, result) -> seeing(commit, result, entry -> false));
        all.backend("SLT-1", "a number is stored whatever was stored before")
                .requests(commit -> Commits.isTo(commit, KIND)
                        ? Commits.without(commit, condition -> condition instanceof Condition.ModRevision)
                        : commit);
        all.recipe("SLT-1", "a holder that is cut off relies on its slot until it reconnects")
                .objects(SlotPool.class, pool -> slots(pool, slot -> believing(Slot.class, slot)));
        all.recipe("SLT-1", "the token is the number")
                .objects(
                        SlotPool.class,
                        pool -> slots(
                                pool,
                                slot -> changed(
                                        Slot.class,
                                        slot,
                                        (method, call) -> method.equals("fencingToken")
                                                ? (Object) (slot.number() + 1L)
                                                : call.go())));
        all.backend("SLT-2", "requests do not see those in front that wait")
                .results((commit, result) ->
                        seeing(commit, result, entry -> entry.value().toUtf8().contains(NUMBER)));
        all.backend("SLT-2", "a number is not stored")
                .requests(commit -> Commits.isTo(commit, KIND)
                        ? Commits.valued(commit, "", value -> value.replaceFirst("\nnumber [0-9]+\n", "\n"))
                        : commit);
        all.backend("LCK-12", "everyone who waits for a slot watches the directory")
                .with((world, below) -> new Hooks(below)
                        .watches((target, listener) -> below.watch(
                                target.directory().startsWith(KIND + "/")
                                        ? new Target(target.directory(), Optional.empty())
                                        : target,
                                listener)));
        all.backend("SLT-3", "slots are bound to no lease")
                .requests(commit -> Commits.isTo(commit, KIND) ? Commits.leaseless(commit) : commit);
        all.recipe("SLT-3", "a second release is no error").objects(SlotPool.class, SlotMutants::releasingAgain);
        all.recipe("SLT-4", "the preferred number is ignored").objects(SlotPool.class, SlotMutants::withoutPreference);
        all.recipe("SLT-4", "slots are counted from 1")
                .objects(
                        SlotPool.class,
                        pool -> slots(
                                pool,
                                slot -> changed(
                                        Slot.class,
                                        slot,
                                        (method, call) ->
                                                method.equals("number") ? (Object) (slot.number() + 1) : call.go())));
    }

    /** What the commit that puts a place reads: its own place, and of the other places those that are seen. */
    private static CommitResult seeing(Commit commit, CommitResult result, Predicate<Entry> seen) {
        if (!Commits.isTo(commit, KIND) || commit.writes().isEmpty()) {
            return result;
        }
        Set<String> own = Set.copyOf(commit.writes().stream().map(Write::name).toList());
        return Commits.seen(
                result,
                read -> new Snapshot(
                        read.entries().stream()
                                .filter(entry -> own.contains(entry.name()) || seen.test(entry))
                                .toList(),
                        read.more()));
    }

    private static SlotPool slots(SlotPool pool, UnaryOperator<Slot> change) {
        return changed(SlotPool.class, pool, (method, call) -> {
            Object result = call.go();
            if (result instanceof Optional<?> found && found.isPresent() && found.get() instanceof Slot slot) {
                return Optional.of(change.apply(slot));
            }
            return result instanceof Slot slot ? change.apply(slot) : result;
        });
    }

    private static SlotPool releasingAgain(SlotPool pool) {
        return slots(pool, slot -> {
            AtomicBoolean released = new AtomicBoolean();
            return changed(
                    Slot.class,
                    slot,
                    (method, call) -> method.equals("release") && released.getAndSet(true) ? null : call.go());
        });
    }

    private static SlotPool withoutPreference(SlotPool pool) {
        return changed(SlotPool.class, pool, (method, call) -> {
            boolean prefers = call.givenCount() > 0 && call.given(0, Object.class) instanceof Integer;
            return !prefers
                    ? call.go()
                    : method.equals("acquire")
                            ? pool.acquire()
                            : call.givenCount() == 1
                                    ? pool.tryAcquire()
                                    : pool.tryAcquire(call.given(1, Duration.class));
        });
    }
}
