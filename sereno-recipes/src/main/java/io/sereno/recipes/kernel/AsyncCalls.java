package io.sereno.recipes.kernel;

import io.sereno.NotAppliedException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The asynchronous calls of a client that have not ended, of which there are at most {@link #MOST}: a store that does not keep up costs bounded
 * memory. A blocking call is not counted, since it occupies its caller's thread. Safe for use by multiple threads.
 */
public final class AsyncCalls {
    /** The most calls of one client, whatever their recipes and names. */
    public static final int MOST = 100_000;

    private final AtomicInteger underWay = new AtomicInteger();

    /** Counts a call, before anything of it is done; throws NotAppliedException if there are too many. Each call is followed by one {@link #end}. */
    public void begin(Errors errors, String operation) {
        if (underWay.incrementAndGet() > MOST) {
            end();
            throw refusal(errors, operation);
        }
    }

    /** As {@link #begin}, for a call that {@link #begun} counts only if it is the first of its kind: several threads may exceed the bound by one each. */
    public void require(Errors errors, String operation) {
        if (underWay.get() >= MOST) {
            throw refusal(errors, operation);
        }
    }

    /** Counts what {@link #require} has admitted. Each call is followed by one {@link #end}. */
    public void begun() {
        underWay.incrementAndGet();
    }

    public void end() {
        underWay.decrementAndGet();
    }

    public int underWay() {
        return underWay.get();
    }

    private static NotAppliedException refusal(Errors errors, String operation) {
        return new NotAppliedException(errors.about(operation) + ": " + MOST
                + " asynchronous calls of this client have not ended yet, and it accepts no more until some have;"
                + " nothing was changed");
    }
}
