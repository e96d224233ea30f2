package io.sereno.recipes.operator;

import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import io.sereno.operator.SessionView;
import io.sereno.operator.SessionView.Holding;
import io.sereno.operator.SessionView.Role;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Place;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of a namespace, and everything that is bound to the lease of each. Counters and topics are left out: what sessions
 * have there is no right, and a topic has too many entries to be read.
 */
final class Census {
    private static final String OPERATION = "sessions";

    /** How the names of the entries begin that are bound to a session, and what the session has then. */
    private static final Map<Kind, String> BEGIN = Map.of(Kind.GROUP, "m-", Kind.WAIT_GROUP, "l-", Kind.IDS, "slot-");

    private static Role role(Kind kind) {
        return switch (kind) {
            case GROUP -> Role.MEMBER;
            case WAIT_GROUP -> Role.WORKER;
            default -> Role.ID_SLOT;
        };
    }

    private final Namespace namespace;
    /** By lease. */
    private final Map<Long, Found> sessions = new LinkedHashMap<>();

    /** What is known of a session whose marker may be gone. */
    private static final class Found {
        private String id = "";
        private String nodeId = "";
        private Instant since = Instant.EPOCH;
        private final List<Holding> holdings = new ArrayList<>();
    }

    Census(Namespace namespace) {
        this.namespace = namespace;
    }

    /** Reads what the sessions have. */
    void count(Stream<Resource> resources) {
        List<Resource> queues = new ArrayList<>();
        List<Resource> others = new ArrayList<>();
        resources.forEach(resource -> {
            if (resource.kind().isQueue()) {
                queues.add(resource);
            } else if (BEGIN.containsKey(resource.kind())) {
                others.add(resource);
            }
        });
        namespace.readAll(OPERATION, queues.stream(), (resource, read) -> {
            for (Standing place : Lineup.in(resource, read).places()) {
                String session = Place.sessionOf(place.entry().name());
                add(resource, place.entry(), place.holds() ? Role.HOLDS : Role.WAITS, session);
            }
        });
        namespace.readEntries(
                OPERATION,
                others.stream(),
                BEGIN,
                (resource, entries) -> entries.stream()
                        .filter(Card::isLive)
                        .forEach(entry -> add(resource, entry, role(resource.kind()), "")));
    }

    /** The sessions that have something, and those that have a marker. */
    List<SessionView> sessions(Markers markers) {
        markers.all().forEach(marker -> sessions.computeIfAbsent(marker.leaseId(), lease -> new Found()));
        return sessions.entrySet().stream()
                .map(each -> view(markers.of(each.getKey()), each.getValue()))
                .sorted(Comparator.comparing(SessionView::since).thenComparing(SessionView::id))
                .toList();
    }

    /** An entry without a lease belongs to no session. {@code session} is its id; empty if the entry does not say. */
    private void add(Resource resource, Entry entry, Role role, String session) {
        if (entry.leaseId() == 0) {
            return;
        }
        Found found = sessions.computeIfAbsent(entry.leaseId(), lease -> new Found());
        if (found.holdings.isEmpty()) {
            Card card = Card.decode(entry.value());
            found.nodeId = card.nodeId();
            found.since = card.since();
        }
        if (found.id.isEmpty()) {
            found.id = session;
        }
        found.holdings.add(new Holding(resource, entry.name(), role));
    }

    private static SessionView view(@Nullable Marker marker, Found found) {
        return marker == null
                ? new SessionView(
                        found.id,
                        0,
                        found.nodeId,
                        "",
                        OptionalLong.empty(),
                        Duration.ZERO,
                        "",
                        found.since,
                        found.holdings)
                : new SessionView(
                        marker.session(),
                        marker.revision(),
                        marker.nodeId(),
                        marker.host(),
                        marker.pid(),
                        marker.ttl(),
                        marker.version(),
                        marker.since(),
                        found.holdings);
    }
}
