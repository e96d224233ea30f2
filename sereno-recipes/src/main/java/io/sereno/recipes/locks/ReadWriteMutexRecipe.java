package io.sereno.recipes.locks;

import io.sereno.LockView;
import io.sereno.ReadWriteMutex;
import io.sereno.Right;
import io.sereno.WriteGrant;
import io.sereno.recipes.client.Client;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The lock with readers and writers as its users call it: one name in a directory of its own. */
public final class ReadWriteMutexRecipe implements ReadWriteMutex {
    private final LockFacade locks;

    public ReadWriteMutexRecipe(Client client, String name, String directory) {
        this.locks = new LockFacade(client, "read-write mutex", name, directory);
    }

    @Override
    public String name() {
        return locks.name();
    }

    @Override
    public Right acquireRead() throws InterruptedException {
        return locks.acquire("acquireRead", Claims.READ_LOCK);
    }

    @Override
    public Optional<Right> tryAcquireRead() {
        return locks.tryAcquire("tryAcquireRead", Claims.READ_LOCK).map(right -> right);
    }

    @Override
    public Optional<Right> tryAcquireRead(Duration timeout) throws InterruptedException {
        return locks.tryAcquire("tryAcquireRead", Claims.READ_LOCK, timeout).map(right -> right);
    }

    @Override
    public WriteGrant acquireWrite() throws InterruptedException {
        return WriteRight.of(locks.acquire("acquireWrite", Claims.WRITE_LOCK));
    }

    @Override
    public Optional<WriteGrant> tryAcquireWrite() {
        return locks.tryAcquire("tryAcquireWrite", Claims.WRITE_LOCK).map(WriteRight::of);
    }

    @Override
    public Optional<WriteGrant> tryAcquireWrite(Duration timeout) throws InterruptedException {
        return locks.tryAcquire("tryAcquireWrite", Claims.WRITE_LOCK, timeout).map(WriteRight::of);
    }

    @Override
    public LockView inspect() {
        List<LockView.Place> holders = new ArrayList<>();
        List<LockView.Place> waiters = new ArrayList<>();
        locks.inspect(LockFacade.Placed::place, holders, waiters);
        return new LockView(holders, waiters);
    }
}
