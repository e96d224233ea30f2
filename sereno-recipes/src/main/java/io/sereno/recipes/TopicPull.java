package io.sereno.recipes;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.MessagesLostException;
import io.sereno.TopicReader;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Strand;
import io.sereno.spi.BackendException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Gives the messages of a topic to those who ask for the next one, in the order in which they ask.
 *
 * <p>A call acknowledges all that was given before it. What was given to a caller that was interrupted in the same moment is given to the next.
 */
final class TopicPull<T> implements TopicReader<T>, TopicCursor.Reader, Open {
    private static final String OPERATION = "next";

    /** One caller; empty when its time ended. */
    private static final class Request extends CompletableFuture<Optional<TopicCursor.Next>> {
        private Runnable cancelLimit = () -> {};
    }

    private final Client client;
    private final Kernel kernel;
    private final Scope scope;
    private final Codec<T> codec;
    private final String directory;
    private final Strand strand;
    private final TopicCursor cursor;
    private final @Nullable TopicPosition position;

    // Confined to the strand.
    private final Deque<Request> requests = new ArrayDeque<>();
    private final Deque<TopicCursor.Next> givenBack = new ArrayDeque<>();
    private TopicCursor.@Nullable Next given;
    private @Nullable RuntimeException ended;

    TopicPull(Client client, TopicPlace place, Codec<T> codec) {
        this.client = client;
        this.scope = place.feed().scope();
        this.kernel = scope.kernel();
        this.codec = codec;
        this.directory = place.feed().directory();
        this.strand = place.feed().strand();
        this.cursor = new TopicCursor(place.feed(), this);
        this.position = place.position(cursor);
        client.opened(this);
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
        if (Thread.interrupted()) {
            throw new InterruptedException(scope.about(OPERATION) + ": interrupted before it began");
        }
        Request request = new Request();
        strand.execute(() -> ask(request, limit));
        try {
            return Await.interruptibly(request);
        } catch (InterruptedException interrupted) {
            strand.execute(() -> withdraw(request));
            throw interrupted;
        }
    }

    private Message<T> message(TopicCursor.Next next) {
        if (next instanceof TopicCursor.Next.Missing missing) {
            Gap gap = missing.gap();
            throw new MessagesLostException(
                    gap,
                    scope.about(OPERATION) + ": retention took messages " + gap.firstOffset() + " to "
                            + gap.lastOffset() + " before they were read; the next call goes on behind them");
        }
        return TopicPlace.message((TopicCursor.Next.One) next, codec);
    }

    private void ask(Request request, @Nullable Duration limit) {
        acknowledgeGiven();
        if (ended != null) {
            request.completeExceptionally(ended);
            return;
        }
        requests.add(request);
        serve();
        if (limit != null && !request.isDone()) {
            if (limit.isZero()) {
                runOut(request);
            } else {
                request.cancelLimit = kernel.time().schedule(limit, strand, () -> runOut(request));
            }
        }
    }

    private void serve() {
        while (!requests.isEmpty()) {
            TopicCursor.Next next = poll();
            if (next == null) {
                return;
            }
            given = next;
            Request first = requests.removeFirst();
            first.cancelLimit.run();
            first.complete(Optional.of(next));
        }
    }

    private TopicCursor.@Nullable Next poll() {
        if (position != null && !position.isActive()) {
            givenBack.clear(); // Whoever is active now reads it.
            return null;
        }
        return givenBack.isEmpty() ? cursor.poll() : givenBack.removeFirst();
    }

    private void withdraw(Request request) {
        request.cancelLimit.run();
        requests.remove(request);
        if (request.isDone() && !request.isCompletedExceptionally()) {
            request.join().ifPresent(next -> {
                givenBack.addFirst(next);
                given = null;
                serve();
            });
        }
    }

    private void runOut(Request request) {
        if (!requests.remove(request)) {
            return;
        }
        BackendException failure = cursor.failure();
        if (failure == null && position != null) {
            failure = kernel.sessions().failure();
        }
        if (failure == null) {
            request.complete(Optional.empty());
        } else {
            request.completeExceptionally(scope.notApplied(OPERATION, failure));
        }
    }

    private void acknowledgeGiven() {
        TopicCursor.Next last = given;
        given = null;
        if (position == null || last == null) {
            return;
        }
        if (last instanceof TopicCursor.Next.One one) {
            position.acknowledge(one.batch().stream(), one.offset() + 1);
        } else if (last instanceof TopicCursor.Next.Missing missing) {
            position.acknowledge(missing.stream(), missing.gap().lastOffset() + 1);
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
    public CompletableFuture<Void> shutDown() {
        return end(scope.closed(OPERATION));
    }

    private CompletableFuture<Void> end(RuntimeException cause) {
        if (client.closed(this)) {
            strand.execute(() -> {
                ended = cause;
                cursor.close();
                client.topicFeeds().exit(directory);
                List<Request> all = List.copyOf(requests);
                requests.clear();
                all.forEach(request -> {
                    request.cancelLimit.run();
                    request.completeExceptionally(cause);
                });
            });
        }
        return position == null ? CompletableFuture.completedFuture(null) : position.close();
    }
}
