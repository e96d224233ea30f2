package io.sereno;

/** Retention took messages that this reader had not read. */
public final class MessagesLostException extends SerenoException {
    private static final long serialVersionUID = 1L;

    private final transient Gap gap;

    public MessagesLostException(Gap gap, String message) {
        super(message, null);
        this.gap = gap;
    }

    public Gap gap() {
        return gap;
    }
}
