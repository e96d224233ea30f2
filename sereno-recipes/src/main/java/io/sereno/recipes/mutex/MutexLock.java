package io.sereno.recipes.mutex;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.SerenoLock;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.Hold;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;

/**
 * The mutex as a lock, re-entrant for each thread. The client keeps the owners, not this object: every view of one name is the same lock.
 *
 * <p>A loss voids all levels: each {@code unlock} of a level throws, and so does an attempt to enter a further one; until the thread has asked
 * {@link #isHeldByCurrentThread} and was notified of the loss. From then on its next attempt begins anew.
 */
final class MutexLock implements SerenoLock {
    static final Shared<ConcurrentHashMap<Key, Ownership>> OWNERSHIPS =
            new Shared<>(client -> new ConcurrentHashMap<>(), owned -> {});

    /** Belongs to one thread, and no other accesses it. */
    static final class Ownership {
        private final Hold hold;
        private int depth = 1;
        /** The thread was notified of the loss, and may have left its levels without unlocking them. */
        private boolean lossNoticed;

        Ownership(Hold hold) {
            this.hold = hold;
        }
    }

    record Key(String directory, Thread thread) {}

    private final MutexRecipe mutex;
    private final ConcurrentHashMap<Key, Ownership> owners;
    private final String directory;

    MutexLock(MutexRecipe mutex, ConcurrentHashMap<Key, Ownership> owners, String directory) {
        this.mutex = mutex;
        this.owners = owners;
        this.directory = directory;
    }

    @Override
    public void lock() {
        if (!reenter()) {
            own(mutex.acquireUninterruptibly("lock"));
        }
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        requireNotInterrupted();
        if (!reenter()) {
            own(mutex.acquire());
        }
    }

    @Override
    public boolean tryLock() {
        return reenter() || own(mutex.tryAcquire());
    }

    @Override
    public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
        requireNotInterrupted();
        // As with every Lock, a time of zero or less does not wait at all.
        return reenter() || own(mutex.tryAcquire(Duration.ofNanos(Math.max(0, unit.toNanos(time)))));
    }

    @Override
    public long fencingToken() {
        return mine("fencingToken").hold.fencingToken();
    }

    @Override
    public boolean isHeldByCurrentThread() {
        Ownership mine = owners.get(key());
        if (mine == null) {
            return false;
        }
        boolean held = mine.hold.isHeld();
        if (!held && !mine.lossNoticed) {
            mine.lossNoticed = true;
            owners.keySet().removeIf(each -> !each.thread().isAlive()); // They need not have unlocked either.
        }
        return held;
    }

    @Override
    public CompletionStage<LossCause> lost() {
        return mine("lost").hold.lost();
    }

    @Override
    public void unlock() {
        Ownership mine = mine("unlock");
        if (--mine.depth == 0) {
            owners.remove(key());
            mine.hold.release();
        } else {
            mine.hold.requireHeldToTheEnd(null);
        }
    }

    @Override
    public Condition newCondition() {
        throw new UnsupportedOperationException(
                "mutex '" + mutex.name() + "' has no conditions; use a topic or a wait group to wait for a condition");
    }

    @Override
    public String toString() {
        return "lock of " + mutex
                + owners.entrySet().stream()
                        .filter(owned -> owned.getKey().directory().equals(directory))
                        .max(Comparator.comparing(owned -> owned.getValue().hold.isHeld()))
                        .map(owned ->
                                ", thread " + owned.getKey().thread().getName() + " has the " + owned.getValue().hold)
                        .orElse(", not locked in this client");
    }

    private Ownership mine(String operation) {
        Ownership mine = owners.get(key());
        if (mine == null) {
            throw new IllegalMonitorStateException(
                    mutex.about(operation) + ": the calling thread does not own the lock; lock() acquires it");
        }
        return mine;
    }

    private void requireNotInterrupted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("mutex '" + mutex.name() + "': interrupted before it began");
        }
    }

    private boolean reenter() {
        Ownership mine = owners.get(key());
        if (mine == null) {
            return false;
        }
        if (mine.lossNoticed) {
            owners.remove(key());
            return false;
        }
        mine.hold.requireHeldToTheEnd(null);
        mine.depth++;
        return true;
    }

    private boolean own(Optional<Grant> attempt) {
        attempt.ifPresent(this::own);
        return attempt.isPresent();
    }

    private void own(Grant grant) {
        owners.put(key(), new Ownership((Hold) grant));
    }

    private Key key() {
        return new Key(directory, Thread.currentThread());
    }
}
