package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.backend;
import static io.sereno.suite.mutants.TopicMutants.topics;
import static io.sereno.suite.mutants.TopicMutants.topicsIn;

import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.MessagesLostException;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.TopicReader;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Topics whose readers have a bug. */
final class ReaderMutants {
    private ReaderMutants() {}

    static List<Mutant> all() {
        return Stream.of(following(), arriving(), beginning(), handling())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Mutant> following() {
        return List.of(
                topics(
                        "TOP-3a",
                        "of messages in one batch only the first is read",
                        right -> reading(right, FirstOfBatch::new)),
                topics(
                        "TOP-3a",
                        "after waiting a reader is given the last message again",
                        right -> reading(right, Twice::new)),
                topics(
                        "TOP-3b",
                        "a reader skips a gap in silence",
                        right -> reading(right, reader -> new Deaf(reader, MessagesLostException.class))),
                topics(
                        "TOP-3b",
                        "a listener is not called for a gap",
                        right -> listening(right, listener -> new TopicWrapper.OfListener(listener) {
                            @Override
                            public void onGap(Gap gap) {
                                // It is in the log.
                            }
                        })),
                topics(
                        "TOP-3b",
                        "a gap ends with the first message that is kept",
                        right -> reading(right, reader -> new TopicWrapper.OfReader(reader) {
                            @Override
                            public Optional<Message<Object>> next(Duration timeout) throws InterruptedException {
                                try {
                                    return super.next(timeout);
                                } catch (MessagesLostException lost) {
                                    Gap gap = lost.gap();
                                    throw new MessagesLostException(
                                            new Gap(gap.firstOffset(), gap.lastOffset() + 1), "messages were lost");
                                }
                            }
                        })));
    }

    private static List<Mutant> arriving() {
        return List.of(
                backend(
                        "TOP-14",
                        "a notice in ten is lost on its way to a topic's readers",
                        below -> new Wrapper(below) {
                            @Override
                            public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                                return super.watch(
                                        target,
                                        target.directory().startsWith("topic/") ? new Forgetful(listener) : listener);
                            }
                        }),
                topics(
                        "TOP-14",
                        "a listener gets one message in ten together with the next",
                        right -> listening(right, Lagging::new)));
    }

    private static List<Mutant> beginning() {
        return List.of(
                topicsIn("TOP-6", "subscribe() returns before it knows where the topic ends", Hasty::new),
                topics("TOP-6", "a subscription from now on begins with the kept messages", Early::new),
                topics(
                        "TOP-7a",
                        "the listeners of a client are called one after another",
                        OneAfterAnother::new,
                        (line, right) -> listening(right, listener -> new InLine(listener, line))),
                topics(
                        "TOP-7a",
                        "a publisher waits for the listeners of its own client",
                        Pressure::new,
                        Considerate::new),
                topics("TOP-7b", "a reader is a subscription that fills a queue", Hoarding::new),
                topics(
                        "TOP-7b",
                        "a request for the first message loads all messages",
                        right -> reading(right, KeepingMutants.Ahead::new)));
    }

    private static List<Mutant> handling() {
        return List.of(
                topics(
                        "TOP-12a",
                        "a message whose listener failed is skipped",
                        right -> listening(right, Forgiving::new)),
                topics(
                        "TOP-12a",
                        "a message whose listener failed is always delivered again",
                        right -> listening(right, listener -> new TopicWrapper.OfListener(listener) {
                            @Override
                            public Reaction onFailure(Message<Object> message, Exception failure) {
                                return Reaction.RETRY;
                            }
                        })),
                topics(
                        "TOP-12b",
                        "a reader skips messages that it cannot decode",
                        right -> reading(right, reader -> new Deaf(reader, IllegalArgumentException.class))),
                topics(
                        "TOP-12b",
                        "a gap whose report failed is not reported again",
                        right -> listening(right, listener -> new TopicWrapper.OfListener(listener) {
                            @Override
                            public void onGap(Gap gap) {
                                try {
                                    super.onGap(gap);
                                } catch (RuntimeException thrown) {
                                    // It is in the log.
                                }
                            }
                        })),
                topics("TOP-12b", "a subscription skips messages that it cannot decode", Resuming::new));
    }

    // ---- shared

    static Topic<Object> reading(Topic<Object> right, UnaryOperator<TopicReader<Object>> reader) {
        return new TopicWrapper(right, view -> reading(view, reader)) {
            @Override
            public TopicReader<Object> reader(From from) {
                return reader.apply(super.reader(from));
            }
        };
    }

