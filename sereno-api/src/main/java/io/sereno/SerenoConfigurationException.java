package io.sereno;

import org.jspecify.annotations.Nullable;

/**
 * A URI, a builder or the class path is invalid. The message says what was found and what is accepted. Thrown before
 * any I/O where the error can be detected then.
 */
public final class SerenoConfigurationException extends SerenoException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception without a cause.
     *
     * @param message what happened, without secrets
     */
    public SerenoConfigurationException(String message) {
        this(message, null);
    }

    /**
     * Creates an exception.
     *
     * @param message what happened, without secrets
     * @param cause the underlying exception, if any
     */
    public SerenoConfigurationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
