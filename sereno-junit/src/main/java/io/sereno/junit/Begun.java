package io.sereno.junit;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A call in a thread of its own. Knows whether the test has asked how it ended. */
final class Begun<T> extends CompletableFuture<T> {
    private volatile boolean asked;

    /** How the call failed, if nobody asked. */
    Optional<Throwable> unseenFailure() {
        if (asked || !super.isCompletedExceptionally()) {
            return Optional.empty();
        }
        return super.handle((result, failure) -> Optional.of(failure)).join();
    }

    /** Each stage that depends on this one is made here. */
    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        asked = true;
        return new CompletableFuture<>();
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
        asked = true;
        return super.get();
    }

    @Override
    public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        asked = true;
        return super.get(timeout, unit);
    }

    @Override
    public T join() {
        asked = true;
        return super.join();
    }

    @Override
    public T getNow(T otherwise) {
        asked = true;
        return super.getNow(otherwise);
    }

    @Override
    public boolean isCompletedExceptionally() {
        asked = true;
        return super.isCompletedExceptionally();
    }
}
