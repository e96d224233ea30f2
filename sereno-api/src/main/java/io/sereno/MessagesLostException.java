package io.sereno;

/**
 * Retention took messages that this reader had not read, or the store has lost messages; {@link Gap} says how the
 * reader continues.
 */
public final class MessagesLostException extends SerenoException {
    private static final long serialVersionUID = 1L;

    private final long firstOffset;
    private final long lastOffset;

    /**
     * Creates an exception.
     *
     * @param gap the messages that are missing
     * @param message what happened, without secrets
     */
    public MessagesLostException(Gap gap, String message) {
        super(message, null);
        this.firstOffset = gap.firstOffset();
        this.lastOffset = gap.lastOffset();
    }

    /**
     * The missing messages.
     *
     * @return the messages that are missing
     */
    public Gap gap() {
        return new Gap(firstOffset, lastOffset);
    }
}
