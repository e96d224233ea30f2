package io.sereno;

import java.util.Map;
import java.util.Objects;

/** incarnation is new at each enrolment: a restarted node leaves and joins. */
public record Peer(String nodeId, long incarnation, Map<String, String> metadata) {
    public Peer {
        Objects.requireNonNull(nodeId, "nodeId");
        metadata = Map.copyOf(metadata);
    }
}
