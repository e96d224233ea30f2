package io.sereno.recipes.waitgroup;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.properties.Places;
import io.sereno.properties.TakenBackBy;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.MixedReads;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Change;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The real wait group in thousands of schedules: one client adds places, and all three wait for them and have workers
 * that take them, do them, give them up, or lose them; under faults, which include early ends of leases, which no store
 * may cause.
 */
class ExploredWaitGroupTest {
    private static final String DIRECTORY = "waitgroup/x";
    private static final int PLACES = 3;
    /** How long clients try to take a place of a group that may stay open. Then the schedule ends within the explorer's patience. */
    private static final Duration LONG = Duration.ofSeconds(200);

    @ParameterizedTest
    @EnumSource(OnLostWorker.class)
    void everyPlaceCountsOnceAndWaitersAreNotifiedOfTheEnd(OnLostWorker policy) {
        // Few of the answers have a snapshot, so few of these schedules lose one.
        Set<Fault> met = EnumSet.copyOf(Fault.survivable());
        met.remove(Fault.LOSE_SNAPSHOT);
        Explorations.holdsInDistinctSchedules(explorer(LyingBackend.Lie.NONE, policy), 500, met);
    }

    @ParameterizedTest
    @EnumSource(OnLostWorker.class)
    void theWaitGroupKeepsItsPromisesWhereAnswersLoseTheirSnapshots(OnLostWorker policy) {
        Set<Fault> faults = EnumSet.of(Fault.LOSE_SNAPSHOT, Fault.LOSE_REPLY);
        Explorations.holds(explorer(LyingBackend.Lie.NONE, policy).faults(6, faults), 200, faults);
    }

    @ParameterizedTest
    @EnumSource(OnLostWorker.class)
    void theWaitGroupKeepsItsPromisesWithShortLeases(OnLostWorker policy) {
        Set<Fault> faults = Explorations.survivableAnd(Fault.END_LEASE);
        Explorations.holds(
                explorer(LyingBackend.Lie.NONE, policy).seed(3).faults(6, faults), 500, Set.of(Fault.END_LEASE));
    }

    @ParameterizedTest
    @EnumSource(OnLostWorker.class)
    void theWaitGroupKeepsItsPromisesWithCrashesAndRemovalsByOperators(OnLostWorker policy) {
        Explorations.holds(
                explorer(LyingBackend.Lie.NONE, policy, true).seed(4).faults(8, Fault.withoutLossOfWrites()),
                500,
                Set.of(Fault.END_LEASE, Fault.CRASH));
    }

    /**
     * A client adds again if its addition was lost. Then it is unknown how often a place counts; but each call ends, and no wait continues
     * once the group is done, has failed or is gone. If revisions repeat, a write that was meant for a lost state may meet another one,
     * after which a group may stay open.
     */
    @ParameterizedTest
    @MethodSource
    void noCallHangsWhereTheStoreGoesBack(Fault loss, OnLostWorker policy) {
        Explorations.holdsWhereTheStoreGoesBack(explorer(LyingBackend.Lie.NONE, policy, false, loss), 300, loss);
    }

    static Stream<Arguments> noCallHangsWhereTheStoreGoesBack() {
        return Stream.of(Fault.ROLL_BACK, Fault.RESTORE)
                .flatMap(loss -> Stream.of(OnLostWorker.values()).map(policy -> Arguments.of(loss, policy)));
    }

    @Test
    void aWaitGroupThatTakesUnknownForNotAppliedIsDetected() {
        Explorations.finds(
                explorer(LyingBackend.Lie.UNKNOWN_MEANS_NOT_APPLIED, OnLostWorker.REOPEN)
                        .faults(6, Fault.survivable()),
                3_000);
    }

    private static Explorer explorer(LyingBackend.Lie lie, OnLostWorker policy) {
        return explorer(lie, policy, false);
    }

    private static Explorer explorer(LyingBackend.Lie lie, OnLostWorker policy, boolean rough) {
        return explorer(lie, policy, rough, null);
    }

    private static Explorer explorer(LyingBackend.Lie lie, OnLostWorker policy, boolean rough, @Nullable Fault loss) {
        String name = "wait group, " + policy + ", " + (loss != null ? loss : rough ? "removed by hand" : lie);
        return new Explorer(name, world -> {
            Count count = new Count(world, policy, rough, loss);
            if (rough) {
                count.addByHand(); // The client that was to add might crash before.
                Processes.operatorRemoves(
                        world, DIRECTORY, entry -> entry.name().startsWith(WaitGroupPlace.LIFE));
            }
            for (SimulatedClient process : world.clients()) {
                Backend backend = new MixedReads(
                        new LyingBackend(process.backend(), lie), world.random().split());
                Client client = Processes.client(process, backend);
                process.step("connect", client::open);
                Party party = new Party(process, client, count);
                if (!rough && process.name().equals("client-1")) {
                    process.step("add", loss == null ? party::add : party::addWheneverThereIsNone);
                }
                process.step("wait", party::await);
                process.stepAfter(Duration.ofMillis(world.random().nextInt(2_000)), "join", party::join);
                process.eventually("has seen the end", () -> party.hasEnded() || count.mayStayOpen());
                process.eventually(
                        "has no call under way",
                        () -> client.shared(WaitGroupRecipe.CELLS).size() == 0);
                process.eventually(
                        "keeps nothing",
                        () -> client.shared(WaitGroupAwaiter.AWAITERS).size() == 0 || count.mayStayOpen());
            }
            Processes.alwaysRight(
                    world,
                    () -> count.places.wrong(
                            count.look().view(List.of()), count.look().state().joined()));
        });
    }

