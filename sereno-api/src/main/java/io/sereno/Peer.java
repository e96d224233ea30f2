package io.sereno;

import java.util.Map;
import java.util.Objects;

/**
 * A candidate, as others see it.
 *
 * @param nodeId of its client
 * @param incarnation new, and greater, at each enrolment: a node that restarted leaves and joins
 * @param metadata what it says of itself; copied
 */
public record Peer(String nodeId, long incarnation, Map<String, String> metadata) {
    /** Copies the metadata. */
    public Peer {
        Objects.requireNonNull(nodeId, "nodeId");
        metadata = Map.copyOf(metadata);
    }
}