    private static Topic<Object> listening(Topic<Object> right, UnaryOperator<TopicListener<Object>> listener) {
        return new TopicWrapper(right, view -> listening(view, listener)) {
            @Override
            public Subscription subscribe(From from, TopicListener<Object> told) {
                return super.subscribe(from, listener.apply(told));
            }
        };
    }

    private static final class Forgetful extends Wrapper.OfListener {
        private final AtomicInteger notices = new AtomicInteger();

        Forgetful(WatchListener below) {
            super(below);
        }

        @Override
        public void changed(String name, long revision) {
            if (notices.incrementAndGet() % 10 != 0) {
                super.changed(name, revision);
            }
        }
    }

    private static final class Lagging extends TopicWrapper.OfListener {
        private @Nullable Message<Object> kept;

        Lagging(TopicListener<Object> right) {
            super(right);
        }

        @Override
        public void onMessage(Message<Object> message) throws Exception {
            Message<Object> former = kept;
            kept = null;
            if (former != null) {
                super.onMessage(former);
            }
            if (message.offset() % 10 == 0) {
                kept = message;
            } else {
                super.onMessage(message);
            }
        }
    }

    /** Takes a batch for one message. */
    private static final class FirstOfBatch extends TopicWrapper.OfReader {
        private @Nullable Message<Object> former;

        FirstOfBatch(TopicReader<Object> right) {
            super(right);
        }

        @Override
        public Optional<Message<Object>> next(Duration timeout) throws InterruptedException {
            while (true) {
                Optional<Message<Object>> next = super.next(timeout);
                Message<Object> before = former;
                former = next.orElse(before);
                if (before == null
                        || next.isEmpty()
                        || !next.get().publisher().equals(before.publisher())
                        || !next.get().publishedAt().equals(before.publishedAt())) {
                    return next;
                }
            }
        }
    }

    /** After a wait it has forgotten which message it returned before. */
    private static final class Twice extends TopicWrapper.OfReader {
        private Optional<Message<Object>> former = Optional.empty();

        Twice(TopicReader<Object> right) {
            super(right);
        }

        @Override
        public Optional<Message<Object>> next(Duration timeout) throws InterruptedException {
            Optional<Message<Object>> next = super.next(Duration.ZERO);
            if (next.isEmpty() && former.isPresent()) {
                next = former;
                former = Optional.empty();
                return next;
            }
            former = next.isPresent() ? next : super.next(timeout);
            return former;
        }
    }

    /** Asks for the next message instead of passing on the exception. */
    private static final class Deaf extends TopicWrapper.OfReader {
        private final Class<? extends RuntimeException> to;

        Deaf(TopicReader<Object> right, Class<? extends RuntimeException> to) {
            super(right);
            this.to = to;
        }

        @Override
        public Optional<Message<Object>> next(Duration timeout) throws InterruptedException {
            try {
                return super.next(timeout);
            } catch (RuntimeException thrown) {
                if (!to.isInstance(thrown)) {
                    throw thrown;
                }
                return super.next(timeout);
            }
        }
    }

    /** Starts its subscription asynchronously, after the call has returned. */
    private static final class Hasty extends TopicWrapper {
        private final World world;

        Hasty(World world, Topic<Object> right) {
            super(right, view -> new Hasty(world, view));
            this.world = world;
        }

        @Override
        public Subscription subscribe(From from, TopicListener<Object> listener) {
            CompletableFuture<Subscription> begun = new CompletableFuture<>();
            world.later(Duration.ofMillis(1), Runnable::run, () -> begun.complete(super.subscribe(from, listener)));
            return new Subscription() {
                @Override
                public CompletionStage<Void> ended() {
                    return begun.thenCompose(Subscription::ended);
                }

                @Override
                public void close() {
                    begun.thenAccept(Subscription::close).join();
                }
            };
        }
    }

    private static final class Early extends TopicWrapper {
        Early(Topic<Object> right) {
            super(right, Early::new);
        }

        @Override
        public Subscription subscribe(From from, TopicListener<Object> listener) {
            return super.subscribe(from instanceof From.Now ? new From.Earliest() : from, listener);
        }
    }

    private static final class InLine extends TopicWrapper.OfListener {
        private final OneAfterAnother line;

