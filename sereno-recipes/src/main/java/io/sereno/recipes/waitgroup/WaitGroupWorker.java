package io.sereno.recipes.waitgroup;

import io.sereno.GrantLostException;
import io.sereno.LossCause;
import io.sereno.OutcomeUnknownException;
import io.sereno.Worker;
import io.sereno.recipes.client.Open;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Backoff;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Outcome;
import io.sereno.recipes.kernel.RearmingWatch;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Sessions;
import io.sereno.recipes.kernel.Strand;
import io.sereno.spi.Commit;
import io.sereno.spi.Target;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A {@link WaitGroupPlace} that a worker holds: held, then done, given up or lost; the end is final.
 *
 * <ol>
 *   <li><b>Loss</b> is the end of the session, by the clock at the latest; or the removal of the life, which is watched once the place has
 *       lasted a third of a ttl.
 *   <li><b>Done.</b> While a {@code done()} is under way nothing else ends the place, since only the store knows which came first.
 *   <li><b>Unknown outcome.</b> If the outcome of {@code done()} was unknown and the place is gone later, with the session alive, then that
 *       {@code done()} was applied: nobody else removes a life before its session is over, except by deleting the whole group.
 *   <li><b>Given up</b>, the place is removed in the background while the session lives; after the session it is lost anyway.
 * </ol>
 *
 * <p>All but the methods of {@link Worker} and {@link Open} is confined to the strand.
 */
final class WaitGroupWorker implements Worker, Open {
    private final Kernel kernel;
    private final Scope scope;
    private final WaitGroupPlace place;
    private final Strand strand = new Strand();
    private final CompletableFuture<LossCause> lost = new CompletableFuture<>();

    private long membership;
    private @Nullable RearmingWatch watch;
    /** The place was done or given up. Written on the strand. */
    private volatile boolean over;

    /** Written on the strand. */
    private volatile @Nullable LossCause loss;

    private boolean doneUnknown;
    /** A {@code done()} is under way; completes when it has ended. */
    private @Nullable CompletableFuture<Void> finishing;

    WaitGroupWorker(Scope scope, WaitGroupPlace place) {
        this.kernel = scope.kernel();
        this.scope = scope;
        this.place = place;
    }

    WaitGroupWorker start() {
        strand.execute(() -> {
            membership = scope.client().sessions().join(new SessionEvents());
            expireByTheClock();
        });
        scope.client().opened(this);
        return this;
    }

    @Override
    public String id() {
        return place.id();
    }

    @Override
    public int number() {
        return place.number();
    }

    @Override
    public CompletionStage<LossCause> lost() {
        return lost.minimalCompletionStage();
    }

    @Override
    public void done() {
        Await.uninterruptibly(finish());
    }

    @Override
    public void close() {
        Await.uninterruptibly(kernel.atMost(kernel.store().limit(), giveUp()));
    }

