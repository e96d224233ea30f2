package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.backend;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.recipe;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.From;
import io.sereno.Message;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Topics that publish with a bug; reading and keeping with a bug are in separate classes. */
final class TopicMutants {
    static final String HEADER = "header";

    private TopicMutants() {}

    static List<Mutant> all() {
        return Stream.of(numbering(), doubting(), sending(), ReaderMutants.all(), KeepingMutants.all())
                .flatMap(List::stream)
                .toList();
    }

    private static List<Mutant> numbering() {
        return List.of(
                backend(
                        "TOP-1",
                        "a batch is put without the condition that the header is unchanged",
                        below -> Commits.saying(
                                below,
                                commit -> publishes(commit)
                                        ? Commits.without(commit, Condition.ModRevision.class::isInstance)
                                        : commit)),
                topics("TOP-1", "the first offset is 2", right -> new Renumbered(right, offset -> offset + 1)),
                topics(
                        "TOP-1",
                        "every other offset is skipped",
                        right -> new Renumbered(right, offset -> 2 * offset - 1)),
                backend("TOP-2", "a publication that lost against another counts as done", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        return super.commit(commit)
                                .thenApply(result -> publishes(commit) && result instanceof CommitResult.Conflict
                                        ? Commits.done()
                                        : result);
                    }
                }),
                topics(
                        "TOP-2",
                        "each client counts its offsets by itself",
                        AtomicLong::new,
                        (counted, right) -> new Publishing(right, (topic, payload) -> {
                            topic.publish(payload);
                            return counted.incrementAndGet();
                        })));
    }

    private static List<Mutant> doubting() {
        return List.of(
                backend("TOP-4", "a lost reply counts as a refusal", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        return super.commit(commit)
                                .exceptionallyCompose(lost -> failedFuture(
                                        publishes(commit) && CommitMutants.isUnknown(lost)
                                                ? new BackendException(
                                                        BackendException.Outcome.NOT_APPLIED, false, "refused", lost)
                                                : lost));
                    }
                }),
                topics(
                        "TOP-4",
                        "an unknown outcome is reported as not published",
                        right -> new Publishing(right, (topic, payload) -> {
                            try {
                                return topic.publish(payload);
                            } catch (OutcomeUnknownException doubt) {
                                throw new NotAppliedException("not published", doubt);
                            }
                        })),
                topics(
                        "TOP-4",
                        "an unknown outcome is reported as published",
                        right -> new Publishing(right, (topic, payload) -> {
                            try {
                                return topic.publish(payload);
                            } catch (OutcomeUnknownException doubt) {
                                return 1;
                            }
                        })),
                topics(
                        "TOP-4",
                        "a message is retried after it was reported as not published",
                        right -> new Publishing(right, (topic, payload) -> {
                            try {
                                return topic.publish(payload);
                            } catch (NotAppliedException refused) {
                                var unused = topic.publishAsync(payload);
                                throw refused;
                            }
                        })));
    }

    private static List<Mutant> sending() {
        return List.of(
                topicsIn(
                        "TOP-5",
                        "publishAsync sends out of order",
                        (world, right) -> new Lazy(world, right, message -> true)),
                topicsIn(
                        "TOP-5",
                        "large messages are sent out of order",
                        (world, right) -> new Lazy(
                                world, right, message -> message.toString().length() > 16 * 1024)),
                topics("TOP-8", "publishAsync accepts messages without a limit", Unbounded::new),
                topics("TOP-8", "publishAsync waits for room without a timeout", Patient::new));
    }

    // ---- shared

    static boolean isOfTopic(Commit commit) {
        return Commits.isTo(commit, "topic");
    }

    /** Whether it puts messages. */
    static boolean publishes(Commit commit) {
        return isOfTopic(commit)
                && Commits.puts(commit, HEADER)
                && Commits.requires(commit, Condition.ModRevision.class::isInstance);
    }

    static Mutant topics(String rule, String what, UnaryOperator<Topic<Object>> broken) {
        return topicsIn(rule, what, (world, right) -> broken.apply(right));
    }

    @SuppressWarnings("unchecked") // The bug does not depend on the message type.
    static <S> Mutant topics(
            String rule, String what, Supplier<S> shared, BiFunction<S, Topic<Object>, Topic<Object>> broken) {
        return recipe(rule, what, Topic.class, shared, (ofAll, right) -> broken.apply(ofAll, (Topic<Object>) right));
    }

    @SuppressWarnings("unchecked") // As above.
    static Mutant topicsIn(String rule, String what, BiFunction<World, Topic<Object>, Topic<Object>> broken) {
        return new Mutant(what, rule, new World.Backends() {
            @Override
            public Sereno recipes(World world, Backend backend, UnaryOperator<Sereno.Builder> settings) {
                Sereno right = settings.apply(Sereno.builder().backend(backend)).connect();
                return changed(Sereno.class, right, (method, call) -> {
                    Object result = call.go();
                    return result instanceof Topic<?> topic ? broken.apply(world, (Topic<Object>) topic) : result;
                });
            }
        });
    }

    /** Publishes with a bug. */
    private static final class Publishing extends TopicWrapper {
        /** How one message is published. */
        private interface Publish {
            long to(Topic<Object> topic, Object payload);
        }

        private final Publish publish;

        Publishing(Topic<Object> right, Publish publish) {
            super(right, view -> new Publishing(view, publish));
            this.publish = publish;
        }

        @Override
        public long publish(Object payload) {
            return publish.to(right, payload);
        }
    }

    /** Counts offsets in its own way. */
    private static final class Renumbered extends TopicWrapper {
        private final LongUnaryOperator number;

        Renumbered(Topic<Object> right, LongUnaryOperator number) {
            super(right, view -> new Renumbered(view, number));
            this.number = number;
        }

        @Override
        public long publish(Object payload) {
            return number.applyAsLong(super.publish(payload));
        }

        @Override
        public CompletionStage<Long> publishAsync(Object payload) {
            return super.publishAsync(payload).thenApply(number::applyAsLong);
        }

        @Override
        public TopicReader<Object> reader(From from) {
            return new OfReader(super.reader(from)) {
                @Override
                public Optional<Message<Object>> next(Duration timeout) throws InterruptedException {
                    return super.next(timeout)
                            .map(message -> new Message<>(
                                    number.applyAsLong(message.offset()),
                                    message.payload(),
                                    message.publisher(),
                                    message.publishedAt()));
                }
            };
        }
    }

    /** Leaves some messages unsent for a while if no caller waits for them. */
    private static final class Lazy extends TopicWrapper {
        private final World world;
        private final Predicate<Object> lie;

        Lazy(World world, Topic<Object> right, Predicate<Object> lie) {
            super(right, view -> new Lazy(world, view, lie));
            this.world = world;
            this.lie = lie;
        }

        @Override
        public CompletionStage<Long> publishAsync(Object payload) {
            if (!lie.test(payload)) {
                return super.publishAsync(payload);
            }
            CompletableFuture<Long> published = new CompletableFuture<>();
            world.later(
                    Duration.ofMillis(10),
                    Runnable::run,
                    () -> super.publishAsync(payload).whenComplete((offset, failure) -> {
                        if (failure == null) {
                            published.complete(offset);
                        } else {
                            published.completeExceptionally(failure);
                        }
                    }));
            return published;
        }
    }

    /** Sends one message after another, and queues any number of messages meanwhile. */
    private static final class Unbounded extends TopicWrapper {
        private CompletionStage<Long> last = CompletableFuture.completedFuture(0L);

        Unbounded(Topic<Object> right) {
            super(right, Unbounded::new);
        }

        @Override
        public synchronized CompletionStage<Long> publishAsync(Object payload) {
            CompletionStage<Long> next =
                    last.handle((offset, failure) -> 0).thenCompose(ended -> super.publishAsync(payload));
            last = next;
            return next;
        }
    }

    /** Retries failed messages, and makes callers that wait for room wait for the retries. */
    private static final class Patient extends TopicWrapper {
        private static final int AT_ONCE = 130;
        private static final int ATTEMPTS = 3;

        private final Queue<CompletableFuture<Integer>> underWay = new ConcurrentLinkedQueue<>();

        Patient(Topic<Object> right) {
            super(right, Patient::new);
        }

        @Override
        public CompletionStage<Long> publishAsync(Object payload) {
            while (underWay.size() >= AT_ONCE) {
                CompletableFuture<Integer> oldest = underWay.poll();
                if (oldest != null) {
                    oldest.join();
                }
            }
            CompletionStage<Long> published = attempt(payload, ATTEMPTS);
            underWay.add(published.handle((offset, failure) -> 0).toCompletableFuture());
            return published;
        }

        private CompletionStage<Long> attempt(Object payload, int left) {
            return super.publishAsync(payload)
                    .exceptionallyCompose(failure -> left == 1 ? failedFuture(failure) : attempt(payload, left - 1));
        }
    }
}
