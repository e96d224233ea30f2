package io.sereno.operator;

import java.util.List;
import java.util.Objects;

/**
 * A queue as it was read.
 *
 * @param resource what the clients queue for
 * @param seats in the order in which they are served, one or more; copied
 */
public record QueueView(Resource resource, List<Seat> seats) {
    /** Copies the list. */
    public QueueView {
        Objects.requireNonNull(resource, "resource");
        seats = List.copyOf(seats);
    }

    /**
     * The seats whose clients hold.
     *
     * @return at least one
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
