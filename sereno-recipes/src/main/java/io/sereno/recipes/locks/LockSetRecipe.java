package io.sereno.recipes.locks;

import io.sereno.Grant;
import io.sereno.LockSet;
import io.sereno.Right;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The locks over several names as their users call them: all names of a domain in one directory. */
public final class LockSetRecipe implements LockSet {
    private final LockFacade locks;

    public LockSetRecipe(Client client, String domain, String directory) {
        this.locks = new LockFacade(client, "lock set", domain, directory);
    }

    @Override
    public String domain() {
        return locks.name();
    }

    @Override
    public Grant acquire(Set<String> write, Set<String> read) throws InterruptedException {
        return (Grant) locks.acquire("acquire", Claims.ofWriter(write, read));
    }

    @Override
    public Right acquireRead(Set<String> read) throws InterruptedException {
        return locks.acquire("acquireRead", Claims.ofReader(read));
    }

    @Override
    public Optional<Grant> tryAcquire(Set<String> write, Set<String> read, Duration timeout)
            throws InterruptedException {
        Duration limit = Scope.checkTimeout(timeout);
        return locks.tryAcquire("tryAcquire", Claims.ofWriter(write, read), limit)
                .map(Grant.class::cast);
    }

    @Override
    public Optional<Right> tryAcquireRead(Set<String> read, Duration timeout) throws InterruptedException {
        Duration limit = Scope.checkTimeout(timeout);
        return locks.tryAcquire("tryAcquireRead", Claims.ofReader(read), limit).map(right -> right);
    }

    @Override
    public View inspect() {
        List<Request> holders = new ArrayList<>();
        List<Request> waiters = new ArrayList<>();
        locks.inspect(LockSetRecipe::request, holders, waiters);
        return new View(holders, waiters);
    }

    private static Request request(LockFacade.Placed placed) {
        return new Request(
                placed.place(), placed.claims().write(), placed.claims().read());
    }
}
