package io.sereno.recipes.topic;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.MessagesLostException;
import io.sereno.TopicReader;
import io.sereno.recipes.client.Open;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.spi.BackendException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Gives the messages of a topic to callers of {@code next}, in the order of their calls.
 *
 * <p>A call acknowledges all messages that were returned before it. A message given to a caller that was interrupted at the same moment is
 * given to the next caller, and no later message is acknowledged before it.
 */
final class TopicPull<T> implements TopicReader<T>, TopicCursor.Reader, Open {
    private static final String OPERATION = "next";

    /** One call; completes empty when its time limit ends. */
    private static final class Request extends TimedWait<Optional<TopicCursor.Next>> {
        /** The caller has received its result; before that, an interrupt may make it give the result back. */
        private volatile boolean arrived;

        Request(Kernel kernel, Strand strand) {
            super(kernel, strand);
        }
    }

    /** A message or gap that was given out. */
    private record Given(Request to, TopicCursor.Next next, int epoch) {}

    /** Lost messages come before the messages that took their place. */
    private record Key(int history, long first) {
        static final Comparator<Key> ORDER =
                Comparator.comparingInt(Key::history).thenComparingLong(Key::first);
    }

    private final Kernel kernel;
    private final Scope scope;
    private final Codec<T> codec;
    private final Strand strand;
    private final TopicCursor cursor;
    private final @Nullable TopicPosition position;

    // Confined to the strand.
    private final Deque<Request> requests = new ArrayDeque<>();
    /** What may still be given back, or is not acknowledged yet; in the order in which it was given out. */
    private final Deque<Given> given = new ArrayDeque<>();
    /** To be given out again, in order. */
    private final NavigableMap<Key, TopicCursor.Next> givenBack = new TreeMap<>(Key.ORDER);
    /** The cursor's epoch when something was given back. */
    private int epoch;
    /** The offset after all messages that arrived. */
    private long arrived;

    private long acknowledged;
    /** The cursor's history to which {@code arrived} and {@code acknowledged} belong. */
    private int history;

    private @Nullable RuntimeException ended;

    private final AtomicBoolean ending = new AtomicBoolean();

    TopicPull(TopicPlace place, Codec<T> codec) {
        this.scope = place.feed().scope();
        this.kernel = scope.kernel();
        this.codec = codec;
        this.strand = place.feed().strand();
        this.cursor = new TopicCursor(place.feed(), this);
        this.position = place.position(cursor);
        scope.client().opened(this);
    }

    TopicReader<T> open(From from, @Nullable TopicHeader now) {
        strand.execute(() -> {
            if (position != null) {
                position.open();
            } else {
                cursor.open(from, now);
            }
        });
        return this;
    }

    @Override
    public Message<T> next() throws InterruptedException {
        return message(await(null).orElseThrow());
    }

    @Override
    public Optional<Message<T>> next(Duration timeout) throws InterruptedException {
        return await(Scope.checkTimeout(timeout)).map(this::message);
    }

    private Optional<TopicCursor.Next> await(@Nullable Duration limit) throws InterruptedException {
        scope.requireNotInterrupted(OPERATION);
        Request request = new Request(kernel, strand);
        strand.execute(() -> ask(request, limit));
        try {
            Optional<TopicCursor.Next> next = Await.interruptibly(request.result());
            request.arrived = true;
            return next;
        } catch (InterruptedException interrupted) {
            strand.execute(() -> withdraw(request));
            throw interrupted;
        }
    }

    private Message<T> message(TopicCursor.Next next) {
        if (next instanceof TopicCursor.Next.Missing missing) {
            Gap gap = missing.gap();
            String which = "messages " + gap.firstOffset() + " to " + gap.lastOffset();
            throw new MessagesLostException(
                    gap,
                    scope.about(OPERATION)
                            + (missing.areLost()
                                    ? ": the store has lost " + which + "; the next call continues with the messages"
                                            + " published in their place, from offset " + missing.end()
                                    : ": retention removed " + which
                                            + " before they were read; the next call continues after them"));
        }
        return TopicPlace.message((TopicCursor.Next.One) next, codec);
    }

