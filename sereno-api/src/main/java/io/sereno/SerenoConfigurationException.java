package io.sereno;

import org.jspecify.annotations.Nullable;

/** A URI, a builder or the class path is not as it must be; thrown before any I/O where it can be seen there. */
public final class SerenoConfigurationException extends SerenoException {
    private static final long serialVersionUID = 1L;

    public SerenoConfigurationException(String message) {
        this(message, null);
    }

    public SerenoConfigurationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
