package io.sereno.recipes.client;

import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Session;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The holds of one client under one granted place, each with a greater token: at most 1,024, begun at most 20 ms after the grant, and under a session
 * that is fresh. After that, other clients come first. Confined to the strand of its owner.
 */
public final class HoldSeries {
    private static final long NANOS = Duration.ofMillis(20).toNanos();

    private final Kernel kernel;
    private @Nullable Session session;
    private long createRevision;
    private int begun;
    private long grantedAt;

    public HoldSeries(Kernel kernel) {
        this.kernel = kernel;
    }

    /** The place is granted. Returns the clock. */
    public long start(Session under, long revision) {
        session = under;
        createRevision = revision;
        begun = 0;
        grantedAt = kernel.time().nanoTime();
        return grantedAt;
    }

    /** The place is granted no more. */
    public void end() {
        session = null;
    }

    /** The place stays granted, for the holds that have begun. */
    public void stop() {
        grantedAt = kernel.time().nanoTime() - NANOS;
    }

    /** Under which the place is granted; null if it is not. */
    public @Nullable Session session() {
        return session;
    }

    public boolean mayGoOn() {
        return begun < FencingToken.SERIES
                && kernel.time().nanoTime() - grantedAt < NANOS
                && session != null
                && session.isFresh();
    }

    public long nextToken() {
        return FencingToken.of(createRevision, begun++);
    }
}