    private void ask(Request request, @Nullable Duration limit) {
        acknowledge();
        if (ended != null) {
            request.fail(ended);
            return;
        }
        requests.add(request);
        serve();
        if (limit != null && limit.isZero()) {
            runOut(request);
        } else if (limit != null) {
            request.limit(limit, () -> runOut(request));
        }
    }

    private void serve() {
        while (!requests.isEmpty()) {
            TopicCursor.Next next = poll();
            if (next == null) {
                return;
            }
            Request first = requests.removeFirst();
            given.add(new Given(first, next, cursor.epoch()));
            first.complete(Optional.of(next));
        }
    }

    private TopicCursor.@Nullable Next poll() {
        if (position != null && !position.isActive()) {
            return null;
        }
        if (epoch != cursor.epoch()) {
            epoch = cursor.epoch();
            givenBack.clear(); // The cursor starts again at its current place.
        }
        Map.Entry<Key, TopicCursor.Next> earliest = givenBack.pollFirstEntry();
        return earliest == null ? cursor.poll() : earliest.getValue();
    }

    private void withdraw(Request request) {
        request.end();
        requests.remove(request);
        for (Iterator<Given> all = given.iterator(); all.hasNext(); ) {
            Given one = all.next();
            if (one.to() == request) {
                all.remove();
                if (one.epoch() == cursor.epoch()) {
                    givenBack.put(new Key(one.next().history(), one.next().first()), one.next());
                    serve();
                }
                return;
            }
        }
    }

    private void runOut(Request request) {
        if (!requests.remove(request)) {
            return;
        }
        BackendException failure = cursor.failure();
        if (failure == null && position != null) {
            failure = scope.client().sessions().failure();
        }
        if (failure == null) {
            request.complete(Optional.empty());
        } else {
            request.fail(scope.notApplied(OPERATION, failure));
        }
    }

    /**
     * Acknowledges what arrived, up to the first message that did not. Messages that the store has lost since do not
     * count.
     */
    private void acknowledge() {
        int current = cursor.history();
        if (history != current) {
            history = current;
            arrived = 0;
            acknowledged = 0;
        }
        long open = Long.MAX_VALUE;
        if (!givenBack.isEmpty()) {
            Key earliest = givenBack.firstKey();
            open = earliest.history() == current ? earliest.first() : 0;
        }
        for (Iterator<Given> all = given.iterator(); all.hasNext(); ) {
            Given one = all.next();
            boolean counts = one.next().history() == current;
            if (one.to().arrived) {
                arrived = counts ? Math.max(arrived, one.next().end()) : arrived;
                all.remove();
            } else {
                open = counts ? Math.min(open, one.next().first()) : 0;
            }
        }
        long upTo = Math.min(arrived, open);
        if (position != null && upTo > acknowledged) {
            acknowledged = upTo;
            position.acknowledge(cursor.stream(), upTo, current);
        }
    }

    @Override
    public void ready() {
        serve();
    }

    @Override
    public void failed(RuntimeException cause) {
        var unused = end(cause);
    }

    @Override
    public void close() {
        var unused = end(new IllegalStateException(scope.about(OPERATION) + ": this reader was closed"));
    }

    @Override
    public String toString() {
        return "reader of " + scope + (ending.get() ? ", closed" : ", open");
    }

    @Override
    public CompletableFuture<Void> shutDown() {
        return end(scope.closed(OPERATION));
    }

    private CompletableFuture<Void> end(RuntimeException cause) {
        if (ending.compareAndSet(false, true)) {
            strand.execute(() -> {
                ended = cause;
                cursor.close();
                scope.client().shared(TopicFeed.FEEDS).exit(scope.directory());
                List<Request> all = List.copyOf(requests);
                requests.clear();
                all.forEach(request -> request.fail(cause));
            });
        }
        CompletableFuture<Void> left = position == null ? CompletableFuture.completedFuture(null) : position.close();
        // Only then, since a client that closes meanwhile waits for the position to be stored.
        return left.thenRun(() -> scope.client().closed(this));
    }
}
