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
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** A topic of functions: every call goes to the correct topic, except those that have a hook. */
final class TopicHooks implements Topic<Object> {
    private static final Duration LONG = Duration.ofDays(1);

    final Topic<Object> right;
    ToLongFunction<Object> publish;
    Function<Object, CompletionStage<Long>> publishAsync;
    BiFunction<From, TopicListener<Object>, Subscription> subscribe;
    Function<From, TopicReader<Object>> reader;
    Function<Retention, Topic<Object>> withRetention;

    /** {@code bug} sets hooks, on this topic and on each view of it. */
    TopicHooks(Topic<Object> right, Consumer<TopicHooks> bug) {
        this.right = right;
        publish = right::publish;
        publishAsync = right::publishAsync;
        subscribe = right::subscribe;
        reader = right::reader;
        withRetention = retention -> new TopicHooks(right.withRetention(retention), bug);
        bug.accept(this);
    }

    @Override
    public String name() {
        return right.name();
    }

    @Override
    public long publish(Object payload) {
        return publish.applyAsLong(payload);
    }

    @Override
    public CompletionStage<Long> publishAsync(Object payload) {
        return publishAsync.apply(payload);
    }

    @Override
    public Subscription subscribe(TopicListener<Object> listener) {
        return subscribe(new From.Now(), listener);
    }

    @Override
    public Subscription subscribe(From from, TopicListener<Object> listener) {
        return subscribe.apply(from, listener);
    }

    @Override
    public TopicReader<Object> reader(From from) {
        return reader.apply(from);
    }

    @Override
    public Topic<Object> withRetention(Retention retention) {
        return withRetention.apply(retention);
    }

    @Override
    public void delete() {
        right.delete();
    }

    /** As {@link TopicReader#next(Duration)}. */
    interface Next {
        Optional<Message<Object>> in(Duration timeout) throws InterruptedException;
    }

    /** A reader of functions. */
    static TopicReader<Object> reader(Next next, Runnable close) {
        return new TopicReader<>() {
            @Override
            public Message<Object> next() throws InterruptedException {
                return next(LONG).orElseThrow();
            }

            @Override
            public Optional<Message<Object>> next(Duration timeout) throws InterruptedException {
                return next.in(timeout);
            }

            @Override
            public void close() {
                close.run();
            }
        };
    }

    /** As {@link TopicListener#onMessage}. */
    interface OnMessage {
        void handle(Message<Object> message) throws Exception;
    }

    /** A listener of functions. */
    static TopicListener<Object> listener(TopicListener<Object> right, OnMessage onMessage) {
        return listener(onMessage, right::onGap, right::onFailure);
    }

    static TopicListener<Object> listener(
            OnMessage onMessage,
            Consumer<Gap> onGap,
            BiFunction<Message<Object>, Exception, TopicListener.Reaction> onFailure) {
        return new TopicListener<>() {
            @Override
            public void onMessage(Message<Object> message) throws Exception {
                onMessage.handle(message);
            }

            @Override
            public void onGap(Gap gap) {
                onGap.accept(gap);
            }

            @Override
            public Reaction onFailure(Message<Object> message, Exception failure) {
                return onFailure.apply(message, failure);
            }
        };
    }

    /** A subscription of functions. */
    static Subscription subscription(CompletionStage<Void> ended, Runnable close) {
        return new Subscription() {
            @Override
            public CompletionStage<Void> ended() {
                return ended;
            }

            @Override
            public void close() {
                close.run();
            }
        };
    }
}
