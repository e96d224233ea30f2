package io.sereno;

import org.jspecify.annotations.Nullable;

/** Root of all errors, unchecked. The message says operation, recipe, name, backend, and what to do; never a password. */
public abstract sealed class SerenoException extends RuntimeException
        permits NotAppliedException,
                OutcomeUnknownException,
                SessionLostException,
                GrantLostException,
                WorkersLostException,
                MessagesLostException,
                DuplicateMemberException,
                SerenoConfigurationException,
                SerenoClosedException {
    private static final long serialVersionUID = 1L;

    SerenoException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
