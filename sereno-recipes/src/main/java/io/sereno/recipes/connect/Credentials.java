package io.sereno.recipes.connect;

import java.util.Arrays;
import java.util.Optional;

/** A user, perhaps empty, and a copy of the password that is overwritten once the backend is open. */
final class Credentials {
    private final String user;
    private final char[] password;
    private volatile boolean cleared;

    Credentials(String user, char[] password) {
        this.user = user;
        this.password = password.clone();
    }

    Optional<String> user() {
        return user.isEmpty() ? Optional.empty() : Optional.of(user);
    }

    /** A copy. */
    char[] password() {
        if (cleared) {
            // Better than zeros that a server refuses at the next reconnection.
            throw new IllegalStateException("the password is given until open() returns; a backend keeps its own copy");
        }
        return password.clone();
    }

    boolean isEmpty() {
        return password.length == 0;
    }

    boolean isCleared() {
        return cleared;
    }

    void clear() {
        cleared = true;
        Arrays.fill(password, '\0');
    }

    @Override
    public String toString() {
        return user + ":***";
    }
}
