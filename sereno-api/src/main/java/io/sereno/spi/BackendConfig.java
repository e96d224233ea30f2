package io.sereno.spi;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;

/** From URI and builder, or from the kit (with the proxy's endpoints). The backend refuses unknown parameters, uses this clock and this executor and no other. */
public interface BackendConfig {
    String scheme();

    List<InetSocketAddress> endpoints();

    String namespace();

    Map<String, String> parameters();

    Optional<String> user();

    Optional<char[]> password();

    Optional<Path> trust();

    Optional<Path> certificates();

    Optional<Path> privateKey();

    Duration connectTimeout();

    Duration operationTimeout();

    TimeSource time();

    Executor executor();
}
