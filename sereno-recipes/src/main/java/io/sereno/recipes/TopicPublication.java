package io.sereno.recipes;

import io.sereno.Retention;
import java.util.concurrent.CompletableFuture;

/** A message on its way into a topic, and the stage of its offset: one object, since there may be millions. */
final class TopicPublication extends CompletableFuture<Long> {
    /** What one takes beside its octets, so that many empty ones are bounded too. */
    private static final int OVERHEAD_BYTES = 64;

    final byte[] octets;
    final Retention retention;
    /** By the kernel's clock: when the caller is to be told that it was too long. */
    final long deadline;
    /** Whether a thread of a user waits for it, and nothing else can hang on it. */
    final boolean awaited;
    /** Part of a commit that was sent and may have been applied. Confined to the strand. */
    boolean sent;

    /** Its caller knows the end. Confined to the strand; the stage does not count, whoever has it may complete it. */
    boolean ended;

    long offset;

    TopicPublication(byte[] octets, Retention retention, long deadline, boolean awaited) {
        this.octets = octets;
        this.retention = retention;
        this.deadline = deadline;
        this.awaited = awaited;
    }

    int weight() {
        return octets.length + OVERHEAD_BYTES;
    }
}