    /** What is expected of the group, beside its state in the store. */
    private static final class Count {
        private final World world;
        private final OnLostWorker policy;
        private final @Nullable Fault loss;
        private final Places places;
        private int waiting;
        private Snapshot seen = new Snapshot(List.of(), false);
        private WaitGroupSnapshot group = WaitGroupSnapshot.of(seen);

        Count(World world, OnLostWorker policy, boolean rough, @Nullable Fault loss) {
            this.world = world;
            this.policy = policy;
            this.loss = loss;
            this.places = new Places(
                    PLACES,
                    policy,
                    loss != null ? TakenBackBy.STORE : rough ? TakenBackBy.DELETION : TakenBackBy.NOTHING);
        }

        /** It is open, and may never be done. */
        boolean mayStayOpen() {
            return loss == Fault.RESTORE && look().state().isOpen();
        }

        void addByHand() {
            WaitGroupState added = WaitGroupState.FORMAT.initial().add(PLACES, policy);
            var unused = world.observer()
                    .commit(Commit.to(DIRECTORY)
                            .put(WaitGroupRecipe.HEADER, WaitGroupState.FORMAT.encode(added))
                            .build());
        }

        WaitGroupSnapshot look() {
            Snapshot now = world.observer()
                    .read(new Query.All(DIRECTORY))
                    .toCompletableFuture()
                    .join();
            if (!now.equals(seen)) {
                seen = now;
                group = WaitGroupSnapshot.of(now);
            }
            return group;
        }
    }

    /** The work of one process, one worker after another. */
    private static final class Party {
        private final SimulatedClient process;
        private final Client client;
        private final Scope scope;
        private final WaitGroupRecipe group;
        private final Count count;
        private final long began;
        private boolean ended;

        Party(SimulatedClient process, Client client, Count count) {
            this.process = process;
            this.client = client;
            this.scope = new Scope(client, "wait group", "x", DIRECTORY);
            this.group = new WaitGroupRecipe(client, "x", DIRECTORY);
            this.count = count;
            this.began = process.time().nanoTime();
            count.waiting++;
        }

        boolean hasEnded() {
            return ended;
        }

        private boolean mayGiveUp() {
            return process.time().nanoTime() - began > LONG.toNanos() && count.mayStayOpen();
        }

        private Duration soon() {
            return Duration.ofMillis(count.world.random().nextInt(3_000));
        }

        private void note(String what, @Nullable Throwable failure) {
            count.world.note(() -> process + " " + what + (failure == null ? "" : ": " + failure));
        }

        private <R> CompletableFuture<R> submit(Change<WaitGroupState, R> change) {
            client.shared(WaitGroupRecipe.CELLS).submit(scope, scope.one(WaitGroupRecipe.HEADER), change);
            return change;
        }

        void add() {
            var unused = submit(WaitGroupRecipe.adding(scope, PLACES, count.policy))
                    .whenComplete((added, failure) -> {
                        note("has added", failure);
                        if (failure instanceof NotAppliedException) {
                            process.stepAfter(soon(), "add", this::add);
                        } else if (failure != null) {
                            // By then it is settled, or its session is over.
                            process.stepAfter(Duration.ofSeconds(40), "look, and add", this::addUnlessThere);
                        }
                    });
        }

        /** Now and then, until no client waits any more, or none tries any more to take a place of a group that stays open. */
        void addWheneverThereIsNone() {
            if (count.waiting == 0 || mayGiveUp()) {
                return;
            }
            if (count.look().state().generation() == 0) {
                var unused = submit(WaitGroupRecipe.adding(scope, PLACES, count.policy))
                        .whenComplete((added, failure) -> note("has added", failure));
            }
            process.stepAfter(Duration.ofSeconds(5), "look, and add", this::addWheneverThereIsNone);
        }

        private void addUnlessThere() {
            if (count.look().state().generation() == 0) {
                add();
            }
        }

        void await() {
            WaitGroupAwaiter awaiter =
                    client.shared(WaitGroupAwaiter.AWAITERS).enter(DIRECTORY, () -> new WaitGroupAwaiter(scope));
            WaitGroupAwaiter.Waiter waiter = awaiter.enter(null);
            var unused = waiter.result().whenComplete((finished, failure) -> {
                note("has waited, " + finished, failure);
                awaiter.leave(waiter);
                client.shared(WaitGroupAwaiter.AWAITERS).exit(DIRECTORY);
                ended = true;
                count.waiting--;
                count.places.waited(finished, failure);
            });
        }

        void join() {
            if (ended || mayGiveUp()) {
                return;
            }
            count.places.joins();
            var unused = submit(group.joining()).whenComplete((place, failure) -> {
                String id = place == null ? null : place.id();
                count.places.joined(id, failure);
                note("has joined as " + id, failure);
                if (failure == null) {
                    WaitGroupWorker worker = group.handOver(place);
                    process.stepAfter(soon(), "work", () -> work(worker));
                } else {
                    process.stepAfter(soon(), "join", this::join);
                }
            });
        }

        private void work(WaitGroupWorker worker) {
            if (count.world.random().nextInt(5) == 0) {
                note("gives up " + worker.id(), null);
                var unused = worker.giveUp().whenComplete((gone, failure) -> next());
                return;
            }
            count.places.finishes();
            var unused = worker.finish().whenComplete((done, failure) -> {
                note("is done with " + worker.id(), failure);
                count.places.finished(failure);
                if (failure instanceof OutcomeUnknownException || failure instanceof NotAppliedException) {
                    var unusedEnd = worker.giveUp();
                }
                next();
            });
        }

        private void next() {
            process.stepAfter(soon(), "join", this::join);
        }
    }
}
