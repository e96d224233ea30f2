package io.sereno;

import org.jspecify.annotations.Nullable;

/**
 * The root of Sereno's errors, all unchecked. The hierarchy is sealed; a later version may add types, so a
 * {@code switch} over it needs a {@code default}. The message names the operation, the recipe and its name, the store,
 * and what to do; it never contains a password.
 */
public abstract sealed class SerenoException extends RuntimeException
        permits NotAppliedException,
                OutcomeUnknownException,
                GrantLostException,
                WorkersLostException,
                MessagesLostException,
                UnreadableEntryException,
                DuplicateMemberException,
                SerenoConfigurationException,
                SerenoClosedException {
    private static final long serialVersionUID = 1L;

    SerenoException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
