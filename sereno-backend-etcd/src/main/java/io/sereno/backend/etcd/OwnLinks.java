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
 * The current connection, and the fail-over to another server. There is one connection at a time. A failed one is replaced
 * by a connection to the next address in the given order, or to the same address if there is no other.
 *
 * <p>gRPC's own fail-over is not used: it would wait up to two minutes before it retries an address, and it considers a
 * frozen server a good one.
 */
final class OwnLinks implements Links {
    /** The least time between two attempts at one address, so that a server that is down is not flooded. */
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final List<InetSocketAddress> endpoints;
    private final Function<InetSocketAddress, ManagedChannel> dial;
    private final TimeSource time;

    private final ReentrantLock lock = new ReentrantLock();
    // Below: guarded by the lock.
    private final Map<InetSocketAddress, Long> tried = new HashMap<>();
    /** Replaced connections with calls under way that may still be answered. */
    private final Set<OwnLink> retired = new HashSet<>();

    private boolean closed;

    private volatile OwnLink current;
    private volatile Consumer<Link> onReplaced = link -> {};

    OwnLinks(List<InetSocketAddress> endpoints, Function<InetSocketAddress, ManagedChannel> dial, TimeSource time) {
        this.endpoints = endpoints;
        this.dial = dial;
        this.time = time;
        this.current = open(endpoints.get(0), time.nanoTime());
    }

    @Override
    public void onReplaced(Consumer<Link> listener) {
        onReplaced = listener;
    }

    @Override
    public int count() {
        return endpoints.size();
    }

    @Override
    public Link current() {
        return current;
    }

    @Override
    public boolean failed(Link link) {
        // Keep a server that answers, even with an error, if there is no other.
        boolean keep = endpoints.size() == 1 && link instanceof OwnLink own && own.isConnected();
        return keep ? link != current : replace(link);
    }

    @Override
    public void unanswered(Link link, long since) {
        if (link.isSilentSince(since)) {
            replace(link);
        }
    }

    private boolean replace(Link link) {
        OwnLink last;
        lock.lock();
        try {
            last = current;
            if (closed || link != last) {
                return !closed;
            }
            long now = time.nanoTime();
            InetSocketAddress next = next(last.endpoint(), now);
            if (next == null) {
                return false;
            }
            current = open(next, now);
            retired.removeIf(old -> old.channel().isTerminated());
            retired.add(last);
        } finally {
            lock.unlock();
        }
        last.channel().shutdown();
        onReplaced.accept(last);
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

    private OwnLink open(InetSocketAddress endpoint, long now) {
        tried.put(endpoint, now);
        OwnLink link = new OwnLink(endpoint, dial.apply(endpoint), now);
        follow(link);
        return link;
    }

    /** Replaces a lost connection: gRPC would reconnect with the certificates that were read for the lost one. */
    private void follow(OwnLink link) {
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

    @Override
    public void close(Duration limit) {
        Set<OwnLink> all;
        lock.lock();
        try {
            closed = true;
            all = new HashSet<>(retired);
            all.add(current);
        } finally {
            lock.unlock();
        }
        all.forEach(link -> link.channel().shutdownNow());
        for (OwnLink link : all) {
            await(link.channel(), limit.dividedBy(all.size()));
        }
    }

    private static void await(ManagedChannel channel, Duration limit) {
        try {
            channel.awaitTermination(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // Everything is ending already; an interrupt means that the caller wants to leave.
            Thread.currentThread().interrupt();
        }
    }
}