    @Override
    public CompletableFuture<Void> shutDown() {
        strand.execute(() -> lose(LossCause.SERENO_CLOSED));
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public String toString() {
        LossCause cause = loss;
        String state = cause != null ? "lost: " + cause : over ? "done or closed" : "has its place";
        return "worker " + place.id() + " of " + scope + ", " + state;
    }

    /** As {@link #done}, without waiting. */
    CompletableFuture<Void> finish() {
        CompletableFuture<Void> result = new CompletableFuture<>();
        strand.execute(() -> finish(result));
        return result;
    }

    /** As {@link #close}, without waiting; completes when the place is gone. */
    CompletableFuture<Void> giveUp() {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        strand.execute(() -> giveUp(gone));
        return gone;
    }

    // Step 2.
    private void finish(CompletableFuture<Void> result) {
        expireByTheClock();
        if (loss != null) {
            result.completeExceptionally(lossOf(loss));
            return;
        }
        if (over || finishing != null) {
            result.completeExceptionally(new IllegalStateException(
                    scope.about("done") + ": the place " + place.id() + " was done or closed before"));
            return;
        }
        finishing = result;
        var change = new WaitGroupPlace.Leaving("done", kernel, place, WaitGroupState.Leave.DONE);
        scope.client().shared(WaitGroupRecipe.CELLS).submit(scope, scope.one(WaitGroupRecipe.HEADER), change);
        var unused = change.whenComplete((counted, failure) -> strand.execute(() -> {
            finishing = null;
            finished(result, counted, failure);
        }));
    }

    private void finished(CompletableFuture<Void> result, @Nullable Boolean counted, @Nullable Throwable failure) {
        boolean gone = failure instanceof WaitGroupPlace.Gone;
        boolean doneBefore = gone && doneUnknown && place.session().isAlive(); // step 3
        if (Boolean.TRUE.equals(counted) || doneBefore) {
            end();
            result.complete(null);
            return;
        }
        expireByTheClock();
        if (gone || failure == null) {
            lose(LossCause.ENTRY_REMOVED);
        } else if (watch != null) {
            look(); // Notices of the watch were ignored meanwhile.
        }
        boolean isUnknown = failure instanceof OutcomeUnknownException;
        doneUnknown |= isUnknown;
        if (loss != null && !isUnknown) {
            result.completeExceptionally(lossOf(loss));
        } else {
            result.completeExceptionally(Objects.requireNonNull(failure));
        }
    }

    // Step 4.
    private void giveUp(CompletableFuture<Void> gone) {
        expireByTheClock();
        if (finishing != null) {
            var unused = finishing.whenComplete((done, failure) -> strand.execute(() -> giveUp(gone)));
        } else if (over || loss != null) {
            gone.complete(null);
        } else {
            end();
            remove(scope, place, WaitGroupState.Leave.LOST, gone);
        }
    }

    /** Retries until the place is gone, or its session. */
    static void remove(Scope scope, WaitGroupPlace place, WaitGroupState.Leave how, CompletableFuture<Void> gone) {
        Runnable used = scope.client().sessions().use(place.session());
        var unused = gone.whenComplete((done, failure) -> used.run());
        remove(scope, place, how, gone, scope.kernel().backoff());
    }

    private static void remove(
            Scope scope,
            WaitGroupPlace place,
            WaitGroupState.Leave how,
            CompletableFuture<Void> gone,
            Backoff backoff) {
        if (!place.session().isAlive() || scope.client().isClosed()) {
            gone.complete(null);
            return;
        }
        var change = new WaitGroupPlace.Leaving("close", scope.kernel(), place, how);
        scope.client().shared(WaitGroupRecipe.CELLS).submit(scope, scope.one(WaitGroupRecipe.HEADER), change);
        var unused = change.whenComplete((counted, failure) -> {
            if (failure == null || failure instanceof WaitGroupPlace.Gone) {
                gone.complete(null);
            } else {
                scope.retrying("close", failure);
                scope.kernel()
                        .time()
                        .schedule(backoff.next(), Runnable::run, () -> remove(scope, place, how, gone, backoff));
            }
        });
    }

    private void expireByTheClock() {
        if (!place.session().isAlive()) {
            lose(place.session().lossCause());
        }
    }

    // Step 1.
    private void lose(LossCause cause) {
        if (over || loss != null || finishing != null) {
            return; // The done() under way finds out by itself.
        }
        loss = cause;
        kernel.events().lost(scope.recipe(), scope.name(), "as a worker", cause);
        leave();
        kernel.offStrand(() -> lost.complete(cause));
    }

    private void end() {
        over = true;
        leave();
    }

    private void leave() {
        scope.client().sessions().leave(membership);
        scope.client().closed(this);
        if (watch != null) {
            watch.close();
            watch = null;
        }
    }

    private void watch() {
        if (watch == null && !over && loss == null) {
            watch = new RearmingWatch(
                    kernel, strand, new Target(scope.directory(), Optional.of(place.life())), this::look);
            watch.open();
        }
    }

    private void look() {
        Commit check = Commit.to(scope.directory())
                .ifCreateRevision(place.life(), place.revision())
                .build();
        kernel.store().commit(check, strand, outcome -> {
            if (outcome.kind() == Outcome.Kind.CONFLICT && place.session().isAlive()) {
                foundGone();
            }
            // A failed look proves nothing; the end of the session will be reported.
        });
    }

    /** The place is gone: with its session, or somebody removed it. The session's marker shows which. */
    private void foundGone() {
        Session under = place.session();
        kernel.store().commit(under.checkOfMarker().build(), strand, outcome -> {
            if (outcome.kind() == Outcome.Kind.CONFLICT) {
                under.foundDead(); // The sessions call us, and say why.
            } else if (under.isAlive()) {
                lose(LossCause.ENTRY_REMOVED);
            }
        });
    }

    private GrantLostException lossOf(LossCause cause) {
        return new GrantLostException(
                cause,
                scope.about("done") + ": the place " + place.id() + " was lost before (" + cause
                        + "); another worker may have it by now");
    }

    private final class SessionEvents implements Sessions.Member {
        @Override
        public void ended(Session session) {
            strand.execute(WaitGroupWorker.this::expireByTheClock);
        }

        @Override
        public boolean uses(Session session) {
            return place.session() == session;
        }

        @Override
        public void renewed(Session session) {
            strand.execute(WaitGroupWorker.this::watch);
        }
    }
}
