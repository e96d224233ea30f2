package io.sereno.micrometer;

import io.micrometer.observation.ObservationRegistry;
import io.sereno.LockSet;
import io.sereno.Mutex;
import io.sereno.PermitPool;
import io.sereno.ReadWriteMutex;
import io.sereno.Sereno;
import io.sereno.SlotPool;
import java.lang.reflect.Method;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A client whose locks are observed. */
final class ObservedClient extends Forwarding {
    private final ObservationRegistry registry;

    private ObservedClient(Sereno sereno, ObservationRegistry registry) {
        super(sereno);
        this.registry = registry;
    }

    static Sereno of(Sereno sereno, ObservationRegistry registry) {
        return (Sereno) proxy(new ObservedClient(sereno, registry));
    }

    @Override
    @Nullable
    Object call(Method method, Object[] arguments) throws Throwable {
        Object result = forward(method, arguments);
        if (result instanceof Sereno child) {
            return of(child, registry);
        }
        if (result instanceof Mutex) {
            return lock(result, "mutex", arguments);
        }
        if (result instanceof ReadWriteMutex) {
            return lock(result, "read-write mutex", arguments);
        }
        if (result instanceof LockSet) {
            return lock(result, "lock set", arguments);
        }
        if (result instanceof PermitPool) {
            return lock(result, "permit pool", arguments);
        }
        if (result instanceof SlotPool) {
            return lock(result, "slot pool", arguments);
        }
        return result;
    }

    private Object lock(Object lock, String recipe, Object[] arguments) {
        return Forwarding.proxy(new ObservedLock(
                lock,
                new Observations(
                        registry, recipe, Objects.requireNonNull(arguments[0]).toString())));
    }
}
