package io.sereno;

import java.util.Map;
import java.util.Objects;

/**
 * A candidate, as others see it.
 *
 * @param nodeId of its client
 * @param incarnation a new, greater number at each enrolment: a node that restarted leaves and joins
 * @param metadata as given by the candidate; copied
 */
public record Peer(String nodeId, long incarnation, Map<String, String> metadata) {
    /** Copies the metadata. */
    public Peer {
        Objects.requireNonNull(nodeId, "nodeId");
        metadata = Map.copyOf(metadata);
    }
}
