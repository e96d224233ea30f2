package io.sereno.backend.redis;

import io.lettuce.core.RedisURI;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The addresses of the servers, and the user and the way to connect to each.
 *
 * @param form what the endpoints are
 * @param name by which Sentinel knows the primary; empty otherwise
 */
record Address(Form form, List<InetSocketAddress> endpoints, String name, boolean tls, Optional<Login> login) {

    enum Form {
        /** One server. */
        SERVER,
        /** Sentinels, which know the primary. */
        SENTINEL,
        /** Some nodes of a Cluster, which know the server of a slot. */
        CLUSTER
    }

    /** For a server that stores data. */
    RedisURI server(InetSocketAddress endpoint, Duration timeout) {
        RedisURI uri = sentinel(endpoint, timeout);
        login.ifPresent(uri::setCredentialsProvider);
        return uri;
    }

    /** For a Sentinel, which does not know the users of the servers that it watches. */
    RedisURI sentinel(InetSocketAddress endpoint, Duration timeout) {
        return RedisURI.builder()
                .withHost(endpoint.getHostString())
                .withPort(endpoint.getPort())
                .withSsl(tls)
                .withTimeout(timeout)
                .withLibraryName("sereno")
                .build();
    }

    /** Hosts and ports. */
    @Override
    public String toString() {
        return endpoints.stream()
                .map(endpoint -> endpoint.getHostString() + ":" + endpoint.getPort())
                .collect(Collectors.joining(","));
    }
}
