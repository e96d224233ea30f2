package io.sereno.recipes.topic;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.NotAppliedException;
import io.sereno.Retention;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.TopicReader;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.spi.Query;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The topic's public API: gives messages to the {@link TopicPublisher} of its name, and creates readers on the {@link TopicFeed}. Holds no
 * state itself.
 *
 * <p>Stored, in one directory: a {@link TopicHeader}, one {@link TopicBatch} for each commit that published, one {@link TopicPosition} for
 * each durable name; and, while the topic is being deleted, a {@link TopicRemoval}.
 */
public final class TopicRecipe<T> implements Topic<T> {
    /** How the name of a durable reader's position begins. */
    public static final String POSITION = "position-";

    private static final String RECIPE = "topic";
    private static final Retention DEFAULT = new Retention(10_000, Optional.empty());

    private final Directories directories;
    private final Scope scope;
    private final Codec<T> codec;
    private final Retention retention;
    private final int mostBytes;
    /** The last publisher that took a message; it may have retired. */
    private volatile @Nullable TopicPublisher publisher;

    public TopicRecipe(Client client, Directories directories, String name, Codec<T> codec) {
        this(client, directories, name, Objects.requireNonNull(codec, "codec is null"), DEFAULT);
    }

    private TopicRecipe(Client client, Directories directories, String name, Codec<T> codec, Retention retention) {
        this.directories = directories;
        this.scope = new Scope(client, RECIPE, name, directories.of(RECIPE, name));
        this.codec = codec;
        this.retention = retention;
        this.mostBytes = TopicPublisher.messageBytes(
                client.backend().guarantees(), client.kernel().nodeId());
    }

    @Override
    public String name() {
        return scope.name();
    }

    @Override
    public long publish(T payload) {
        TopicPublication message = message("publish", payload, true);
        offer(message).flush(true);
        return Await.uninterruptibly(message);
    }

    @Override
    public CompletionStage<Long> publishAsync(T payload) {
        TopicPublication message = message("publishAsync", payload, false);
        try {
            scope.kernel().calls().require(scope, "publishAsync");
        } catch (NotAppliedException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        TopicPublisher took = offer(message);
        took.flush(false);
        if (took.isCrowded()) {
            Await.uninterruptibly(took.room());
        }
        return message;
    }

    private TopicPublication message(String operation, T payload, boolean awaited) {
        scope.requireOpen(operation);
        byte[] octets = Objects.requireNonNull(
                codec.encode(Objects.requireNonNull(payload, "payload is null")), "codec.encode returned null");
        if (octets.length > mostBytes) {
            throw new IllegalArgumentException(scope.about(operation) + ": the message takes " + octets.length
                    + " bytes, at most " + mostBytes + " are accepted");
        }
        Kernel kernel = scope.kernel();
        long deadline = kernel.time().nanoTime() + kernel.operationTimeout().toNanos();
        return new TopicPublication(octets, retention, deadline, awaited);
    }

    private TopicPublisher offer(TopicPublication message) {
        TopicPublisher known = publisher;
        if (known != null && known.offer(message)) {
            return known;
        }
        InUse<String, TopicPublisher> publishers = scope.client().shared(TopicPublisher.PUBLISHERS);
        while (true) {
            TopicPublisher current = publishers.get(scope.directory(), () -> new TopicPublisher(scope, publishers));
            if (current.offer(message)) {
                publisher = current;
                return current;
            }
            publishers.remove(scope.directory(), current); // It has retired; the next call of get makes another.
        }
    }

    @Override
    public Subscription subscribe(TopicListener<T> listener) {
        return subscribe(new From.Now(), listener);
    }

    @Override
    public Subscription subscribe(From from, TopicListener<T> listener) {
        Objects.requireNonNull(listener, "listener is null");
        TopicHeader now = begin("subscribe", from);
        TopicPlace place = place(from);
        return new TopicSubscription<>(place, codec, listener)
                .open(from, now, place.feed().strand());
    }

    @Override
    public TopicReader<T> reader(From from) {
        TopicHeader now = begin("reader", from);
        return new TopicPull<>(place(from), codec).open(from, now);
    }

    /** Does everything that may fail, before anything is held. */
    private @Nullable TopicHeader begin(String operation, From from) {
        Objects.requireNonNull(from, "from is null");
        scope.requireOpen(operation);
        if (from instanceof From.Durable durable) {
            // Both names have to fit into the entry, and into the path of the queue.
            var unused = new Query.One(scope.directory(), TopicPosition.entryName(durable.name()));
            queueOf(durable);
        }
        return from instanceof From.Now
                ? TopicScan.headerIn(scope.read(operation, new Query.One(scope.directory(), TopicHeader.NAME)))
                : null;
    }

    private TopicPlace place(From from) {
        TopicFeed feed = scope.client().shared(TopicFeed.FEEDS).enter(scope.directory(), () -> new TopicFeed(scope));
        return from instanceof From.Durable durable
                ? new TopicPlace(feed, durable.name(), queueOf(durable))
                : new TopicPlace(feed, null, null);
    }

    private String queueOf(From.Durable durable) {
        return directories.of("reader", durable.name(), scope.name());
    }

    @Override
    public Topic<T> withRetention(Retention other) {
        return new TopicRecipe<>(
                scope.client(), directories, scope.name(), codec, Objects.requireNonNull(other, "retention is null"));
    }

    @Override
    public void delete() {
        scope.requireOpen("delete");
        Await.uninterruptibly(TopicRemoval.of(scope));
    }

    @Override
    public String toString() {
        return scope.toString();
    }
}
