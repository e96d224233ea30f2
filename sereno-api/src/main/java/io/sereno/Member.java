package io.sereno;

import java.util.Map;
import java.util.Objects;

public record Member(String id, long incarnation, Map<String, String> metadata) {
    public Member {
        Objects.requireNonNull(id, "id");
        metadata = Map.copyOf(metadata);
    }
}
