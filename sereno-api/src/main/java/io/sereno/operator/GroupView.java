package io.sereno.operator;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The members of a group, with the client of each, as one read showed them.
 *
 * @param resource the group
 * @param members in the order of their ids; copied
 */
public record GroupView(Resource resource, List<Listed> members) {
    /** Copies the list. */
    public GroupView {
        Objects.requireNonNull(resource, "resource");
        members = List.copyOf(members);
    }

    /**
     * A member and the client that listed it.
     *
     * @param id unique in the group
     * @param incarnation as {@code Membership.members()} returns it: a new, greater number each time the member is listed again
     * @param metadata as given by the member; copied
     * @param session the id of the session that the member ends with; empty if the entry does not say
     * @param sessionRevision the createRevision of the session's marker; 0 if the marker is gone, or was never there
     * @param nodeId of the client; empty if the entry does not say
     * @param host of the client's machine; empty if the marker does not say, or is gone
     * @param ttl how long the member stays listed after its client died, without the store's lateness; zero if the entry does not say
     * @param since when the client listed the member, by its own wall clock; informative only
     */
    public record Listed(
            String id,
            long incarnation,
            Map<String, String> metadata,
            String session,
            long sessionRevision,
            String nodeId,
            String host,
            Duration ttl,
            Instant since) {
        /** Copies the metadata. */
        public Listed {
            Objects.requireNonNull(id, "id");
            metadata = Map.copyOf(metadata);
            Objects.requireNonNull(session, "session");
            Objects.requireNonNull(nodeId, "nodeId");
            Objects.requireNonNull(host, "host");
            Objects.requireNonNull(ttl, "ttl");
            Objects.requireNonNull(since, "since");
        }
    }
}
