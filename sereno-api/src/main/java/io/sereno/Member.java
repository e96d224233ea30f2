package io.sereno;

import java.util.Map;
import java.util.Objects;

/**
 * A member of a group, as others see it.
 *
 * @param id unique in the group
 * @param incarnation new, and greater, each time that it is listed anew
 * @param metadata what it says of itself; copied
 */
public record Member(String id, long incarnation, Map<String, String> metadata) {
    /** Copies the metadata. */
    public Member {
        Objects.requireNonNull(id, "id");
        metadata = Map.copyOf(metadata);
    }
}
