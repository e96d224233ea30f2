package io.sereno;

/**
 * Messages that retention took before somebody had read them.
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
