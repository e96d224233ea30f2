package io.sereno;

import java.util.Objects;

/**
 * A value and its version. Two values of one name that were stored one after the other have different versions, even if
 * they are equal and even if the name was deleted in between.
 *
 * @param <T> the type of the value
 * @param value what is stored
 * @param incarnation distinguishes what was made again after a deletion: 1 or more, and greater than each before
 * @param change the number of changes since the incarnation began, the first of which made it: 1 or more
 */
public record Versioned<T>(T value, long incarnation, long change) {
    /** Checks that there is a value, and that both numbers are in range. */
    public Versioned {
        Objects.requireNonNull(value, "value is null");
        if (incarnation < 1 || change < 1) {
            throw new IllegalArgumentException(
                    "incarnation is " + incarnation + " and change is " + change + "; 1 or more is accepted for both");
        }
    }

    /**
     * Compares versions, not values.
     *
     * @param other of the same name
     * @return whether both are the result of the same change
     */
    public boolean isSameVersion(Versioned<?> other) {
        return incarnation == other.incarnation && change == other.change;
    }
}
