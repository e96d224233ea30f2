package io.sereno.spring.boot;

import io.sereno.Sereno;
import io.sereno.SessionState;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/**
 * {@code /actuator/sereno}: what this process holds, leads and awaits, from memory. {@code /actuator/sereno/{kind}}: what
 * all processes have of one kind, from the store. Changes nothing.
 */
@Endpoint(id = "sereno")
final class SerenoEndpoint {
    /**
     * What is shown.
     *
     * @param backend kind of the store
     * @param node id under which others see this process
     * @param session state of the session
     * @param sessionRemainingMillis for how long it certainly lasts without another renewal
     * @param holds mutexes, locks with readers and lock sets that are held
     * @param leads elections that this process leads
     * @param awaits rights that callers and candidates of this process wait for
     */
    record View(
            String backend,
            String node,
            SessionState session,
            @Nullable Long sessionRemainingMillis,
            List<Activity.Counted> holds,
            List<Activity.Counted> leads,
            List<Activity.Counted> awaits) {}

    /**
     * What there is of one kind in the client's namespace and its children.
     *
     * @param resources in no order
     * @param more whether there are more, which are not shown
     */
    record Resources(List<Shown> resources, boolean more) {}

    /** One of a kind. */
    sealed interface Shown {}

    /**
     * Of a kind for which nobody queues.
     *
     * @param namespace the child namespaces, from the client's own inwards
     * @param name as its users call it
     */
    record Named(List<String> namespace, String name) implements Shown {}

    /**
     * Of a kind for which clients queue.
     *
     * @param namespace the child namespaces, from the client's own inwards
     * @param name as its users call it
     * @param holds who holds it
     * @param awaits who waits, in the order of the queue
     */
    record Queued(List<String> namespace, String name, List<Place> holds, List<Place> awaits) implements Shown {}

    /**
     * A client in a queue.
     *
     * @param node its id; empty if the entry does not say
     * @param host its machine; empty if its session's marker does not say, or is gone
     * @param since when it began to queue, by its own clock
     * @param firstToken the least fencing token of a holder under this place; null if it has none
     */
    record Place(
            String node,
            String host,
            Instant since,
            @Nullable Long firstToken) {
        static Place of(Seat seat) {
            OptionalLong token = seat.firstToken();
            return new Place(seat.nodeId(), seat.host(), seat.since(), token.isPresent() ? token.getAsLong() : null);
        }
    }

    private static final String ELECTION = "election";

    /** Bounds the requests to the store, which are one for each queue and one for each page of names. */
    private static final int MOST = 100;

    private final Sereno sereno;
    private final Activity activity;

    SerenoEndpoint(Sereno sereno, Activity activity) {
        this.sereno = sereno;
        this.activity = activity;
    }

    @ReadOperation
    View view() {
        Duration remaining = activity.sessionRemaining();
        List<Activity.Counted> held = activity.held();
        return new View(
                sereno.guarantees().backend(),
                sereno.nodeId(),
                sereno.sessionState(),
                remaining == null ? null : remaining.toMillis(),
                held.stream().filter(right -> !right.recipe().equals(ELECTION)).toList(),
                held.stream().filter(right -> right.recipe().equals(ELECTION)).toList(),
                activity.awaited());
    }

    /** Asks the store; takes at most the operation timeout for each request. */
    @ReadOperation
    Resources kind(@Selector String kind) {
        Kind asked = Kind.of(kind)
                .orElseThrow(() -> new InvalidEndpointRequestException(
                        "unknown kind " + kind,
                        "the kind is unknown; accepted are "
                                + Stream.of(Kind.values()).map(Kind::word).collect(Collectors.joining(", "))));
        Operator operator = sereno.operator();
        List<Resource> found = operator.resources(asked).limit(MOST + 1L).toList();
        return new Resources(
                found.stream()
                        .limit(MOST)
                        .flatMap(resource -> shown(operator, resource).stream())
                        .toList(),
                found.size() > MOST);
    }

    /** Empty if it is a queue in which nobody is any more. */
    private static Optional<Shown> shown(Operator operator, Resource resource) {
        if (!resource.kind().isQueue()) {
            return Optional.of(new Named(resource.namespace(), resource.name()));
        }
        return operator.queue(resource)
                .map(queue -> new Queued(
                        resource.namespace(),
                        resource.name(),
                        queue.holders().stream().map(Place::of).toList(),
                        queue.waiters().stream().map(Place::of).toList()));
    }
}
