package io.sereno.backend.redis;

import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Watch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The channels of a client: which watches each of them serves, and which are subscribed to on the present connection.
 * Does no I/O: {@link Subscriber} sends the requests that {@link #next} returns. Safe for use by multiple threads.
 *
 * <p>A channel without watches stays subscribed to until {@link #dropIdle}: watches of entries come and go with each turn of a lock, and one
 * request can leave many channels.
 */
final class Subscriptions {
    /** A watch whose stage is not complete yet. */
    record Opening(NoticeQueue watch, CompletableFuture<Watch> stage, Runnable timer) {}

    /** A channel. All fields are guarded by the Subscriptions. */
    static final class Channel {
        final String name;
        private final Set<NoticeQueue> watches = new LinkedHashSet<>();
        /** Whether the client itself uses the channel, for no watch. */
        private boolean own;
        /** Identifies the latest request to subscribe to it on the present connection; null if there is none. */
        private @Nullable Object request;
        /** Whether the server has confirmed that request. */
        private boolean confirmed;
        /** Whether a former connection was subscribed to it. */
        private boolean cut;

        private Channel(String name) {
            this.name = name;
        }

        private boolean isWanted() {
            return own || !watches.isEmpty();
        }
    }

    /**
     * A request to send.
     *
     * @param channel to subscribe to; null for a request that leaves channels
     * @param id identifies a request to subscribe
     * @param left the channels that it leaves
     */
    record Step(@Nullable Channel channel, Object id, List<String> left) {}

    /**
     * The effect of a confirmation.
     *
     * @param opened watches that are live now
     * @param cut watches that were live over a former connection
     */
    record Confirmed(List<Opening> opened, List<NoticeQueue> cut) {}

    /** Guarded by this, as all below. By name. */
    private final Map<String, Channel> channels = new LinkedHashMap<>();

    private final Map<NoticeQueue, Opening> openings = new HashMap<>();
    private final Queue<Channel> unsent = new ArrayDeque<>();
    private List<String> leaving = List.of();
    /** How many confirmations of the server that a channel was left are still to come. */
    private final Map<String, Integer> left = new HashMap<>();

    private boolean connected;
    /**
     * Whether a thread is sending. It also sends the requests that are added meanwhile, so that requests are sent in
     * the order of the changes here.
     */
    private boolean sending;

    /**
     * Adds a watch. Returns false if its channel is already subscribed to: then the watch is live, and the opening is
     * not kept.
     */
    synchronized boolean add(String channel, Opening opening) {
        Channel joined = channels.computeIfAbsent(channel, Channel::new);
        joined.watches.add(opening.watch);
        if (joined.confirmed) {
            return false;
        }
        openings.put(opening.watch, opening);
        subscribe(joined);
        return true;
    }

    /** Adds a channel that the client itself uses, or allows it to be dropped. */
    synchronized void want(String channel, boolean wanted) {
        Channel own = channels.computeIfAbsent(channel, Channel::new);
        own.own = wanted;
        if (wanted) {
            subscribe(own);
        }
    }

    private void subscribe(Channel channel) {
        if (connected && channel.request == null) {
            channel.request = new Object();
            unsent.add(channel);
        }
    }

    /** Removes a watch. Returns its opening, if its stage is open. */
    synchronized @Nullable Opening remove(String channel, NoticeQueue watch) {
        Channel joined = channels.get(channel);
        if (joined != null) {
            joined.watches.remove(watch);
        }
        return openings.remove(watch);
    }

    /** There is a new connection: subscribes to all channels that are wanted. */
    synchronized void connected() {
        disconnected();
        connected = true;
        channels.values().forEach(this::subscribe);
    }

    synchronized void disconnected() {
        connected = false;
        unsent.clear();
        leaving = List.of();
        left.clear();
        channels.values().removeIf(channel -> !channel.isWanted());
        for (Channel channel : channels.values()) {
            channel.cut |= channel.confirmed;
            channel.confirmed = false;
            channel.request = null;
        }
    }

    /** The next request to send, for one thread at a time; null if there is none, or another thread is sending. */
    synchronized @Nullable Step first() {
        if (sending) {
            return null;
        }
        sending = true;
        return next();
    }

    /**
     * The next request for the thread that got the last one; null if there is none, and then another thread may send.
     */
    synchronized @Nullable Step next() {
        // Leave channels first: a channel that is left may be wanted again.
        if (!leaving.isEmpty()) {
            List<String> names = leaving;
            leaving = List.of();
            return new Step(null, names, names);
        }
        Channel channel = unsent.poll();
        Object request = channel == null ? null : channel.request;
        sending = request != null;
        return request == null ? null : new Step(channel, request, List.of());
    }

    /** Leaves the channels that serve no watch. */
    synchronized void dropIdle() {
        List<String> idle = new ArrayList<>(leaving);
        channels.values().removeIf(channel -> {
            boolean drops = !channel.isWanted() && channel.confirmed;
            if (drops) {
                idle.add(channel.name);
                left.merge(channel.name, 1, Integer::sum);
            }
            return drops;
        });
        leaving = List.copyOf(idle);
    }

    /** The server has confirmed a request to subscribe. Null if it is out of date. */
    synchronized @Nullable Confirmed confirmed(Channel channel, Object request) {
        if (channel.request != request) {
            return null;
        }
        channel.confirmed = true;
        Confirmed effect = new Confirmed(new ArrayList<>(), new ArrayList<>());
        for (NoticeQueue watch : channel.watches) {
            Opening opening = openings.remove(watch);
            if (opening != null) {
                effect.opened.add(opening);
            } else if (channel.cut) {
                effect.cut.add(watch);
            }
        }
        channel.cut = false;
        return effect;
    }

    /** The server reports that a channel was left. Returns whether this client requested that. */
    synchronized boolean wasLeft(String channel) {
        Integer times = left.computeIfPresent(channel, (name, before) -> before - 1);
        if (times == null) {
            return false;
        }
        left.remove(channel, 0);
        return true;
    }

    synchronized boolean isConfirmed(String channel) {
        Channel found = channels.get(channel);
        return found != null && found.confirmed;
    }

    /** The watches that a channel serves. */
    synchronized List<NoticeQueue> of(String channel) {
        Channel found = channels.get(channel);
        return found == null ? List.of() : List.copyOf(found.watches);
    }

    synchronized List<NoticeQueue> all() {
        List<NoticeQueue> all = new ArrayList<>();
        channels.values().forEach(channel -> all.addAll(channel.watches));
        return all;
    }

    /** Removes all watches that are not live yet. */
    synchronized List<Opening> takeOpenings() {
        List<Opening> taken = List.copyOf(openings.values());
        openings.clear();
        for (Channel channel : channels.values()) {
            taken.forEach(opening -> channel.watches.remove(opening.watch));
        }
        return taken;
    }
}
