package io.sereno.recipes.topic;

import io.sereno.Retention;
import io.sereno.recipes.kernel.CompletionQueue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A message being published, and the stage of its offset: one object, since there may be millions. */
final class TopicPublication extends CompletableFuture<Long> implements CompletionQueue.Answer {
    /** The size of a message without its octets, so that many empty messages are bounded too. */
    private static final int OVERHEAD_BYTES = 64;

    final byte[] octets;
    final Retention retention;
    /** By the kernel's clock: when the operation times out for the caller. */
    final long deadline;
    /** Whether a user's thread waits for it, and nothing else can depend on it. */
    final boolean awaited;
    /** Part of a commit that was sent and may have been applied. Confined to the strand. */
    boolean sent;

    /**
     * The outcome has been reported to its caller. Confined to the strand. The stage's own state does not count, since
     * any holder may complete it.
     */
    boolean ended;

    long offset;

    /** Why it was not published, or the outcome is unknown; null if it was published. */
    @Nullable
    RuntimeException failure;

    TopicPublication(byte[] octets, Retention retention, long deadline, boolean awaited) {
        this.octets = octets;
        this.retention = retention;
        this.deadline = deadline;
        this.awaited = awaited;
    }

    /** Reports the outcome to the caller. */
    @Override
    public void report() {
        RuntimeException cause = failure;
        if (cause == null) {
            complete(offset);
        } else {
            completeExceptionally(cause);
        }
    }

    int weight() {
        return octets.length + OVERHEAD_BYTES;
    }
}
