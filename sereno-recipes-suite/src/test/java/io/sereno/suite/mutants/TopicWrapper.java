package io.sereno.suite.mutants;

import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.Retention;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.TopicReader;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/** Delegates everything; subclasses add the bug. */
class TopicWrapper implements Topic<Object> {
    private static final Duration LONG = Duration.ofDays(1);

    final Topic<Object> right;
    private final UnaryOperator<Topic<Object>> around;

    /** {@code around}: adds the same bug to another view of the topic. */
    TopicWrapper(Topic<Object> right, UnaryOperator<Topic<Object>> around) {
        this.right = right;
        this.around = around;
    }

    @Override
    public String name() {
        return right.name();
    }

    @Override
    public long publish(Object payload) {
        return right.publish(payload);
    }

    @Override
    public CompletionStage<Long> publishAsync(Object payload) {
        return right.publishAsync(payload);
    }

    @Override
    public final Subscription subscribe(TopicListener<Object> listener) {
        return subscribe(new From.Now(), listener);
    }

    @Override
    public Subscription subscribe(From from, TopicListener<Object> listener) {
        return right.subscribe(from, listener);
    }

    @Override
    public TopicReader<Object> reader(From from) {
        return right.reader(from);
    }

    @Override
    public Topic<Object> withRetention(Retention retention) {
        return around.apply(right.withRetention(retention));
    }

    @Override
    public void delete() {
        right.delete();
    }

    /** The same for a reader. */
    static class OfReader implements TopicReader<Object> {
        final TopicReader<Object> right;

        OfReader(TopicReader<Object> right) {
            this.right = right;
        }

        @Override
        public final Message<Object> next() throws InterruptedException {
            return next(LONG).orElseThrow();
        }

        @Override
        public Optional<Message<Object>> next(Duration timeout) throws InterruptedException {
            return right.next(timeout);
        }

        @Override
        public void close() {
            right.close();
        }
    }

    /** The same for a listener. */
    static class OfListener implements TopicListener<Object> {
        final TopicListener<Object> right;

        OfListener(TopicListener<Object> right) {
            this.right = right;
        }

        @Override
        public void onMessage(Message<Object> message) throws Exception {
            right.onMessage(message);
        }

        @Override
        public void onGap(Gap gap) {
            right.onGap(gap);
        }

        @Override
        public Reaction onFailure(Message<Object> message, Exception failure) {
            return right.onFailure(message, failure);
        }
    }
}
