package io.sereno.backend.redis;

import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Finds the server that holds the namespace, again for each connection: a fail-over, or the move of a slot, may have ended the last one.
 *
 * <p>A connection is used only after the script has run on it: the answers of Sentinels and nodes may be outdated.
 */
final class Locator {
    /** Connects to one server. */
    interface Dialer {
        CompletionStage<Connection> dial(InetSocketAddress server, Duration timeout);
    }

    private final LettuceClient client;
    private final Address address;
    private final Dialer dialer;
    private final TimeSource time;
    /**
     * Nodes of a Cluster that are not in the URI and have served the slot: the nodes in the URI may disappear. Guarded
     * by itself.
     */
    private final Set<InetSocketAddress> seen = new LinkedHashSet<>();
    /** The number of attempts so far. */
    private final AtomicInteger attempts = new AtomicInteger();

    Locator(LettuceClient client, Address address, Dialer dialer, TimeSource time) {
        this.client = client;
        this.address = address;
        this.dialer = dialer;
        this.time = time;
    }

    CompletionStage<Connection> connect(Duration timeout) {
        List<InetSocketAddress> candidates = candidates();
        return switch (address.form()) {
            case SERVER -> dialer.dial(candidates.get(0), timeout);
            case SENTINEL ->
                new Search<InetSocketAddress>(
                                candidates, sentinel -> askSentinel(sentinel, timeout), unneeded -> {}, time)
                        .begin()
                        .thenCompose(primary -> dialer.dial(primary, timeout));
            case CLUSTER -> tryNodes(candidates, timeout);
        };
    }

    /**
     * Each attempt begins with another candidate, since a candidate that is cut off from the others gives outdated
     * answers.
     */
    private List<InetSocketAddress> candidates() {
        Set<InetSocketAddress> known = new LinkedHashSet<>(address.endpoints());
        synchronized (seen) {
            known.addAll(seen);
        }
        List<InetSocketAddress> candidates = new ArrayList<>(known);
        Collections.rotate(candidates, -Math.floorMod(attempts.getAndIncrement(), candidates.size()));
        return candidates;
    }

    private CompletionStage<InetSocketAddress> askSentinel(InetSocketAddress sentinel, Duration timeout) {
        RedisURI uri = address.sentinel(sentinel, timeout);
        return client.client()
                .connectSentinelAsync(StringCodec.UTF8, uri)
                .thenCompose(connection -> connection
                        .async()
                        .getMasterAddrByName(address.name())
                        .whenComplete((found, failure) -> client.end(connection)))
                .thenApply(found -> {
                    if (found instanceof InetSocketAddress primary) {
                        return primary;
                    }
                    throw new BackendException(
                            Outcome.NOT_APPLIED,
                            false,
                            "the Sentinel at " + sentinel + " knows no primary named '" + address.name() + "'",
                            null);
                });
    }

    /**
     * Nodes with a known address are tried at that address: an address that a node announces may be reachable within its own network only.
     * If none of them serves the slot, tries the first announced node.
     */
    private CompletionStage<Connection> tryNodes(List<InetSocketAddress> candidates, Duration timeout) {
        AtomicReference<@Nullable InetSocketAddress> announced = new AtomicReference<>();
        return new Search<Connection>(
                        candidates,
                        node -> dialer.dial(node, timeout).whenComplete((connection, failure) -> {
                            if (failure != null) {
                                Errors.moved(failure, node.getHostString())
                                        .ifPresent(other -> announced.compareAndSet(null, other));
                            }
                        }),
                        Connection::close,
                        time)
                .begin()
                .exceptionallyCompose(failure -> {
                    InetSocketAddress other = announced.get();
                    return other == null ? CompletableFuture.failedFuture(failure) : dialAnnounced(other, timeout);
                });
    }

    private CompletionStage<Connection> dialAnnounced(InetSocketAddress node, Duration timeout) {
        return dialer.dial(node, timeout).whenComplete((connection, failure) -> {
            if (failure == null) {
                synchronized (seen) {
                    seen.add(node);
                }
            }
        });
    }
}
