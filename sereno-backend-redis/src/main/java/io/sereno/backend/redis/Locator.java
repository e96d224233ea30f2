package io.sereno.backend.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.AsyncCloseable;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.models.slots.ClusterSlotRange;
import io.lettuce.core.cluster.models.slots.ClusterSlotsParser;
import io.lettuce.core.codec.StringCodec;
import io.sereno.backend.redis.Address.Form;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Finds the server that holds the namespace, anew for each connection: it is a fail-over, or the move of a slot, that ended the last one.
 * Who is found is asked again by the one who connects, as what Sentinels and nodes say may be old.
 */
final class Locator {
    private final RedisClient client;
    private final Address address;
    private final String key;
    /** Nodes of a Cluster that were seen to serve the slot: those in the URI may be gone one day. Guarded by itself. */
    private final Set<InetSocketAddress> seen = new LinkedHashSet<>();

    /** @param key one of the namespace's; all are in one slot */
    Locator(RedisClient client, Address address, String key) {
        this.client = client;
        this.address = address;
        this.key = key;
    }

    /** Asks one after another; each has its share of the time. */
    CompletionStage<InetSocketAddress> primary(Duration timeout) {
        if (address.form() == Form.SERVER) {
            return CompletableFuture.completedFuture(address.endpoints().get(0));
        }
        List<InetSocketAddress> candidates = nodes();
        Duration share = timeout.dividedBy(candidates.size());
        return firstOf(
                candidates,
                0,
                candidate ->
                        address.form() == Form.SENTINEL ? askSentinel(candidate, share) : askNode(candidate, share));
    }

    private static CompletionStage<InetSocketAddress> firstOf(
            List<InetSocketAddress> candidates,
            int index,
            Function<InetSocketAddress, CompletionStage<InetSocketAddress>> asking) {
        CompletionStage<InetSocketAddress> answer = asking.apply(candidates.get(index));
        return index + 1 == candidates.size()
                ? answer
                : answer.exceptionallyCompose(failure -> firstOf(candidates, index + 1, asking));
    }

    private CompletionStage<InetSocketAddress> askSentinel(InetSocketAddress sentinel, Duration timeout) {
        RedisURI uri = address.sentinel(sentinel, timeout);
        return client.connectSentinelAsync(StringCodec.UTF8, uri)
                .thenCompose(
                        connection -> closing(connection, connection.async().getMasterAddrByName(address.name())))
                .thenApply(found -> {
                    if (found instanceof InetSocketAddress primary) {
                        return primary;
                    }
                    throw notFound("the Sentinel at " + sentinel + " knows no primary named '" + address.name() + "'");
                });
    }

    private CompletionStage<InetSocketAddress> askNode(InetSocketAddress node, Duration timeout) {
        RedisURI uri = address.server(node, timeout);
        return client.connectAsync(StringCodec.UTF8, uri)
                .toCompletableFuture()
                .thenCompose(
                        connection -> closing(connection, connection.async().clusterSlots()))
                .thenApply(slots -> master(node, ClusterSlotsParser.parse(slots)));
    }

    private InetSocketAddress master(InetSocketAddress node, List<ClusterSlotRange> ranges) {
        int slot = SlotHash.getSlot(key);
        for (ClusterSlotRange range : ranges) {
            if (range.getFrom() <= slot && slot <= range.getTo()) {
                RedisURI uri = range.getUpstream().getUri();
                // A node that does not know its own address leaves it out.
                String host = uri.getHost() == null || uri.getHost().isEmpty() ? node.getHostString() : uri.getHost();
                InetSocketAddress master = InetSocketAddress.createUnresolved(host, uri.getPort());
                synchronized (seen) {
                    seen.add(master);
                }
                return master;
            }
        }
        throw notFound("the node at " + node + " knows nobody who serves slot " + slot);
    }

    private List<InetSocketAddress> nodes() {
        Set<InetSocketAddress> nodes = new LinkedHashSet<>(address.endpoints());
        synchronized (seen) {
            nodes.addAll(seen);
        }
        return List.copyOf(nodes);
    }

    private static <T> CompletionStage<T> closing(AsyncCloseable connection, CompletionStage<T> answer) {
        return answer.whenComplete((found, failure) -> Connection.end(connection));
    }

    private static BackendException notFound(String message) {
        return new BackendException(Outcome.NOT_APPLIED, false, message, null);
    }
}
