package io.sereno.recipes.waitgroup;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Cells;
import io.sereno.recipes.kernel.Change;
import io.sereno.recipes.kernel.HeadRemoval;
import io.sereno.recipes.kernel.InUse;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The wait group's public API.
 *
 * <p>Stored: the header {@code h}, a {@link WaitGroupState}, from the first {@link #add} until {@link #delete}; for each tracked worker a
 * claim {@code c-<id>} and, under its session, a life {@code l-<id>}; and the entries that the {@link io.sereno.recipes.kernel.Cells cell}
 * keeps beside the header.
 *
 * <p>Invariant: every change of the count is made once, in the commit that puts or deletes the claim that it counts: the current generation
 * has as many claims as the header has joined.
 *
 * <ol>
 *   <li>{@link #add}, {@link #done} and {@link #join} are changes of the header, and go through the one cell that this client has for the
 *       name.
 *   <li>A {@link WaitGroupWorker} also leaves its place by a change.
 *   <li>A claim without a life is a lost worker. A waiting client settles it by a change that proves the loss; so does a caller that finds
 *       no free place, since the lost worker's place may be free then.
 *   <li>The {@link WaitGroupAwaiter} does the waiting.
 *   <li>{@link #delete} removes everything; the header first, so that nothing continues.
 * </ol>
 */
public final class WaitGroupRecipe implements WaitGroup {
    static final String HEADER = "h";
    static final Shared<Cells<WaitGroupState>> CELLS =
            new Shared<>(client -> new Cells<>(client.sessions(), WaitGroupState.FORMAT), Cells::close);

    private static final String RECIPE = "wait group";

    private final InUse<String, WaitGroupAwaiter> awaiters;
    private final Cells<WaitGroupState> cells;
    private final Scope scope;

    public WaitGroupRecipe(Client client, String name, String directory) {
        this.awaiters = client.shared(WaitGroupAwaiter.AWAITERS);
        this.cells = client.shared(CELLS);
        this.scope = new Scope(client, RECIPE, name, directory);
    }

    @Override
    public String name() {
        return scope.name();
    }

    @Override
    public void add(int workers) {
        addUnder(workers, null);
    }

    @Override
    public void add(int workers, OnLostWorker policy) {
        addUnder(workers, Objects.requireNonNull(policy, "policy is null"));
    }

    private void addUnder(int workers, @Nullable OnLostWorker policy) {
        if (workers < 1) {
            throw new IllegalArgumentException("workers is " + workers + "; 1 or more is accepted");
        }
        submit(adding(scope, workers, policy), scope.client().deadline());
    }

    @Override
    public Worker join() {
        return handOver(whenFree("join", WaitGroupState::hasRoom, this::joining));
    }

    @Override
    public Optional<Worker> tryJoin() {
        try {
            return Optional.of(handOver(whenFree("tryJoin", WaitGroupState::hasRoom, this::joining)));
        } catch (NoFreePlace none) {
            return Optional.empty();
        }
    }

    WaitGroupPlace.Joining joining() {
        return new WaitGroupPlace.Joining(
                scope,
                late -> WaitGroupWorker.remove(scope, late, WaitGroupState.Leave.UNTAKEN, new CompletableFuture<>()));
    }

    WaitGroupWorker handOver(WaitGroupPlace place) {
        return new WaitGroupWorker(scope, place).start();
    }

    @Override
    public void done() {
        whenFree("done", WaitGroupState::canCount, this::counting);
    }

    // Step 4.
    @Override
    public void await() throws InterruptedException {
        waitFor(null);
    }

    @Override
    public boolean await(Duration timeout) throws InterruptedException {
        return waitFor(Scope.checkTimeout(timeout));
    }

    private boolean waitFor(@Nullable Duration timeout) throws InterruptedException {
        scope.requireOpen("await");
        WaitGroupAwaiter awaiter = awaiters.enter(scope.directory(), () -> new WaitGroupAwaiter(scope));
        WaitGroupAwaiter.Waiter waiter = awaiter.enter(timeout);
        try {
            return Await.interruptibly(waiter.result());
        } finally {
            awaiter.leave(waiter);
            awaiters.exit(scope.directory());
        }
    }

    /**
     * If a worker seems to be lost, reads three times: a claim that was present, then had no life, and then was present belongs to a lost
     * worker, even if each read mixes several moments.
     */
    @Override
    public View inspect() {
        long deadline = scope.client().deadline();
        WaitGroupSnapshot first = look("inspect", deadline);
        if (first.lifeless().isEmpty()) {
            return first.view(List.of());
        }
        List<Entry> lifeless = look("inspect", deadline).lifeless();
        return look("inspect", deadline)
                .view(first.allClaims().stream().filter(lifeless::contains).toList());
    }

    private WaitGroupSnapshot look(String operation, long deadline) {
        return WaitGroupSnapshot.of(scope.read(operation, new Query.All(scope.directory()), deadline));
    }

    // Step 5.
    @Override
    public void delete() {
        scope.requireOpen("delete");
        Await.uninterruptibly(new HeadRemoval(scope.kernel(), scope, "delete", scope.directory(), HEADER).start());
    }

    @Override
    public String toString() {
        return scope.toString();
    }

    /** {@code free} says whether there is a place that may be taken, or counted; fails with {@link NoFreePlace} if not. */
    static void requireFree(Scope scope, String operation, WaitGroupState state, boolean free) {
        if (!free) {
            String why = switch (state.stage()) {
                case OPEN -> "each of the " + state.pending() + " places that are not done is taken";
                case FAILED -> "generation " + state.generation() + " has failed";
                case DONE ->
                    state.generation() == 0
                            ? "no place was added yet"
                            : "generation " + state.generation() + " is finished";
            };
            throw new NoFreePlace(scope.about(operation) + ": " + why + "; add() opens places");
        }
    }

    // Step 3.
    /**
     * Lost workers may have left free places: settles them before it reports that there is none. Another client may settle them after the
     * change was refused and before this one looks; then the look shows a free place.
     */
    private <R> R whenFree(
            String operation, Predicate<WaitGroupState> hasFree, Supplier<Change<WaitGroupState, R>> change) {
        long deadline = scope.client().deadline();
        while (true) {
            try {
                return submit(change.get(), deadline);
            } catch (NoFreePlace none) {
                WaitGroupSnapshot now = look(operation, deadline);
                if (hasFree.test(now.state())) {
                    continue;
                }
                WaitGroupSnapshot.Settling settling = now.settle(scope.kernel());
                if (settling == null) {
                    throw none;
                }
                try {
                    submit(settling, deadline);
                } catch (WaitGroupPlace.Gone byOthers) {
                    // There may be a free place now.
                } catch (OutcomeUnknownException | NotAppliedException unsure) {
                    throw new NotAppliedException(
                            scope.about(operation)
                                    + ": no place is free, and the places of lost workers could not be checked;"
                                    + " nothing was changed; the call may be repeated",
                            unsure);
                }
            }
        }
    }

    private <R> R submit(Change<WaitGroupState, R> change, long deadline) {
        scope.requireOpen(change.operation());
        cells.submit(scope, scope.one(HEADER), change, deadline);
        return Await.uninterruptibly(change);
    }

    private static final class NoFreePlace extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        NoFreePlace(String message) {
            super(message);
        }
    }

    static Change<WaitGroupState, Boolean> adding(Scope scope, int workers, @Nullable OnLostWorker policy) {
        return new HeaderChange(scope, "add", state -> {
            if (state.isOpen() && policy != null && policy != state.policy()) {
                throw new IllegalStateException(scope.about("add") + ": generation " + state.generation()
                        + " has policy " + state.policy() + ", and " + policy + " was requested; nothing was changed");
            }
            if (state.isOpen() && state.pending() > Integer.MAX_VALUE - workers) {
                throw new IllegalStateException(scope.about("add") + ": " + state.pending() + " places and " + workers
                        + " are more than " + Integer.MAX_VALUE + "; nothing was changed");
            }
            return state.add(workers, policy);
        });
    }

    private Change<WaitGroupState, Boolean> counting() {
        return new HeaderChange(scope, "done", state -> {
            requireFree(scope, "done", state, state.canCount());
            return state.count();
        });
    }

    /** Changes nothing but the header. */
    private static final class HeaderChange extends Change<WaitGroupState, Boolean> {
        private final UnaryOperator<WaitGroupState> next;

        HeaderChange(Scope scope, String operation, UnaryOperator<WaitGroupState> next) {
            super(operation, scope.kernel());
            this.next = next;
        }

        @Override
        protected WaitGroupState apply(WaitGroupState state, long incarnation) {
            return next.apply(state);
        }

        @Override
        protected Boolean result(long revision) {
            return true;
        }
    }
}
