package io.sereno.backend.etcd;

import com.google.auto.service.AutoService;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.StatusResponse;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendProvider;
import io.sereno.spi.Guarantees;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Opens {@code etcd://host:port[,host:port...]/namespace}, and {@code etcds:} for TLS. Several hosts are the members of one
 * cluster; the client talks to one of them, and goes on to the next when that one fails.
 *
 * <p>There are no parameters. A user and a password are those of etcd's own users. With {@code etcds:} the certificates of
 * the servers are checked against those that are trusted, by default the JVM's, and a client's own are shown where given.
 *
 * <p>Instances are safe for use by multiple threads; {@link #open} blocks until etcd has answered.
 */
@AutoService(BackendProvider.class)
public final class EtcdBackendProvider implements BackendProvider {
    static final String TLS = "etcds";
    private static final System.Logger LOG = System.getLogger("io.sereno");

    /** For ServiceLoader. */
    public EtcdBackendProvider() {}

    @Override
    public Set<String> schemes() {
        return Set.of("etcd", TLS);
    }

    @Override
    public Optional<String> defaultUri() {
        return Optional.of("etcd://127.0.0.1:2379");
    }

    @Override
    public Backend open(BackendConfig config) {
        check(config);
        Connection connection = new Connection(config);
        try {
            return open(config, connection);
        } catch (RuntimeException | Error e) {
            connection.close();
            throw e;
        }
    }

    private static Backend open(BackendConfig config, Connection connection) {
        Calls calls = connection.calls();
        long deadline = config.time().nanoTime() + config.connectTimeout().toNanos();
        // Asks for the shortest lease to learn which one there is: etcd derives it from its election timeout.
        LeaseGrantRequest shortest = LeaseGrantRequest.newBuilder().setTTL(1).build();
        LeaseGrantResponse granted = null;
        int left = config.endpoints().size();
        while (granted == null) {
            // An address that is silent leaves time for the others.
            Duration share = remaining(config, deadline).dividedBy(left--);
            try {
                granted = EtcdBackend.await(calls.call(LeaseGrpc.getLeaseGrantMethod(), shortest, share));
            } catch (BackendException e) {
                if (left == 0 || e.permanent()) {
                    throw e;
                }
            }
        }
        Keys keys = new Keys(config.namespace());
        LeaseRevokeRequest revoke =
                LeaseRevokeRequest.newBuilder().setID(granted.getID()).build();
        StatusRequest who = StatusRequest.getDefaultInstance();
        Duration rest = remaining(config, deadline);
        // Should this fail, the lease ends by itself, as it may have done by now where the machine is slow.
        CompletableFuture<?> revoked =
                calls.call(LeaseGrpc.getLeaseRevokeMethod(), revoke, rest).handle((answer, failure) -> true);
        // A user without the right to the namespace is told so now.
        CompletableFuture<?> tried = calls.call(KVGrpc.getTxnMethod(), Transactions.withoutEffect(keys), rest);
        CompletableFuture<StatusResponse> status = calls.call(MaintenanceGrpc.getStatusMethod(), who, rest);
        EtcdBackend.await(revoked);
        EtcdBackend.await(tried);
        String version = version(status);
        warnOfRights(config, version);
        Guarantees guarantees =
                EtcdLimits.guarantees(version, Duration.ofSeconds(granted.getTTL()), config.operationTimeout());
        Watches watches = new Watches(connection, keys, config.time(), config.executor(), config.operationTimeout());
        return new EtcdBackend(connection, keys, watches, guarantees);
    }

    /** A user is meant to keep others out of the namespace, which such a server does not do. */
    private static void warnOfRights(BackendConfig config, String version) {
        boolean enforced =
                EtcdVersion.parse(version).map(EtcdVersion::enforcesRights).orElse(true);
        if (config.user().isPresent() && !enforced) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    () -> "etcd " + version
                            + " does not fully enforce the rights of its users: a user of another prefix can "
                            + "read and delete the entries of namespace '" + config.namespace()
                            + "'. Use at least 3.5.33 or 3.6.14; docs/etcd.md has the list of vulnerabilities");
        }
    }

    /** From 3.5.28 and 3.6.0 on, many versions of etcd tell their version to administrators only. */
    private static String version(CompletableFuture<StatusResponse> status) {
        try {
            return EtcdBackend.await(status).getVersion();
        } catch (BackendException refused) {
            if (refused.permanent()) {
                return "unknown";
            }
            throw refused;
        }
    }

    private static Duration remaining(BackendConfig config, long deadline) {
        return Duration.ofNanos(Math.max(1, deadline - config.time().nanoTime()));
    }

    private static void check(BackendConfig config) {
        if (!config.parameters().isEmpty()) {
            throw new IllegalArgumentException(
                    "unknown parameters " + config.parameters().keySet()
                            + "; etcd takes none of its own: etcd://host:port[,host:port...]/namespace");
        }
        if (config.endpoints().isEmpty()) {
            throw new IllegalArgumentException("no host; etcd://host:port[,host:port...]/namespace is accepted");
        }
        boolean certificates = config.trust().isPresent()
                || config.certificates().isPresent()
                || config.privateKey().isPresent();
        if (certificates && !config.scheme().equals(TLS)) {
            throw new IllegalArgumentException(
                    "certificates were given, and etcd: is a connection without TLS; write etcds:");
        }
        if (config.password().isPresent() && config.user().isEmpty()) {
            throw new IllegalArgumentException("a password was given and no user; etcd wants both");
        }
    }
}
