package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.Message;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;

/** Topics that publish with a bug; reading and keeping with a bug are in separate classes. */
final class TopicMutants {
    static final String HEADER = "header";

    private TopicMutants() {}

    static void addTo(Mutants all) {
        numbering(all);
        unknownOutcomes(all);
        sending(all);
        ReaderMutants.addTo(all);
        KeepingMutants.addTo(all);
    }

    private static void numbering(Mutants all) {
        all.backend("TOP-1", "a batch is put without the condition that the header is unchanged")
                .requests(commit ->
                        publishes(commit) ? Commits.without(commit, Condition.ModRevision.class::isInstance) : commit);
        all.topic("TOP-1", "the first offset is 2").with(topic -> renumbered(topic, offset -> offset + 1));
        all.topic("TOP-1", "every other offset is skipped").with(topic -> renumbered(topic, offset -> 2 * offset - 1));
        all.backend("TOP-2", "a publication that lost against another counts as done")
                .results((commit, result) ->
                        publishes(commit) && result instanceof CommitResult.Conflict ? Commits.done() : result);
        all.topic("TOP-2", "each client counts its offsets by itself")
                .sharing(
                        AtomicLong::new,
                        (counted, topic) -> topic.publish = payload -> {
                            topic.right.publish(payload);
                            return counted.incrementAndGet();
                        });
    }

    private static void unknownOutcomes(Mutants all) {
        all.backend("TOP-4", "a lost reply counts as a refusal")
                .failures((commit, lost) ->
                        publishes(commit) && Failures.isUnknown(lost) ? Failures.notApplied("refused", lost) : lost);
        all.topic("TOP-4", "an unknown outcome is reported as not published")
                .with(topic -> topic.publish = payload -> {
                    try {
                        return topic.right.publish(payload);
                    } catch (OutcomeUnknownException unknown) {
                        throw new NotAppliedException("not published", unknown);
                    }
                });
        all.topic("TOP-4", "an unknown outcome is reported as published")
                .with(topic -> topic.publish = payload -> {
                    try {
                        return topic.right.publish(payload);
                    } catch (OutcomeUnknownException unknown) {
                        return 1;
                    }
                });
        all.topic("TOP-4", "a message is retried after it was reported as not published")
                .with(topic -> topic.publish = payload -> {
                    try {
                        return topic.right.publish(payload);
                    } catch (NotAppliedException refused) {
                        var unused = topic.right.publishAsync(payload);
                        throw refused;
                    }
                });
    }

    private static void sending(Mutants all) {
        all.topic("TOP-5", "publishAsync sends out of order")
                .with((world, topic) -> lazy(world, topic, message -> true));
        all.topic("TOP-5", "large messages are sent out of order")
                .with((world, topic) ->
                        lazy(world, topic, message -> message.toString().length() > 16 * 1024));
        all.topic("TOP-8", "publishAsync accepts messages without a limit").with(TopicMutants::unbounded);
        all.topic("TOP-8", "publishAsync waits for room without a timeout").with(TopicMutants::patient);
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

    /** Counts offsets in its own way. */
    private static void renumbered(TopicHooks topic, LongUnaryOperator number) {
        topic.publish = payload -> number.applyAsLong(topic.right.publish(payload));
        topic.publishAsync = payload -> topic.right.publishAsync(payload).thenApply(number::applyAsLong);
        topic.reader = from -> {
            TopicReader<Object> right = topic.right.reader(from);
            return TopicHooks.reader(
                    timeout -> right.next(timeout)
                            .map(message -> new Message<>(
                                    number.applyAsLong(message.offset()),
                                    message.payload(),
                                    message.publisher(),
                                    message.publishedAt())),
                    right::close);
        };
    }

    /** Leaves some messages unsent for a while if no caller waits for them. */
    private static void lazy(World world, TopicHooks topic, Predicate<Object> late) {
        topic.publishAsync = payload -> late.test(payload)
                ? world.delayed(Duration.ofMillis(10), () -> topic.right.publishAsync(payload))
                : topic.right.publishAsync(payload);
    }

    /** Sends one message after another, and queues any number of messages meanwhile. */
    private static void unbounded(TopicHooks topic) {
        Deque<CompletionStage<Long>> last = new ArrayDeque<>(List.of(completedFuture(0L)));
        topic.publishAsync = payload -> {
            synchronized (last) {
                last.add(last.remove()
                        .handle((offset, failure) -> 0)
                        .thenCompose(ended -> topic.right.publishAsync(payload)));
                return last.element();
            }
        };
    }

    /** Retries failed messages, and makes callers that wait for room wait for the retries. */
    private static void patient(TopicHooks topic) {
        int atOnce = 130;
        int attempts = 3;
        Queue<CompletableFuture<Integer>> underWay = new ConcurrentLinkedQueue<>();
        topic.publishAsync = payload -> {
            while (underWay.size() >= atOnce) {
                CompletableFuture<Integer> oldest = underWay.poll();
                if (oldest != null) {
                    oldest.join();
                }
            }
            CompletionStage<Long> published = attempt(topic.right, payload, attempts);
            underWay.add(published.handle((offset, failure) -> 0).toCompletableFuture());
            return published;
        };
    }

    private static CompletionStage<Long> attempt(Topic<Object> right, Object payload, int left) {
        return right.publishAsync(payload)
                .exceptionallyCompose(failure -> left == 1 ? failedFuture(failure) : attempt(right, payload, left - 1));
    }
}
