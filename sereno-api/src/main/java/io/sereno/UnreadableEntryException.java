package io.sereno;

import org.jspecify.annotations.Nullable;

/**
 * An entry in the store cannot be read: another program wrote it, or a version of Sereno whose format this one does not
 * know. Nothing was changed. The call fails in the same way until the entry is mended or removed; the message names what
 * it should be and quotes the beginning of what it holds.
 */
public final class UnreadableEntryException extends SerenoException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what the entry should hold, and the beginning of what it holds
     * @param cause what it was found by, if anything
     */
    public UnreadableEntryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
