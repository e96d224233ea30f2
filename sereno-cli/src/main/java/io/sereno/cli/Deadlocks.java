package io.sereno.cli;

import io.sereno.operator.Operator;
import io.sereno.operator.QueueView;
import io.sereno.operator.Seat;
import io.sereno.operator.WaitForGraph.Edge;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Suspected deadlocks, for a command that reads again and again. To look for them costs two readings of all queues, so this is done once in
 * {@value #PERIOD} readings, and only if somebody waits. In between, a deadlock is shown for as long as all its seats wait.
 */
final class Deadlocks {
    static final int PERIOD = 5;

    private record Waiter(String resource, String entry, long revision) {
        static Waiter of(Seat seat) {
            return new Waiter(seat.resource().toString(), seat.entry(), seat.createRevision());
        }
    }

    /** How many readings ago it looked. */
    private int age = PERIOD;

    private List<List<Edge>> found = List.of();

    List<List<Edge>> among(List<QueueView> queues, Operator operator) throws InterruptedException {
        Set<Waiter> waiters = new HashSet<>();
        queues.forEach(queue -> queue.waiters().forEach(seat -> waiters.add(Waiter.of(seat))));
        age++;
        if (age >= PERIOD && !waiters.isEmpty()) {
            age = 0;
            found = operator.waitFor(Duration.ZERO).suspected();
        } else {
            found = found.stream()
                    .filter(circle -> circle.stream().allMatch(edge -> waiters.contains(Waiter.of(edge.waiting()))))
                    .toList();
        }
        return found;
    }
}
