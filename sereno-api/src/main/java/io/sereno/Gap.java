package io.sereno;

/**
 * Messages that a reader misses: retention took them before it read them, or the store has lost them after it had acknowledged them.
 *
 * <p>Behind messages that retention took, the reader goes on with the offset {@code lastOffset + 1}. Where the store has lost them, as a store does
 * that is restored from a snapshot or fails over to a server that lags, the reader may have had them. It goes on where the topic ends now, so that
 * the offset of the next message is {@code lastOffset + 1} or less, and nothing that is published afterwards is missed.
 *
 * @param firstOffset of the first one that is missing, 1 or more
 * @param lastOffset of the last one, not less
 */
public record Gap(long firstOffset, long lastOffset) {
    /** Refuses a gap without messages. */
    public Gap {
        if (firstOffset < 1 || lastOffset < firstOffset) {
            throw new IllegalArgumentException(
                    "a gap from offset " + firstOffset + " to " + lastOffset + "; 1 <= first <= last is accepted");
        }
    }
}
