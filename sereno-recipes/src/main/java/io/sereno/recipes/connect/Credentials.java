package io.sereno.recipes.connect;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A user, perhaps empty, and the source of the password. Shows no password. */
final class Credentials {
    private final String user;
    private final Supplier<char[]> password;
    private final boolean fixedAndEmpty;

    private Credentials(String user, Supplier<char[]> password, boolean fixedAndEmpty) {
        this.user = user;
        this.password = password;
        this.fixedAndEmpty = fixedAndEmpty;
    }

    /** The array is copied. */
    static Credentials fixed(String user, char[] password) {
        char[] copy = password.clone();
        return new Credentials(user, copy::clone, copy.length == 0);
    }

    /** The supplier is called each time. */
    static Credentials supplied(String user, Supplier<char[]> password) {
        return new Credentials(user, password, false);
    }

    Optional<String> user() {
        return user.isEmpty() ? Optional.empty() : Optional.of(user);
    }

    /**
     * The current password; the array belongs to the caller.
     *
     * @throws BackendException if the supplier has none
     */
    char[] password() {
        char @Nullable [] now;
        try {
            now = password.get();
        } catch (RuntimeException e) {
            throw none("threw a " + e.getClass().getName(), e);
        }
        if (now == null || now.length == 0) {
            throw none("gave " + (now == null ? "null" : "an empty password"), null);
        }
        return now;
    }

    private static BackendException none(String why, @Nullable Throwable cause) {
        return new BackendException(
                Outcome.NOT_APPLIED, false, "the password supplier of credentials(...) " + why, cause);
    }

    boolean isFixedAndEmpty() {
        return fixedAndEmpty;
    }

    @Override
    public String toString() {
        return user + ":***";
    }
}
