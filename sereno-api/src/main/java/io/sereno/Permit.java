package io.sereno;

/**
 * Permits that a caller has from a {@link PermitPool}: as many as it asked for at once. They come back together, once, when they are released, or when
 * they are lost with the session.
 *
 * <p>A permit has no fencing token: several callers have permits at the same time, so no token would order them. Instances are safe for use by multiple
 * threads.
 */
public interface Permit extends Right {
    /**
     * How many permits of the pool this is.
     *
     * @return 1 or more, as given to {@code acquire}
     */
    int weight();

    /**
     * The name of the entry in the store, by which {@link PermitPool#inspect()} and an operator find it. Unique within the store, and never used again.
     *
     * @return an id with letters, digits and one dash
     */
    String id();
}
