package io.sereno.operator;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * A queue as it was read.
 *
 * @param resource what the clients queue for
 * @param seats in the order in which they are served, one or more; copied
 * @param limit how many permits there are, for a {@link Kind#PERMIT_POOL}; empty for other kinds, and if no limit is stored or
 *     the stored one cannot be read
 */
public record QueueView(Resource resource, List<Seat> seats, OptionalInt limit) {
    /** Copies the list. */
    public QueueView {
        Objects.requireNonNull(resource, "resource");
        Objects.requireNonNull(limit, "limit");
        seats = List.copyOf(seats);
    }

    /**
     * The seats whose clients hold.
     *
     * @return at least one; none for a barrier, and perhaps none for a permit pool, if the first asks for more permits than there are
     */
    public List<Seat> holders() {
        return seats.stream().filter(Seat::holds).toList();
    }

    /**
     * The seats whose clients wait.
     *
     * @return in their order
     */
    public List<Seat> waiters() {
        return seats.stream().filter(seat -> !seat.holds()).toList();
    }
}
