package io.sereno.recipes.client;

import io.sereno.spi.Bytes;
import java.util.Map;
import java.util.Objects;

/** Metadata that users attach to a candidate or a member: copied, and at most {@link #MAX_BYTES} in all. */
public final class Metadata {
    static final int MAX_BYTES = 16 * 1024;

    private Metadata() {}

    public static Map<String, String> checked(Map<String, String> metadata) {
        Objects.requireNonNull(metadata, "metadata is null");
        int bytes = 0;
        for (Map.Entry<String, String> pair : metadata.entrySet()) {
            Objects.requireNonNull(pair.getKey(), "a key of the metadata is null");
            Objects.requireNonNull(pair.getValue(), () -> "metadata '" + pair.getKey() + "' is null");
            bytes += Bytes.utf8(pair.getKey()).size();
            bytes += Bytes.utf8(pair.getValue()).size();
        }
        if (bytes > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "metadata takes " + bytes + " bytes of UTF-8, at most " + MAX_BYTES + " are accepted");
        }
        return Map.copyOf(metadata);
    }
}
