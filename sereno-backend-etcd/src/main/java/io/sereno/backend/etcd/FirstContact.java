package io.sereno.backend.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.StatusResponse;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.Status;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Guarantees;
import io.sereno.spi.PortProbe;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The requests to etcd when a client is opened, within the connect timeout. If there is no answer, the exception says why, as
 * far as that can be found out. TLS on one side only and another protocol are permanent failures here.
 */
final class FirstContact {
    /** The HTTP/2 preface and empty settings, as gRPC begins. A server answers with its settings, a frame of type 4. */
    private static final PortProbe PROBE = new PortProbe(
            "etcd",
            "etcd",
            EtcdBackendProvider.TLS,
            ByteString.copyFromUtf8("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
                    .toByteArray(),
            answer -> answer.length > 3 && answer[0] == 0 && answer[3] == 4);

    private final BackendConfig config;
    private final Connection connection;
    private final Calls calls;
    private final Keys keys;
    private final String hosts;
    private final long deadline;
    private boolean probed;

    /** The connect timeout begins now that the client library is loaded. */
    FirstContact(BackendConfig config, Connection connection) {
        this.config = config;
        this.connection = connection;
        this.calls = connection.calls();
        this.keys = new Keys(config.namespace());
        this.hosts = connection.servers().isEmpty()
                ? connection.links().current().authority()
                : connection.servers().stream()
                        .map(endpoint -> endpoint.getHostString() + ":" + endpoint.getPort())
                        .collect(Collectors.joining(","));
        this.deadline = config.time().nanoTime() + config.connectTimeout().toNanos();
    }

    /** Blocks for the connect timeout at most. */
    Backend open() {
        LeaseGrantResponse granted = grantShortest();
        LeaseRevokeRequest revoke =
                LeaseRevokeRequest.newBuilder().setID(granted.getID()).build();
        StatusRequest who = StatusRequest.getDefaultInstance();
        Duration rest = left();
        // If this fails, the lease ends by itself. On a slow machine it may have ended already.
        CompletableFuture<?> revoked =
                calls.call(LeaseGrpc.getLeaseRevokeMethod(), revoke, rest).handle((answer, failure) -> true);
        CompletableFuture<TxnResponse> tried = calls.call(KVGrpc.getTxnMethod(), Layout.request(keys), rest);
        CompletableFuture<StatusResponse> status = calls.call(MaintenanceGrpc.getStatusMethod(), who, rest);
        await(revoked);
        Layout.check(await(tried), keys);
        String version = version(status);
        if (connection.tokens().isUsed()) {
            EtcdVersion.warnOfRights(version, config.namespace());
        }
        Guarantees guarantees =
                EtcdLimits.guarantees(version, Duration.ofSeconds(granted.getTTL()), connection.recovery());
        Watches watches = new Watches(connection, keys, config.time(), config.executor(), config.operationTimeout());
        return new EtcdBackend(connection, keys, watches, guarantees);
    }

    /** Asks for the shortest possible lease to learn its length: etcd derives it from its election timeout. */
    private LeaseGrantResponse grantShortest() {
        LeaseGrantRequest shortest = LeaseGrantRequest.newBuilder().setTTL(1).build();
        for (int remaining = connection.links().count(); ; remaining--) {
            // A silent address must leave time for the others.
            Duration share = left().dividedBy(remaining);
            CompletableFuture<LeaseGrantResponse> attempt =
                    calls.call(LeaseGrpc.getLeaseGrantMethod(), shortest, share);
            try {
                return await(attempt, share);
            } catch (BackendException e) {
                if (e.permanent()) {
                    throw e;
                }
                throwFault(e);
                if (remaining == 1) {
                    throw e;
                }
            }
        }
    }

    private LeaseGrantResponse await(CompletableFuture<LeaseGrantResponse> attempt, Duration share) {
        try {
            return attempt.get(share.toNanos() / 2, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throwFault(null);
            return await(attempt);
        } catch (ExecutionException e) {
            throw explained(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private <T> T await(CompletableFuture<T> stage) {
        try {
            return stage.get();
        } catch (ExecutionException e) {
            throw explained(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** A timeout of one step, which had only the rest of the time, is reported as a timeout of the whole. */
    private BackendException explained(ExecutionException e) {
        Throwable failure = e.getCause() == null ? e : e.getCause();
        BackendException exception = Failures.ofRead(failure);
        if (Failures.is(failure, Status.Code.DEADLINE_EXCEEDED)) {
            return noAnswer(exception);
        }
        if (isShutDown(failure)) {
            return new BackendException(
                    exception.outcome(),
                    true,
                    hosts + " is shut down; a channel that is open until the backend is closed is accepted",
                    exception);
        }
        if (Failures.is(failure, Status.Code.UNIMPLEMENTED)) {
            return new BackendException(
                    exception.outcome(),
                    true,
                    "the server at " + hosts + " speaks gRPC and is not etcd: " + exception.getMessage(),
                    exception);
        }
        return Failures.is(failure, Status.Code.INVALID_ARGUMENT)
                        && !connection.tokens().isUsed()
                ? new BackendException(
                        exception.outcome(),
                        exception.permanent(),
                        exception.getMessage() + "; the server asks for a user and a password, and none was given",
                        exception)
                : exception;
    }

    /** gRPC has no code of its own for it. Only the message depends on the text. */
    private static boolean isShutDown(Throwable failure) {
        return Failures.unwrap(failure) instanceof CallFailure call
                && !call.sent()
                && String.valueOf(call.status().getDescription()).startsWith("Channel shutdown");
    }

    private BackendException noAnswer(@Nullable Throwable cause) {
        return new BackendException(
                Outcome.NOT_APPLIED,
                false,
                "etcd at " + hosts + " did not answer within " + config.connectTimeout()
                        + "; check that a server runs there, and that most servers of the cluster run",
                cause);
    }

    private static BackendException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new BackendException(Outcome.NOT_APPLIED, false, "interrupted while connecting to etcd", e);
    }

    /** What is left of the connect timeout. Fails if nothing is left. */
    private Duration left() {
        long nanos = deadline - config.time().nanoTime();
        if (nanos <= 0) {
            throw noAnswer(null);
        }
        return Duration.ofNanos(nanos);
    }

    /** Throws if the answer comes from something other than a server that this client can talk to. Checks once. */
    private void throwFault(@Nullable BackendException failure) {
        long limit = Math.min(
                deadline - config.time().nanoTime(), config.connectTimeout().toNanos() / 4);
        if (!probed
                && !connection.servers().isEmpty()
                && limit >= Duration.ofMillis(1).toNanos()) {
            probed = true;
            Optional<String> fault = PROBE.fault(
                    connection.servers(), config.scheme().equals(EtcdBackendProvider.TLS), Duration.ofNanos(limit));
            fault.ifPresent(found -> {
                throw new BackendException(Outcome.NOT_APPLIED, true, "connecting to etcd: " + found, failure);
            });
        }
    }

    /** From 3.5.28 and 3.6.0 on, many etcd versions report their version to administrators only. */
    private String version(CompletableFuture<StatusResponse> status) {
        try {
            return await(status).getVersion();
        } catch (BackendException refused) {
            if (refused.permanent()) {
                return "unknown";
            }
            throw refused;
        }
    }
}
