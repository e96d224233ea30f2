package io.sereno.backend.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.PortProbe;
import java.io.EOFException;
import java.net.SocketException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * The first connection of a client, within the connect timeout. If it fails, the exception says why, as far as that can
 * be found out. A refused certificate, TLS on one side only, and another protocol are permanent failures here. Later
 * connections are simply retried.
 */
final class FirstContact {
    /** A server answers an unknown command with an error line, and a known one with a line. */
    private static final PortProbe PROBE = new PortProbe(
            "Redis", "redis", "rediss", "PING\r\n".getBytes(US_ASCII), answer -> answer[0] == '+' || answer[0] == '-');

    private final Connector connector;
    private final Address address;
    private final BackendConfig config;
    private final String what;
    private long deadline;

    FirstContact(Connector connector, Address address, BackendConfig config) {
        this.connector = connector;
        this.address = address;
        this.config = config;
        this.what = "connecting to Redis at " + address;
    }

    /** A connection, and how the server is set up. */
    record Made(Connection connection, Setup setup) {}

    /** Blocks for the connect timeout at most. */
    Made await() {
        Duration timeout = config.connectTimeout();
        deadline = config.time().nanoTime() + timeout.toNanos();
        CompletableFuture<Made> contact = begin(timeout);
        try {
            try {
                return contact.get(timeout.toNanos() / 2, TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                throwFault(null);
                return contact.get(left(), TimeUnit.NANOSECONDS);
            }
        } catch (ExecutionException e) {
            Optional<LinkageError> linkageError = Errors.linkageError(e);
            if (linkageError.isPresent()) {
                throw linkageError.get();
            }
            BackendException failure = Errors.of(what, false, e);
            if (!failure.permanent()) {
                if (isRefusedByTls(failure)) {
                    throw refused(failure.getMessage() + "; check the certificates of both sides", failure);
                }
                throwFault(failure);
            }
            throw failure;
        } catch (TimeoutException e) {
            throw new BackendException(
                    Outcome.NOT_APPLIED, false, "no answer from Redis at " + address + " within " + timeout, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackendException(
                    Outcome.NOT_APPLIED, false, "interrupted while connecting to Redis at " + address, e);
        }
    }

    private CompletableFuture<Made> begin(Duration timeout) {
        return connector
                .connect(timeout)
                .thenCompose(connection -> connection
                        .settings(Setup.SETTINGS)
                        // Without the right to ask, nothing that depends on the answer is promised.
                        .exceptionally(refused -> Map.of())
                        .thenApply(settings -> new Made(
                                connection,
                                new Setup(connection.server(), settings, address.form(), connection.clockBehind()))))
                .toCompletableFuture();
    }

    private long left() {
        return Math.max(0, deadline - config.time().nanoTime());
    }

    /** Throws if the port belongs to something other than a server that this client can use. */
    private void throwFault(@Nullable BackendException failure) {
        Duration limit =
                Duration.ofNanos(Math.min(left(), config.connectTimeout().toNanos() / 4));
        if (limit.toMillis() > 0) {
            Optional<String> fault = PROBE.fault(address.endpoints(), address.tls(), limit);
            fault.ifPresent(found -> {
                throw refused(what + ": " + found, failure);
            });
        }
    }

    private static BackendException refused(String why, @Nullable BackendException cause) {
        return new BackendException(Outcome.NOT_APPLIED, true, why, cause);
    }

    /**
     * Whether a certificate or an alert is the cause. A handshake that failed because the other side has no TLS does
     * not count.
     */
    private static boolean isRefusedByTls(Throwable failure) {
        boolean handshake = false;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return true;
            }
            if (cause instanceof EOFException || cause instanceof SocketException) {
                return false;
            }
            handshake |= cause instanceof SSLHandshakeException;
        }
        return handshake;
    }
}
