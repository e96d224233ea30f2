package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.PortProbe;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/**
 * The steps when a client connects:
 *
 * <ol>
 *   <li>create the nodes of the namespace, if this is its first client;
 *   <li>read the guards;
 *   <li>read whether this is an ensemble, unless the slack was given;
 *   <li>two short sessions ask for a very short and a very long time: what they get is the servers' range.
 * </ol>
 */
final class Opening {
    /** The server's own description of the ensemble. */
    private static final String ENSEMBLE = "/zookeeper/config";

    /** A four-letter command. A server that does not accept it, or has no quorum, also answers with words that name it. */
    private static final PortProbe PROBE = new PortProbe(
            "ZooKeeper", "zookeeper", ZooKeeperBackendProvider.TLS, "srvr\r\n\r\n".getBytes(UTF_8), answer -> {
                String words = new String(answer, UTF_8);
                return words.contains("ooKeeper") || words.contains("ookeeper") || words.startsWith("srvr is not");
            });

    /** With less, a client gives up on a slow connection. */
    private static final Duration LITTLE = Duration.ofSeconds(1);

    private static final Duration MUCH = Duration.ofDays(1);

    private final Connection connection;
    private final Link main;
    private final Namespace namespace;
    private final Call<Boolean> call;
    private final Asking asking;
    private final Optional<Duration> givenSlack;

    Opening(Connection connection, Link main, Namespace namespace, Optional<Duration> givenSlack) {
        this.connection = connection;
        this.main = main;
        this.namespace = namespace;
        this.givenSlack = givenSlack;
        this.call = new Call<>("connecting to ZooKeeper at " + connection.hosts(), Runnable::run);
        this.asking = new Asking(main, call);
    }

    /** Blocks until all steps are done, for the connect timeout at most. */
    void await(BackendConfig config) {
        start();
        try {
            awaitEnd(config, call.stage().toCompletableFuture());
        } catch (TimeoutException e) {
            throw new BackendException(
                    BackendException.Outcome.NOT_APPLIED,
                    false,
                    call.what() + ": no answer within "
                            + config.connectTimeout().toMillis()
                            + " ms; check that a server runs there, and that most servers of the ensemble run",
                    e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof BackendException known
                    ? known
                    : Failures.notNow(call.what() + ": " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failures.notNow(call.what() + ": interrupted");
        }
    }

    /**
     * If there is no connection after half of the time, fails with the reason if it can be found out: ZooKeeper's client does not
     * report it.
     */
    private void awaitEnd(BackendConfig config, CompletableFuture<Boolean> end)
            throws ExecutionException, InterruptedException, TimeoutException {
        long timeout = config.connectTimeout().toNanos();
        long deadline = connection.time().nanoTime() + timeout;
        try {
            end.get(timeout / 2, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            if (!main.isConnected()) {
                problem(config, Duration.ofNanos(timeout / 4)).ifPresent(why -> {
                    throw Failures.refused(call.what() + ": " + why);
                });
            }
            end.get(Math.max(0, deadline - connection.time().nanoTime()), TimeUnit.NANOSECONDS);
        }
    }

    private Optional<String> problem(BackendConfig config, Duration limit) {
        if (connection.tls().isEmpty()) {
            return PROBE.fault(config.endpoints(), false, limit);
        }
        Duration half = limit.dividedBy(2);
        // Three waits for each server: connect, handshake, refusal.
        Duration each = half.dividedBy(3L * config.endpoints().size());
        return connection
                .tls()
                .get()
                .problem(config.endpoints(), each)
                .or(() -> PROBE.fault(config.endpoints(), true, half));
    }

    /** Ends the call when all steps are done. */
    private void start() {
        namespace.open(asking, () -> {
            if (givenSlack.isPresent()) {
                askForRange(least -> givenSlack.get());
            } else {
                readEnsemble();
            }
        });
    }

    /** Step 3. A client that may not read it assumes an ensemble, to be on the safe side. */
    private void readEnsemble() {
        asking.ask(handle -> handle.data(ENSEMBLE), answer -> {
            byte[] ensemble = answer.value();
            boolean standalone =
                    answer.isOk() && (ensemble == null || !new String(ensemble, UTF_8).contains("server."));
            askForRange(standalone ? least -> Duration.ZERO : Range::usualSlack);
        });
    }

    /** Step 4. Both sessions ask one server, the one that we are connected to. */
    private void askForRange(UnaryOperator<Duration> slack) {
        main.whenConnected(
                call,
                handle -> {
                    String server = handle.server(connection.hosts());
                    var least = RangeProbe.ask(connection, call, server, LITTLE);
                    var greatest = RangeProbe.ask(connection, call, server, MUCH);
                    call.follow(least.thenAcceptBoth(greatest, (min, max) -> {
                        connection.range(new Range(min, max, slack.apply(min)));
                        call.end(true);
                    }));
                },
                asking::dead);
    }
}
