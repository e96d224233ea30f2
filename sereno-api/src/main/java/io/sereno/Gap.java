package io.sereno;

/**
 * Messages that a reader misses: retention took them before the reader had read them, or the store has lost them after
 * it had acknowledged them.
 *
 * <p>If retention took the messages, the reader continues with the offset {@code lastOffset + 1}. If the store has lost
 * them, as a store does that is restored from a snapshot or fails over to a server that lags, the reader may have read
 * them before. It continues where the topic ends now, so that the offset of the next message is {@code lastOffset + 1}
 * or less, and the reader misses nothing that is published afterwards.
 *
 * @param firstOffset of the first missing message, 1 or more
 * @param lastOffset of the last missing message, not less than {@code firstOffset}
 */
public record Gap(long firstOffset, long lastOffset) {
    /** Refuses an empty gap. */
    public Gap {
        if (firstOffset < 1 || lastOffset < firstOffset) {
            throw new IllegalArgumentException(
                    "a gap from offset " + firstOffset + " to " + lastOffset + "; 1 <= first <= last is accepted");
        }
    }
}
