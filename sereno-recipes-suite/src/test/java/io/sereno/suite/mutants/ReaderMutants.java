package io.sereno.suite.mutants;

import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.MessagesLostException;
import io.sereno.Subscription;
import io.sereno.TopicListener;
import io.sereno.TopicReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Topics whose readers have a bug. */
final class ReaderMutants {
    private ReaderMutants() {}

    static void addTo(Mutants all) {
        following(all);
        arriving(all);
        beginning(all);
        handling(all);
    }

    private static void following(Mutants all) {
        all.topic("TOP-3a", "of messages in one batch only the first is read").readers(ReaderMutants::firstOfBatch);
        all.topic("TOP-3a", "after waiting a reader is given the last message again")
                .readers(ReaderMutants::twice);
        all.topic("TOP-3b", "a reader skips a gap in silence")
                .readers(reader -> skipping(reader, MessagesLostException.class));
        all.topic("TOP-3b", "a listener is not called for a gap").listeners(ReaderMutants::withoutGaps);
        all.topic("TOP-3b", "a gap ends with the first message that is kept")
                .readers(reader -> TopicHooks.reader(
                        timeout -> {
                            try {
                                return reader.next(timeout);
                            } catch (MessagesLostException lost) {
                                Gap gap = lost.gap();
                                throw new MessagesLostException(
                                        new Gap(gap.firstOffset(), gap.lastOffset() + 1), "messages were lost");
                            }
                        },
                        reader::close));
    }

    private static void arriving(Mutants all) {
        all.backend("TOP-14", "a notice in ten is lost on its way to a topic's readers")
                .listeners((target, listener) -> {
                    AtomicInteger notices = new AtomicInteger();
                    return target.directory().startsWith("topic/")
                            ? Hooks.listener(
                                    (name, revision) -> {
                                        if (notices.incrementAndGet() % 10 != 0) {
                                            listener.changed(name, revision);
                                        }
                                    },
                                    listener::reset)
                            : listener;
                });
        all.topic("TOP-14", "a listener gets one message in ten together with the next")
                .listeners(ReaderMutants::lagging);
    }

    private static void beginning(Mutants all) {
        all.topic("TOP-6", "subscribe() returns before it knows where the topic ends")
                .with(ReaderMutants::hasty);
        all.topic("TOP-6", "a subscription from now on begins with the kept messages")
                .with(topic -> topic.subscribe = (from, listener) ->
                        topic.right.subscribe(from instanceof From.Now ? new From.Earliest() : from, listener));
        all.topic("TOP-7a", "the listeners of a client are called one after another")
                .sharing(OneAfterAnother::new, ReaderMutants::inLine);
        all.topic("TOP-7a", "a publisher waits for the listeners of its own client")
                .sharing(Pressure::new, ReaderMutants::considerate);
        all.topic("TOP-7b", "a reader is a subscription that fills a queue")
                .with(topic -> topic.reader = from -> {
                    Deque<Message<Object>> taken = new ConcurrentLinkedDeque<>();
                    Subscription subscription = topic.right.subscribe(from, taken::add);
                    return TopicHooks.reader(timeout -> Optional.ofNullable(taken.poll()), subscription::close);
                });
        all.topic("TOP-7b", "a request for the first message loads all messages")
                .readers(KeepingMutants::ahead);
    }

    private static void handling(Mutants all) {
        all.topic("TOP-12a", "a message whose listener failed is skipped")
                .listeners(listener -> TopicHooks.listener(listener, message -> {
                    try {
                        listener.onMessage(message);
                    } catch (Exception thrown) {
                        // It is in the log.
                    }
                }));
        all.topic("TOP-12a", "a message whose listener failed is always delivered again")
                .listeners(listener -> TopicHooks.listener(
                        listener::onMessage, listener::onGap, (message, failure) -> TopicListener.Reaction.RETRY));
        all.topic("TOP-12b", "a reader skips messages that it cannot decode")
                .readers(reader -> skipping(reader, IllegalArgumentException.class));
        all.topic("TOP-12b", "a gap whose report failed is not reported again")
                .listeners(listener -> TopicHooks.listener(
                        listener::onMessage,
                        gap -> {
                            try {
                                listener.onGap(gap);
                            } catch (RuntimeException thrown) {
                                // It is in the log.
                            }
                        },
                        listener::onFailure));
        all.topic("TOP-12b", "a subscription skips messages that it cannot decode")
                .with(ReaderMutants::resuming);
    }

    static TopicListener<Object> withoutGaps(TopicListener<Object> listener) {
        return TopicHooks.listener(listener::onMessage, gap -> {}, listener::onFailure);
    }

    private static TopicListener<Object> lagging(TopicListener<Object> listener) {
        AtomicReference<@Nullable Message<Object>> kept = new AtomicReference<>();
        return TopicHooks.listener(listener, message -> {
            Message<Object> former = kept.getAndSet(null);
            if (former != null) {
                listener.onMessage(former);
            }
            if (message.offset() % 10 == 0) {
                kept.set(message);
            } else {
                listener.onMessage(message);
            }
        });
    }

