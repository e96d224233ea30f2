package io.sereno.micrometer;

import io.micrometer.observation.Observation;
import io.sereno.GrantLostException;
import io.sereno.Right;
import java.lang.reflect.Method;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A right whose observation ends once: with its release, or with its loss. */
final class ObservedRight extends Forwarding {
    private final Observation hold;
    private final AtomicBoolean ended;

    private ObservedRight(Right right, Observation hold, AtomicBoolean ended) {
        super(right);
        this.hold = hold;
        this.ended = ended;
    }

    static Right of(Right right, Observation hold) {
        ObservedRight observed = new ObservedRight(right, hold, new AtomicBoolean());
        right.lost().whenComplete((cause, failure) -> {
            if (cause != null) {
                observed.end("lost");
            }
        });
        return (Right) proxy(observed);
    }

    @Override
    @Nullable
    Object call(Method method, Object[] arguments) throws Throwable {
        String name = method.getName();
        if (name.equals("release") || name.equals("close")) {
            try {
                return forward(method, arguments);
            } catch (GrantLostException e) {
                end("lost");
                throw e;
            } finally {
                end("released");
            }
        }
        Object result = forward(method, arguments);
        // A write grant that is downgraded stays the same hold.
        return result instanceof Right right ? proxy(new ObservedRight(right, hold, ended)) : result;
    }

    private void end(String outcome) {
        if (ended.compareAndSet(false, true)) {
            Observations.stop(hold, outcome);
        }
    }
}
