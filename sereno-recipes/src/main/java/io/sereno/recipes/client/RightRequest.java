package io.sereno.recipes.client;

import io.sereno.recipes.kernel.Hold;
import io.sereno.recipes.kernel.TimedWait;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One caller's request to a {@link RightQueue}: the result is a hold, or empty if others were in front until the end. */
public class RightRequest extends TimedWait<Optional<Hold>> {
    final String operation;
    final boolean onlyIfFree;
    final long since;

    /** What the request has become; confined to the strand. */
    @Nullable
    Hold hold;

    /** {@code limited}: the caller gives a limit, which counts from here. */
    public RightRequest(RightQueue<?> queue, String operation, boolean onlyIfFree, boolean limited) {
        super(queue.kernel(), queue.strand());
        this.operation = operation;
        this.onlyIfFree = onlyIfFree;
        this.since = limited
                ? queue.kernel().time().nanoTime()
                : queue.kernel().events().now();
    }

    public final String operation() {
        return operation;
    }

    /** Whether the caller does not wait for others. */
    public final boolean isOnlyIfFree() {
        return onlyIfFree;
    }
}