    /** Takes a batch for one message. */
    private static TopicReader<Object> firstOfBatch(TopicReader<Object> reader) {
        AtomicReference<@Nullable Message<Object>> former = new AtomicReference<>();
        return TopicHooks.reader(
                timeout -> {
                    while (true) {
                        Optional<Message<Object>> next = reader.next(timeout);
                        Message<Object> before = former.get();
                        next.ifPresent(former::set);
                        if (before == null
                                || next.isEmpty()
                                || !next.get().publisher().equals(before.publisher())
                                || !next.get().publishedAt().equals(before.publishedAt())) {
                            return next;
                        }
                    }
                },
                reader::close);
    }

    /** After a wait it has forgotten which message it returned before. */
    private static TopicReader<Object> twice(TopicReader<Object> reader) {
        AtomicReference<@Nullable Message<Object>> former = new AtomicReference<>();
        return TopicHooks.reader(
                timeout -> {
                    Optional<Message<Object>> next = reader.next(Duration.ZERO);
                    Message<Object> before = former.getAndSet(null);
                    if (next.isEmpty() && before != null) {
                        return Optional.of(before);
                    }
                    next = next.isPresent() ? next : reader.next(timeout);
                    next.ifPresent(former::set);
                    return next;
                },
                reader::close);
    }

    /** Asks for the next message instead of passing on the exception. */
    private static TopicReader<Object> skipping(TopicReader<Object> reader, Class<? extends RuntimeException> failure) {
        return TopicHooks.reader(
                timeout -> {
                    try {
                        return reader.next(timeout);
                    } catch (RuntimeException thrown) {
                        if (!failure.isInstance(thrown)) {
                            throw thrown;
                        }
                        return reader.next(timeout);
                    }
                },
                reader::close);
    }

    /** Starts its subscription asynchronously, after the call has returned. */
    private static void hasty(World world, TopicHooks topic) {
        topic.subscribe = (from, listener) -> {
            CompletableFuture<Subscription> begun = new CompletableFuture<>();
            world.later(Duration.ofMillis(1), () -> begun.complete(topic.right.subscribe(from, listener)));
            return TopicHooks.subscription(
                    begun.thenCompose(Subscription::ended),
                    () -> begun.thenAccept(Subscription::close).join());
        };
    }

    private static void inLine(OneAfterAnother line, TopicHooks topic) {
        topic.subscribe = (from, listener) -> topic.right.subscribe(
                from,
                TopicHooks.listener(
                        listener,
                        message -> line.run(() -> {
                            try {
                                listener.onMessage(message);
                            } catch (Exception thrown) {
                                throw new IllegalStateException(thrown);
                            }
                        })));
    }

    /** The events that the listeners of a client have received, and the calls that wait for them. */
    private static final class Pressure {
        private static final int AHEAD = 4;

        private final Map<Object, Long> received = new HashMap<>();
        private final List<Waiting> waiting = new ArrayList<>();

        private record Waiting(CompletableFuture<Void> end, long offset) {}

        synchronized void received(Object listener, long offset) {
            received.put(listener, offset);
            waiting.forEach(one -> {
                if (isReceived(one.offset())) {
                    one.end().complete(null);
                }
            });
        }

        synchronized CompletableFuture<Void> published(long offset) {
            CompletableFuture<Void> wait = new CompletableFuture<>();
            if (isReceived(offset - AHEAD)) {
                wait.complete(null);
            } else {
                waiting.add(new Waiting(wait, offset - AHEAD));
            }
            return wait;
        }

        private boolean isReceived(long offset) {
            return received.values().stream().allMatch(last -> last >= offset);
        }
    }

    /** Publishes no faster than its own listeners receive. */
    private static void considerate(Pressure pressure, TopicHooks topic) {
        topic.publish = payload -> {
            long offset = topic.right.publish(payload);
            pressure.published(offset).join();
            return offset;
        };
        topic.subscribe = (from, listener) -> {
            pressure.received(listener, 0);
            return topic.right.subscribe(from, TopicHooks.listener(listener, message -> {
                listener.onMessage(message);
                pressure.received(listener, message.offset());
            }));
        };
    }

    /** Starts again after the message that ended it. */
    private static void resuming(TopicHooks topic) {
        topic.subscribe = (from, listener) -> {
            AtomicLong last = new AtomicLong();
            Subscription first = topic.right.subscribe(from, TopicHooks.listener(listener, message -> {
                last.set(message.offset());
                listener.onMessage(message);
            }));
            CompletableFuture<Void> ended = new CompletableFuture<>();
            first.ended().whenComplete((done, failure) -> {
                if (failure instanceof IllegalArgumentException
                        || (failure != null && failure.getCause() instanceof IllegalArgumentException)) {
                    var unused = topic.right.subscribe(new From.Offset(last.get() + 2), listener);
                } else if (failure == null) {
                    ended.complete(null);
                } else {
                    ended.completeExceptionally(failure);
                }
            });
            return TopicHooks.subscription(ended, first::close);
        };
    }
}
