package io.sereno;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** current is false while the store cannot be asked; leader and peers are then the last known. */
public record Topology(Optional<Peer> self, Optional<Peer> leader, List<Peer> peers, boolean current) {
    public Topology {
        Objects.requireNonNull(self, "self");
        Objects.requireNonNull(leader, "leader");
        peers = List.copyOf(peers);
    }

    public boolean isLeader() {
        return self.isPresent() && self.equals(leader);
    }
}
