package io.sereno.backend.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.AsyncCloseable;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.models.slots.ClusterSlotRange;
import io.lettuce.core.cluster.models.slots.ClusterSlotsParser;
import io.lettuce.core.codec.StringCodec;
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
import org.jspecify.annotations.Nullable;

/**
 * Finds the server that holds the namespace, anew for each connection: it is a fail-over, or the move of a slot, that ended the last one.
 * Who is found is asked again by the one who connects, as what Sentinels and nodes say may be old.
 */
final class Locator {
    private final RedisClient client;
    private final Address address;
    private final String key;
    /** Nodes of a Cluster that are not in the URI, and served the slot: those in the URI may be gone one day. Guarded by itself. */
    private final Set<InetSocketAddress> seen = new LinkedHashSet<>();

    /** @param key one of the namespace's; all are in one slot */
    Locator(RedisClient client, Address address, String key) {
        this.client = client;
        this.address = address;
        this.key = key;
    }

    /** Asks one after another; each has its share of the time. */
    CompletionStage<InetSocketAddress> primary(Duration timeout) {
        List<InetSocketAddress> candidates = nodes();
        Duration share = timeout.dividedBy(candidates.size());
        return switch (address.form()) {
            case SERVER -> CompletableFuture.completedFuture(candidates.get(0));
            case SENTINEL -> askSentinels(candidates, share);
            case CLUSTER -> askNodes(candidates, share, null);
        };
    }

    private CompletionStage<InetSocketAddress> askSentinels(List<InetSocketAddress> candidates, Duration share) {
        CompletionStage<InetSocketAddress> answer = askSentinel(candidates.get(0), share);
        return candidates.size() == 1
                ? answer
                : answer.exceptionallyCompose(failure -> askSentinels(rest(candidates), share));
    }

    /**
     * A node that serves the slot itself is reached by the address by which it was asked: what nodes announce may be of use within their own
     * network only. Where none does, what was announced first.
     */
    private CompletionStage<InetSocketAddress> askNodes(
            List<InetSocketAddress> candidates, Duration share, @Nullable Master announced) {
        InetSocketAddress candidate = candidates.get(0);
        return askNode(candidate, share)
                .<CompletionStage<InetSocketAddress>>handle((found, failure) -> {
                    Master best = announced == null ? found : announced;
                    if (failure == null && found.itself()) {
                        return CompletableFuture.completedFuture(candidate);
                    }
                    if (candidates.size() > 1) {
                        return askNodes(rest(candidates), share, best);
                    }
                    if (best == null) {
                        return CompletableFuture.failedFuture(failure);
                    }
                    synchronized (seen) {
                        seen.add(best.address());
                    }
                    return CompletableFuture.completedFuture(best.address());
                })
                .thenCompose(Function.identity());
    }

    private static List<InetSocketAddress> rest(List<InetSocketAddress> candidates) {
        return candidates.subList(1, candidates.size());
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

    /** Who serves the slot, as a node says, and whether it is the node itself. */
    private record Master(InetSocketAddress address, boolean itself) {}

    private CompletionStage<Master> askNode(InetSocketAddress node, Duration timeout) {
        RedisURI uri = address.server(node, timeout);
        return client.connectAsync(StringCodec.UTF8, uri)
                .toCompletableFuture()
                .thenCompose(connection -> closing(
                        connection,
                        connection
                                .async()
                                .clusterMyId()
                                .thenCombine(
                                        connection.async().clusterSlots(),
                                        (id, slots) -> master(node, id, ClusterSlotsParser.parse(slots)))));
    }

    private Master master(InetSocketAddress node, String id, List<ClusterSlotRange> ranges) {
        int slot = SlotHash.getSlot(key);
        for (ClusterSlotRange range : ranges) {
            if (range.getFrom() <= slot && slot <= range.getTo()) {
                RedisURI uri = range.getUpstream().getUri();
                // A node that does not know its own address leaves it out.
                String host = uri.getHost() == null || uri.getHost().isEmpty() ? node.getHostString() : uri.getHost();
                InetSocketAddress master = InetSocketAddress.createUnresolved(host, uri.getPort());
                return new Master(master, id.equals(range.getUpstream().getNodeId()));
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
