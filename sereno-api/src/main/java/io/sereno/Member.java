package io.sereno;

import java.util.Map;
import java.util.Objects;

/**
 * A member of a group, as others see it.
 *
 * @param id unique in the group
 * @param incarnation a new, greater number each time the member is listed again
 * @param metadata as given by the member; copied
 */
public record Member(String id, long incarnation, Map<String, String> metadata) {
    /** Copies the metadata. */
    public Member {
        Objects.requireNonNull(id, "id");
        metadata = Map.copyOf(metadata);
    }
}
