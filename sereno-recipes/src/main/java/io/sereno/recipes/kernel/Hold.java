package io.sereno.recipes.kernel;

import io.sereno.GrantLostException;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.spi.Names;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A right that was granted: held, then released or lost, once and permanently. The one implementation of {@link io.sereno.Grant}, safe for use
 * by multiple threads.
 *
 * <p>State: one reference, null while held, written once by {@link #release}, {@link #close} or {@link #lose}; and once more by
 * {@link #foundGone}.
 */
public final class Hold implements Leadership {
    /**
     * Takes the right back; the stage completes when the store has done so, or the time for that is up. Called once, by the call that released the
     * right.
     */
    public interface Giver {
        CompletableFuture<Void> takeBack(Hold hold);
    }

    /** No cause: released as intended. */
    private record End(@Nullable LossCause cause) {
        static boolean isLoss(@Nullable End end) {
            return end != null && end.cause != null;
        }
    }

    private static final End RELEASED = new End(null);

    private final Kernel kernel;
    private final Giver giver;
    private final Session session;
    private final String recipe;
    private final String name;
    private final long fencingToken;
    /** By the clock, if there is an observer or a meter. */
    private final long grantedAt;

    private final CompletableFuture<LossCause> lost = new CompletableFuture<>();
    private final AtomicReference<@Nullable End> end = new AtomicReference<>();
    private volatile @Nullable Interruptible work;

    public Hold(Kernel kernel, Giver giver, Session session, String recipe, String name, long fencingToken) {
        this(kernel, giver, session, recipe, name, fencingToken, kernel.events().now());
    }

    /** {@code grantedAt}: the clock, which the caller has read for the grant. */
    public Hold(
            Kernel kernel,
            Giver giver,
            Session session,
            String recipe,
            String name,
            long fencingToken,
            long grantedAt) {
        this.kernel = kernel;
        this.giver = giver;
        this.session = session;
        this.recipe = recipe;
        this.name = name;
        this.fencingToken = fencingToken;
        this.grantedAt = grantedAt;
    }

    /** Reports the grant to observers and meters. {@code began}: the clock of the events when the wait began. */
    public void reportGrant(long began) {
        kernel.events().granted(recipe, name, fencingToken, began, grantedAt);
    }

    @Override
    public long fencingToken() {
        return fencingToken;
    }

    @Override
    public boolean isHeld() {
        return end.get() == null && session.isAlive();
    }

    @Override
    public Duration remaining() {
        return end.get() == null ? session.remaining() : Duration.ZERO;
    }

    @Override
    public CompletionStage<LossCause> lost() {
        return lost.minimalCompletionStage();
    }

    @Override
    public void release() {
        refuse(giveBack());
    }

    /** Ends the hold as {@link #release} does, with the same errors; but the right is not given back, and goes on as another hold. */
    public Hold handOn() {
        expireByTheClock();
        refuse(end.compareAndSet(null, RELEASED) ? null : end.get());
        return new Hold(kernel, giver, session, recipe, name, fencingToken, grantedAt);
    }

    private void refuse(@Nullable End before) {
        if (before != null && !End.isLoss(before)) {
            throw new IllegalStateException(recipe + " '" + Names.printable(name) + "' on " + kernel.backend()
                    + ": the right with token " + fencingToken + " was released before");
        }
        if (before != null) {
            throw lossOf(before, null);
        }
    }

    @Override
    public void close() {
        giveBack();
    }

    @Override
    public String toString() {
        End now = end.get();
        String state = now == null
                ? session.isAlive() ? "held" : "past its local deadline"
                : now.cause() == null ? "released" : "lost: " + now.cause();
        return "right to " + recipe + " '" + Names.printable(name) + "' on " + kernel.backend() + ", token "
                + fencingToken + ", " + state;
    }

    /** Marks the right as lost; nobody can release it any more. Does nothing to a hold that has ended. */
    public void lose(LossCause cause) {
        if (!end.compareAndSet(null, new End(cause))) {
            return;
        }
        Interruptible running = work;
        if (running != null) {
            running.interrupt();
        }
        kernel.offStrand(() -> lost.complete(cause));
        kernel.events().lost(recipe, name, fencingToken, cause, grantedAt);
    }

    /**
     * Releasing the right found that it had been lost. The releasing caller gets an exception; {@link #lost} does not
     * complete, since there is nothing left to stop.
     */
    public void foundGone(LossCause cause) {
        if (end.compareAndSet(RELEASED, new End(cause))) {
            kernel.events().foundLost(recipe, name, fencingToken, cause);
        }
    }

    /**
     * As above, for a loss that was noticed after the right was released and before it was taken back. It proves that the right had been lost only if the
     * store showed that the entry was gone: a session that ended may have ended after the release.
     */
    public void foundLost(LossCause cause) {
        if (cause == LossCause.ENTRY_REMOVED) {
            foundGone(cause);
        }
    }

    /** Runs work under this hold: losing the hold interrupts the work. */
    public <T, E extends Exception> T run(Interruptible.Work<T, E> code) throws E {
        return interruptedByLoss(new Interruptible()).run(code);
    }

    /** Sets the work that the loss interrupts. */
    public Interruptible interruptedByLoss(Interruptible handle) {
        work = handle;
        End now = end.get();
        if (End.isLoss(now)) {
            handle.interrupt();
        }
        return handle;
    }

    /** Fails if the right was not held until this moment; the clock is read to find out. */
    public void requireHeldToTheEnd(@Nullable Throwable because) {
        expireByTheClock();
        End now = end.get();
        if (now != null && End.isLoss(now)) {
            throw lossOf(now, because);
        }
    }

    /** Releases without waiting, for the kernel; completes like {@link Giver#takeBack}, at once when the hold had ended before. */
    public CompletableFuture<Void> surrender() {
        long now = expireByTheClock();
        return end.compareAndSet(null, RELEASED) ? takenBack(now) : CompletableFuture.completedFuture(null);
    }

    /** Null if this call released the right; else how the hold had ended before. */
    private @Nullable End giveBack() {
        long now = expireByTheClock();
        boolean byThisCall = end.compareAndSet(null, RELEASED);
        if (byThisCall) {
            Await.uninterruptibly(takenBack(now));
        }
        End found = end.get();
        return byThisCall && !End.isLoss(found) ? null : found;
    }

    private CompletableFuture<Void> takenBack(long now) {
        kernel.events().released(recipe, name, grantedAt, now);
        return giver.takeBack(this);
    }

    /** Returns the clock that it has read. */
    private long expireByTheClock() {
        long now = kernel.time().nanoTime();
        if (end.get() == null && !session.isAlive(now)) {
            lose(session.lossCause());
        }
        return now;
    }

    private GrantLostException lossOf(End loss, @Nullable Throwable because) {
        LossCause cause = Objects.requireNonNull(loss.cause());
        return new GrantLostException(
                cause,
                recipe + " '" + Names.printable(name) + "' on " + kernel.backend() + ": the right with token "
                        + fencingToken
                        + " was lost before it was released (" + cause
                        + "); another client may hold it by now, so check the work done under it",
                because);
    }
}
