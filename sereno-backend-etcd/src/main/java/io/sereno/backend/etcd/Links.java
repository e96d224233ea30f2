package io.sereno.backend.etcd;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The connection in use, and the fail-over to another server. There is one at a time; one that failed is replaced by a new
 * one, to the next address in the order given, or to the same if there is no other.
 *
 * <p>gRPC's own ways are passed by: it would wait up to two minutes before it tries an address again, and it takes
 * a server that is frozen for a good one.
 */
final class Links {
    /** An address is not tried again sooner than this, so that a server which is down is not hammered. */
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final List<InetSocketAddress> endpoints;
    private final Function<InetSocketAddress, ManagedChannel> dial;
    private final TimeSource time;

    private final ReentrantLock lock = new ReentrantLock();
    // Below: guarded by the lock.
    private final Map<InetSocketAddress, Long> tried = new HashMap<>();
    /** Replaced, but with calls under way that may still be answered. */
    private final Set<Link> retired = new HashSet<>();

    private boolean closed;

    private volatile Link current;
    private volatile Consumer<Link> onReplaced = link -> {};

    Links(List<InetSocketAddress> endpoints, Function<InetSocketAddress, ManagedChannel> dial, TimeSource time) {
        this.endpoints = endpoints;
        this.dial = dial;
        this.time = time;
        this.current = open(endpoints.get(0), time.nanoTime());
    }

    /** Hears of each connection that was replaced, outside locks. */
    void onReplaced(Consumer<Link> listener) {
        onReplaced = listener;
    }

    int count() {
        return endpoints.size();
    }

    Link current() {
        return current;
    }

    /** A call over this connection failed for want of the server; answers whether there is another connection now. */
    boolean failed(Link link) {
        // A server that answers, with an error, is as good as any if there is no other.
        boolean keep = endpoints.size() == 1 && link.isConnected();
        return keep ? link != current : replace(link);
    }

    /** A call over this connection waits in vain. One that carried other answers meanwhile is merely slow. */
    void unanswered(Link link, long since) {
        if (link.isSilentSince(since)) {
            replace(link);
        }
    }

    private boolean replace(Link link) {
        lock.lock();
        try {
            if (closed || link != current) {
                return !closed;
            }
            long now = time.nanoTime();
            InetSocketAddress next = next(link.endpoint(), now);
            if (next == null) {
                return false;
            }
            current = open(next, now);
            retired.removeIf(old -> old.channel().isTerminated());
            retired.add(link);
        } finally {
            lock.unlock();
        }
        link.channel().shutdown();
        onReplaced.accept(link);
        return true;
    }

    private @Nullable InetSocketAddress next(InetSocketAddress failed, long now) {
        int from = endpoints.indexOf(failed);
        for (int i = 1; i <= endpoints.size(); i++) {
            InetSocketAddress endpoint = endpoints.get((from + i) % endpoints.size());
            Long last = tried.get(endpoint);
            if (last == null || now - last >= PAUSE.toNanos()) {
                return endpoint;
            }
        }
        return null;
    }

    private Link open(InetSocketAddress endpoint, long now) {
        tried.put(endpoint, now);
        Link link = new Link(endpoint, dial.apply(endpoint), now);
        follow(link);
        return link;
    }

    /** A connection that is lost is replaced: gRPC would make it again with the certificates that were read for it. */
    private void follow(Link link) {
        ConnectivityState before = link.channel().getState(false);
        link.channel().notifyWhenStateChanged(before, () -> {
            if (before == ConnectivityState.READY) {
                link.lose();
            }
            boolean replaced = link.isLost() && replace(link);
            if (!replaced && link.channel().getState(false) != ConnectivityState.SHUTDOWN) {
                follow(link);
            }
        });
    }

    /** Ends all calls under way and blocks until the sockets are closed, for no longer than this. */
    void close(Duration limit) {
        Set<Link> all;
        lock.lock();
        try {
            closed = true;
            all = new HashSet<>(retired);
            all.add(current);
        } finally {
            lock.unlock();
        }
        all.forEach(link -> link.channel().shutdownNow());
        for (Link link : all) {
            await(link.channel(), limit.dividedBy(all.size()));
        }
    }

    private static void await(ManagedChannel channel, Duration limit) {
        try {
            channel.awaitTermination(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // Everything was told to end; whoever interrupts wants us to be gone.
            Thread.currentThread().interrupt();
        }
    }
}
