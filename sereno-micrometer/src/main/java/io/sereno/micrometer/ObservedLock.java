package io.sereno.micrometer;

import io.micrometer.observation.Observation;
import io.sereno.GrantLostException;
import io.sereno.Mutex;
import io.sereno.Right;
import java.lang.reflect.Method;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A mutex, a read-write mutex, a lock set, a permit pool or a slot pool: observes each call that acquires a right. */
final class ObservedLock extends Forwarding {
    private final Observations observations;

    ObservedLock(Object lock, Observations observations) {
        super(lock);
        this.observations = observations;
    }

    @Override
    @Nullable
    Object call(Method method, Object[] arguments) throws Throwable {
        String name = method.getName();
        if (name.startsWith("acquire") || name.startsWith("tryAcquire")) {
            return acquire(method, arguments);
        }
        if (target instanceof Mutex mutex && name.equals("call") && arguments[0] instanceof Mutex.Work<?, ?> work) {
            return call(mutex, work);
        }
        return forward(method, arguments);
    }

    private Object acquire(Method method, Object[] arguments) throws Throwable {
        @Nullable Observation parent = observations.current();
        Observation acquire = observations.acquire(parent);
        Object result;
        try {
            result = Objects.requireNonNull(forward(method, arguments));
        } catch (Throwable e) {
            Observations.fail(acquire, e);
            throw e;
        }
        if (result instanceof CompletableFuture<?> future) {
            return observe(future, acquire, parent);
        }
        if (result instanceof Optional<?> perhaps) {
            Observations.stop(acquire, perhaps.isPresent() ? "granted" : "busy");
            return perhaps.map(right -> hold(right, parent));
        }
        Observations.stop(acquire, "granted");
        return hold(result, parent);
    }

    private Right hold(Object right, @Nullable Observation parent) {
        return ObservedRight.of((Right) right, observations.hold(parent));
    }

    /** Whoever ends the future that the caller has withdraws the request, as with the future of Sereno itself. */
    private CompletableFuture<Right> observe(
            CompletableFuture<?> future, Observation acquire, @Nullable Observation parent) {
        CompletableFuture<Right> result = new CompletableFuture<>();
        var unused = future.whenComplete((right, failure) -> {
            if (failure == null) {
                Observations.stop(acquire, "granted");
                Right held = hold(right, parent);
                if (!result.complete(held)) {
                    held.release(); // the caller ended the future first
                }
            } else {
                Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
                Observations.fail(acquire, cause);
                result.completeExceptionally(cause);
            }
        });
        var unusedToo = result.whenComplete(
                (right, failure) -> future.cancel(false)); // does nothing if Sereno has ended the future
        return result;
    }

    private <T, E extends Exception> T call(Mutex mutex, Mutex.Work<T, E> work) throws Throwable {
        @Nullable Observation parent = observations.current();
        Observation acquire = observations.acquire(parent);
        AtomicReference<@Nullable Observation> hold = new AtomicReference<>();
        try {
            T result = mutex.call(grant -> {
                Observations.stop(acquire, "granted");
                Observation begun = observations.hold(parent);
                hold.set(begun);
                Observation.Scope scope = begun.openScope();
                try {
                    return work.run(grant);
                } finally {
                    scope.close();
                }
            });
            Observations.stop(running(hold, acquire), "released");
            return result;
        } catch (GrantLostException e) {
            Observation lost = running(hold, acquire);
            lost.error(e);
            Observations.stop(lost, "lost");
            throw e;
        } catch (Throwable e) {
            Observations.fail(running(hold, acquire), e);
            throw e;
        }
    }

    private static Observation running(AtomicReference<@Nullable Observation> hold, Observation acquire) {
        Observation begun = hold.get();
        return begun == null ? acquire : begun;
    }
}
