package io.sereno;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The candidates of an election. This is a view, put together from reads: it may lag, and it misses candidates that
 * came and went between two reads. To find out whether this candidate leads, use {@link LeaderElection#leadership()}.
 *
 * @param self this candidate, while it is enrolled
 * @param leader the first candidate in the order of the store; empty while the leader is not known, for instance when
 *     this candidate has lost the leadership and its entry may still be there (LDR-13)
 * @param peers all candidates, this one included, in the order in which they lead; copied. A peer with the node id
 *     {@code foreign entry <name>} is an entry that no client put: it is bound to no lease, and no candidate behind it
 *     leads until an operator deletes it with the store's own tools
 * @param current false while the store cannot be asked; the other fields are then the last known
 */
public record Topology(Optional<Peer> self, Optional<Peer> leader, List<Peer> peers, boolean current) {
    /** Copies the list. */
    public Topology {
        Objects.requireNonNull(self, "self");
        Objects.requireNonNull(leader, "leader");
        peers = List.copyOf(peers);
    }

    /**
     * Whether this view names this candidate as the leader.
     *
     * @return for display; {@link Grant#isHeld()} is for decisions
     */
    public boolean isLeader() {
        return self.isPresent() && self.equals(leader);
    }
}
