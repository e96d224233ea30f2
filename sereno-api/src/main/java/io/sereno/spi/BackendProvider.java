package io.sereno.spi;

import java.util.Optional;
import java.util.Set;

/** Registered with ServiceLoader by each backend jar. defaultUri() is empty for memory. open() blocks till the store answered, at most connectTimeout(). */
public interface BackendProvider {
    Set<String> schemes();

    Optional<String> defaultUri();

    Backend open(BackendConfig config);
}
