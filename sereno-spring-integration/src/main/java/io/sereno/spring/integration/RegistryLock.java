package io.sereno.spring.integration;

import io.sereno.GrantLostException;
import io.sereno.LossCause;
import io.sereno.SerenoLock;
import java.util.ConcurrentModificationException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;

/** A lock that reports a loss at its release as the locks of Spring Integration do. */
final class RegistryLock implements SerenoLock {
    private final SerenoLock lock;

    RegistryLock(SerenoLock lock) {
        this.lock = lock;
    }

    @Override
    public long fencingToken() {
        return lock.fencingToken();
    }

    @Override
    public boolean isHeldByCurrentThread() {
        return lock.isHeldByCurrentThread();
    }

    @Override
    public CompletionStage<LossCause> lost() {
        return lock.lost();
    }

    @Override
    public void lock() {
        lock.lock();
    }

    @Override
    public void lockInterruptibly() throws InterruptedException {
        lock.lockInterruptibly();
    }

    @Override
    public boolean tryLock() {
        return lock.tryLock();
    }

    @Override
    public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
        return lock.tryLock(time, unit);
    }

    @Override
    public void unlock() {
        try {
            lock.unlock();
        } catch (GrantLostException e) {
            ConcurrentModificationException lost = new ConcurrentModificationException(e.getMessage());
            lost.initCause(e);
            throw lost;
        }
    }

    @Override
    public Condition newCondition() {
        return lock.newCondition();
    }

    @Override
    public String toString() {
        return lock.toString();
    }
}
