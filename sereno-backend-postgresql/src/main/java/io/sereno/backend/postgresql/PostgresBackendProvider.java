package io.sereno.backend.postgresql;

import com.google.auto.service.AutoService;
import io.sereno.blocking.BlockingCalls;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import java.util.Optional;
import java.util.Set;

/**
 * Opens {@code postgresql://[user:password@]host:port[,host:port]/database[?namespace=NAMESPACE]}. Of several hosts, the one that
 * takes writes is used, also after a promotion.
 *
 * <p>Without a user it is the one that this process runs as, as for libpq.
 *
 * <p>Parameters: {@code sslmode} as for libpq, {@code prefer} unless certificates are given, then {@code verify-full};
 * {@code pooler=true}, the hosts are poolers such as PgBouncer, which is otherwise found out at the connect. Everything else is
 * refused with an {@link IllegalArgumentException}, before any I/O.
 *
 * <p>The first connect creates the schema {@code sereno} in the database, if it is missing and the role has the right.
 *
 * <p>Instances are safe for use by multiple threads. {@link #open} blocks for the connect timeout at most.
 */
@AutoService(BackendProvider.class)
public final class PostgresBackendProvider implements BackendProvider {
    /** For ServiceLoader. */
    public PostgresBackendProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of("postgresql");
    }

    @Override
    public Optional<String> defaultUri() {
        return Optional.of("postgresql://127.0.0.1:5432");
    }

    @Override
    public Optional<String> pathParameter() {
        return Optional.of(Parameters.DATABASE);
    }

    @Override
    public Backend open(BackendConfig config) {
        Hosts hosts = new Hosts(config, Parameters.of(config));
        BlockingCalls<Link> calls =
                BlockingCalls.builder("postgresql", hosts, config).open(hosts::greet);
        return new PostgresBackend(calls, config.namespace(), hosts.guarantees(), config.time(), config.executor());
    }
}