        InLine(TopicListener<Object> right, OneAfterAnother line) {
            super(right);
            this.line = line;
        }

        @Override
        public void onMessage(Message<Object> message) {
            line.run(() -> {
                try {
                    super.onMessage(message);
                } catch (Exception thrown) {
                    throw new IllegalStateException(thrown);
                }
            });
        }
    }

    /** The events that the listeners of a client have received, and the calls that wait for them. */
    private static final class Pressure {
        private static final int AHEAD = 4;

        private final Map<Object, Long> heard = new HashMap<>();
        private final List<Waiting> waiting = new ArrayList<>();

        private record Waiting(CompletableFuture<Void> end, long offset) {}

        synchronized void heard(Object listener, long offset) {
            heard.put(listener, offset);
            waiting.forEach(one -> {
                if (isHeard(one.offset())) {
                    one.end().complete(null);
                }
            });
        }

        synchronized CompletableFuture<Void> published(long offset) {
            CompletableFuture<Void> wait = new CompletableFuture<>();
            if (isHeard(offset - AHEAD)) {
                wait.complete(null);
            } else {
                waiting.add(new Waiting(wait, offset - AHEAD));
            }
            return wait;
        }

        private boolean isHeard(long offset) {
            return heard.values().stream().allMatch(last -> last >= offset);
        }
    }

    /** Publishes no faster than its own listeners receive. */
    private static final class Considerate extends TopicWrapper {
        private final Pressure pressure;

        Considerate(Pressure pressure, Topic<Object> right) {
            super(right, view -> new Considerate(pressure, view));
            this.pressure = pressure;
        }

        @Override
        public long publish(Object payload) {
            long offset = super.publish(payload);
            pressure.published(offset).join();
            return offset;
        }

        @Override
        public Subscription subscribe(From from, TopicListener<Object> listener) {
            pressure.heard(listener, 0);
            return super.subscribe(from, new OfListener(listener) {
                @Override
                public void onMessage(Message<Object> message) throws Exception {
                    super.onMessage(message);
                    pressure.heard(listener, message.offset());
                }
            });
        }
    }

    /** Takes in all messages that are available. */
    private static final class Hoarding extends TopicWrapper {
        Hoarding(Topic<Object> right) {
            super(right, Hoarding::new);
        }

        @Override
        public TopicReader<Object> reader(From from) {
            Deque<Message<Object>> taken = new ArrayDeque<>();
            Subscription subscription = super.subscribe(from, message -> {
                synchronized (taken) {
                    taken.add(message);
                }
            });
            return new TopicReader<>() {
                @Override
                public Message<Object> next() {
                    return next(Duration.ZERO).orElseThrow();
                }

                @Override
                public Optional<Message<Object>> next(Duration timeout) {
                    synchronized (taken) {
                        return Optional.ofNullable(taken.poll());
                    }
                }

                @Override
                public void close() {
                    subscription.close();
                }
            };
        }
    }

    private static final class Forgiving extends TopicWrapper.OfListener {
        Forgiving(TopicListener<Object> right) {
            super(right);
        }

        @Override
        public void onMessage(Message<Object> message) {
            try {
                super.onMessage(message);
            } catch (Exception thrown) {
                // It is in the log.
            }
        }
    }

    /** Starts again after the message that ended it. */
    private static final class Resuming extends TopicWrapper {
        Resuming(Topic<Object> right) {
            super(right, Resuming::new);
        }

        @Override
        public Subscription subscribe(From from, TopicListener<Object> listener) {
            long[] last = {0};
            Subscription first = super.subscribe(from, new OfListener(listener) {
                @Override
                public void onMessage(Message<Object> message) throws Exception {
                    last[0] = message.offset();
                    super.onMessage(message);
                }
            });
            CompletableFuture<Void> ended = new CompletableFuture<>();
            first.ended().whenComplete((done, failure) -> {
                if (failure instanceof IllegalArgumentException
                        || (failure != null && failure.getCause() instanceof IllegalArgumentException)) {
                    var unused = super.subscribe(new From.Offset(last[0] + 2), listener);
                } else if (failure == null) {
                    ended.complete(null);
                } else {
                    ended.completeExceptionally(failure);
                }
            });
            return new Subscription() {
                @Override
                public CompletionStage<Void> ended() {
                    return ended;
                }

                @Override
                public void close() {
                    first.close();
                }
            };
        }
    }
}
