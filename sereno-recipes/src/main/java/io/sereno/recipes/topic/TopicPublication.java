package io.sereno.recipes.topic;

import io.sereno.Retention;
import io.sereno.recipes.kernel.Answers;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A message on its way into a topic, and the stage of its offset: one object, since there may be millions. */
final class TopicPublication extends CompletableFuture<Long> implements Answers.Answer {
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

    /** Why it was not published, or nobody knows; null when it was. */
    @Nullable
    RuntimeException failure;

    TopicPublication(byte[] octets, Retention retention, long deadline, boolean awaited) {
        this.octets = octets;
        this.retention = retention;
        this.deadline = deadline;
        this.awaited = awaited;
    }

    /** The caller hears of it. */
    @Override
    public void tell() {
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
