package io.sereno.recipes.operator;

import static java.util.stream.Collectors.toCollection;

import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Place;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The markers of sessions, by the leases that they share with everything else of their session. */
final class Markers {
    private final Map<Long, Marker> byLease = new HashMap<>();

    Markers() {}

    /** Those of all sessions in these directories. */
    static Markers all(Client client, Namespace namespace, String operation, List<String> directories) {
        Markers markers = new Markers();
        for (String directory : directories) {
            Scope scope = scope(client, directory);
            namespace.readEntries(operation, scope, "").forEach(markers::add);
        }
        return markers;
    }

    /** Those of the sessions with these ids, which have entries in a directory. */
    static Markers of(Client client, String operation, String directory, Stream<String> ids) {
        Markers markers = new Markers();
        Collection<String> sessions = ids.collect(toCollection(TreeSet::new));
        for (String above : Paths.sessionsAbove(directory)) {
            Namespace.each(
                    sessions.stream(),
                    session -> scope(client, above).readAsync(operation, new Query.One(above, session)),
                    (session, found) -> found.entries().forEach(markers::add));
        }
        return markers;
    }

    private static Scope scope(Client client, String directory) {
        return new Scope(client, "sessions", directory, directory);
    }

    /** An entry without a lease marks no session. */
    void add(Entry entry) {
        if (entry.leaseId() != 0) {
            byLease.put(entry.leaseId(), Marker.of(entry));
        }
    }

    Collection<Marker> all() {
        return byLease.values();
    }

    /** The marker of the session with this lease; null if it is gone. */
    @Nullable
    Marker of(long lease) {
        return byLease.get(lease);
    }

    /** The marker of the session that put a place: the one that the place is named after, and is bound to. */
    @Nullable
    Marker ofPlace(Entry place) {
        Marker marker = of(place.leaseId());
        return marker != null && marker.session().equals(Place.sessionOf(place.name())) ? marker : null;
    }
}
