package io.sereno;

/** Retention took messages that this reader had not read. */
public final class MessagesLostException extends SerenoException {
    private static final long serialVersionUID = 1L;

    private final long firstOffset;
    private final long lastOffset;

    public MessagesLostException(Gap gap, String message) {
        super(message, null);
        this.firstOffset = gap.firstOffset();
        this.lastOffset = gap.lastOffset();
    }

    public Gap gap() {
        return new Gap(firstOffset, lastOffset);
    }
}
