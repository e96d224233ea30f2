package io.sereno;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What an election looks like. A view, put together from reads: it may lag, and what came and went between two reads is
 * not in it. Whether one leads oneself is for {@link LeaderElection#leadership()} to say.
 *
 * @param self this candidate, while it is enrolled
 * @param leader who leads: the first candidate in the order of the store; empty while that is not known, for instance
 *     when this candidate has lost the leadership and its entry may still be there (LDR-13)
 * @param peers all candidates, this one included, in the order in which they lead; copied. A peer with the node id
 *     {@code foreign entry <name>} is an entry that no client put: it is bound to no lease, and nobody behind it leads
 *     until an operator deletes it with the store's own tools
 * @param current false while the store cannot be asked; the rest is then the last known
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
