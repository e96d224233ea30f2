package io.sereno.suite.topic;

import io.sereno.From;
import io.sereno.Message;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.properties.Handled;
import io.sereno.properties.Messages;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.TopicRun;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The topic, while connections break, replies are lost and readers die. */
public class TopicFaultRules {
    private static final String NAME = "topic";
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Duration TRIPS = Duration.ofSeconds(2);

    @Rule(
            value = "TOP-4",
            waits = true,
            check = "how a publication whose reply was lost is settled: not by publishing again")
    void aPublicationWhoseReplyIsLostIsThereOnce(Bench bench) {
        List<Fate> fates = List.of(
                Fate.loseReply(),
                Fate.loseRequest(),
                Fate.applyLate(Duration.ofMillis(20)),
                Fate.applyLate(Duration.ofMillis(600)));
        for (Fate fate : fates) {
            String name = NAME + fates.indexOf(fate);
            Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Node other = Node.in(bench);
            Topic<String> topic = TopicRun.topic(node, name);
            Messages messages = new Messages(false);
            publish(node, topic, messages);
            AtomicInteger met = new AtomicInteger();
            for (int i = 0; i < 3; i++) {
                node.script()
                        .next(
                                request -> Request.commitsTo("topic/" + name).test(request)
                                        && request.mayBeUnknown()
                                        && met.incrementAndGet() > 0,
                                fate);
                CallResult<Long> ended = publish(node, topic, messages);
                bench.verify(
                        ended.succeeded() || ended.thrown() instanceof OutcomeUnknownException,
                        () -> "a publication whose commit was " + fate + " ended as " + ended);
            }
            bench.pass(Duration.ofSeconds(1));
            readAll(other, name, messages.reader()::onMessage);
            require(bench, messages.wrong(), "commits were " + fate);
            bench.evidence("commits that were lost or late", met.get(), 1);
        }
    }

    private static CallResult<Long> publish(Node node, Topic<String> topic, Messages messages) {
        Messages.Publication publication = messages.next("m");
        CallResult<Long> ended = node.calls("publish", () -> topic.publish(publication.payload()))
                .end(LONG);
        publication.ended(ended.succeeded() ? ended.result() : null, ended.thrown());
        return ended;
    }

    private static void require(Bench bench, Optional<String> wrong, String when) {
        bench.verify(wrong.isEmpty(), () -> when + ": " + wrong.orElseThrow());
    }

    @Rule(
            value = "TOP-4",
            waits = true,
            check = "OUT-1 and OUT-3: which outcome is reported for a publication without an answer in time")
    void anOutcomeThatCannotBeSettledIsReportedAsUnknown(Bench bench) {
        List<Fate> fates = List.of(Fate.loseReply(), Fate.loseRequest(), Fate.refuse());
        List<Runnable> healing = new ArrayList<>();
        List<Calling<Long>> calls = new ArrayList<>();
        List<Calling<Long>> stages = new ArrayList<>();
        for (int i = 0; i < fates.size(); i++) {
            Fate fate = fates.get(i);
            Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Topic<String> topic = TopicRun.topic(node, NAME + i);
            Topic<String> other = TopicRun.topic(node, NAME + "-async-" + i);
            node.result("publish", () -> topic.publish("first"));
            node.result("publish", () -> other.publish("first"));
            healing.add(node.script()
                    .each(
                            request -> request instanceof Request.Commit commit
                                    && commit.commit().directory().startsWith("topic/"),
                            fate));
            calls.add(node.calls("publish", () -> topic.publish("message-1")));
            stages.add(node.calls(
                    "publishAsync",
                    () -> other.publishAsync("message-1").toCompletableFuture().get()));
        }
        for (int i = 0; i < fates.size(); i++) {
            Fate fate = fates.get(i);
            Class<?> right = i < 2 ? OutcomeUnknownException.class : NotAppliedException.class;
            Throwable received = calls.get(i).end(LONG).thrown();
            Throwable stage = cause(stages.get(i).end(LONG).thrown());
            bench.verify(
                    right.isInstance(received) && right.isInstance(stage),
                    () -> "publications all of whose commits were " + fate + " ended with " + received + " and " + stage
                            + "; " + right.getSimpleName() + " is right");
            healing.get(i).run();
        }
        bench.pass(bench.kit().operationTimeout().plusSeconds(1));
        for (int i = 0; i < fates.size(); i++) {
            Node reading = Node.in(bench);
            requireAsReported(bench, reading, NAME + i, calls.get(i).end(LONG).thrown());
            requireAsReported(
                    bench,
                    reading,
                    NAME + "-async-" + i,
                    cause(stages.get(i).end(LONG).thrown()));
        }
    }

    private static @Nullable Throwable cause(@Nullable Throwable thrown) {
        return thrown instanceof ExecutionException ? thrown.getCause() : thrown;
    }

    private static void requireAsReported(Bench bench, Node reading, String name, @Nullable Throwable reported) {
        Messages messages = new Messages(false);
        messages.next("message").ended(null, reported);
        readAll(reading, name, messages.reader()::onMessage);
        require(bench, messages.wrong(), "a publication ended with " + reported);
    }

    /** Reads all messages that exist now. */
    public static List<String> readAll(Node node, String name) {
        List<String> read = new ArrayList<>();
        readAll(node, name, message -> read.add(message.payload()));
        return read;
    }

    private static void readAll(Node node, String name, Consumer<Message<String>> listener) {
        long last =
                node.result("publish the end", () -> TopicRun.topic(node, name).publish("the end"));
        TopicReader<String> reader =
                node.result("reader", () -> TopicRun.topic(node, name).reader(new From.Earliest()));
        Message<String> message;
        do {
            message = node.result("next", reader::next);
            listener.accept(message);
        } while (message.offset() < last);
        node.run("close", reader::close);
    }

    @Rule(
            value = "TOP-9a",
            waits = true,
            check = "whether the position of a durable reader moves before a message is acknowledged")
    void unacknowledgedMessagesAreDeliveredAgainAfterACrash(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node node = Node.in(bench);
        Node dying = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        TopicRules.publish(node, 12);
        TopicReader<String> reader =
                dying.result("reader", () -> TopicRules.topic(dying).reader(new From.Durable("loader")));
        Handled handled = handled(bench);
        read(bench, dying, reader, 1, 5, handled);
        // Time enough for acknowledged messages to be stored, and for further ones, if there were any.
        bench.pass(Duration.ofMillis(300));
        dying.faults().cutOff();
        long from = bench.now();
        TopicReader<String> successor =
                next.result("reader", () -> TopicRules.topic(next).reader(new From.Durable("loader")));
        long first = next.calls("next", successor::next).result(LONG).offset();
        bench.within(
                bench.afterNotice(Node.gone(bench, ttl).plus(TRIPS)),
                from,
                "the take-over by the next reader after one died");
        bench.verify(
                first >= 1 && first <= 5,
                () -> "messages 1 to 5 were given to a reader that died, 5 was not acknowledged, and the next reader"
                        + " began with "
                        + first);
        read(bench, next, successor, first + 1, 12, handled);
        next.run("close", successor::close);
        dying.faults().heal();
    }

    private static Handled handled(Bench bench) {
        return new Handled(() -> bench.judge().all("topic/" + NAME));
    }

    /** Each call for a message acknowledges the one before. */
    private static void read(
            Bench bench, Node node, TopicReader<String> reader, long first, long last, Handled handled) {
        for (long i = first; i <= last; i++) {
            if (i > 1) {
                handled.upTo(i - 1, i - 1);
            }
            bench.same("the offset", i, node.result("next", reader::next).offset());
            require(bench, handled.wrong(), "message " + i + " was given");
        }
    }

    @Rule(value = "TOP-9a", waits = true, check = "OUT-3: whether a position that comes late can replace a later one")
    void aPositionDoesNotGoBack(Bench bench) {
        Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Node next = Node.in(bench);
        TopicRules.publish(next, 12);
        TopicReader<String> reader =
                node.result("reader", () -> TopicRules.topic(node).reader(new From.Durable("loader")));
        Handled handled = handled(bench);
        read(bench, node, reader, 1, 1, handled);
        AtomicInteger met = new AtomicInteger();
        node.script()
                .next(
                        request -> storesAPosition(request) && met.incrementAndGet() > 0,
                        Fate.applyLate(Duration.ofMillis(600)));
        read(bench, node, reader, 2, 3, handled);
        bench.pass(Duration.ofMillis(100));
        read(bench, node, reader, 4, 8, handled);
        node.run("close", reader::close);
        node.run("close", node.sereno()::close);
        bench.pass(Duration.ofMillis(800));
        require(bench, handled.wrong(), "an earlier position came late");
        TopicReader<String> successor =
                next.result("reader", () -> TopicRules.topic(next).reader(new From.Durable("loader")));
        bench.same(
                "the first message of the next reader, where messages 1 to 7 were acknowledged, and an earlier"
                        + " position came late",
                8L,
                next.calls("next", successor::next).result(LONG).offset());
        bench.evidence("positions that came late", met.get(), 1);
    }

    private static boolean storesAPosition(Request request) {
        return request instanceof Request.Commit commit
                && commit.commit().directory().equals("topic/" + NAME)
                && commit.commit().writes().stream()
                        .anyMatch(write -> write.name().startsWith("position-"));
    }

    @Rule(
            value = "TOP-9b",
            waits = true,
            check = "LEA-2, as for a mutex: whether a reader that is cut off stops by itself")
    void aDurableReaderThatIsCutOffStopsByItself(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node node = Node.in(bench);
        Node cut = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        TopicRules.publish(node, 200);
        TopicReader<String> reader =
                cut.result("reader", () -> TopicRules.topic(cut).reader(new From.Durable("loader")));
        cut.result("next", reader::next);
        TopicReader<String> successor =
                next.result("reader", () -> TopicRules.topic(next).reader(new From.Durable("loader")));
        Calling<Message<String>> taking = next.calls("next", successor::next);
        cut.faults().cutOff();
        long from = bench.now();
        long deadline = from + ttl.minus(Node.margin(ttl)).toNanos();
        int before = 0;
        while (!taking.isDone() || bench.now() - deadline < 0) {
            long asked = bench.now();
            CallResult<Optional<Message<String>>> ended =
                    cut.calls("next", () -> reader.next(Duration.ofMillis(20))).end(LONG);
            boolean given = ended.succeeded() && ended.result().isPresent();
            bench.verify(
                    !given || asked - deadline <= 0,
                    () -> "a durable reader was cut off " + Bench.text(Duration.ofNanos(asked - from))
                            + " ago, and was given " + ended + "; its session has a ttl of " + ttl);
            before += given ? 1 : 0;
            bench.pass(Duration.ofMillis(20));
            bench.within(
                    bench.afterNotice(Node.gone(bench, ttl).plus(TRIPS)), from, "the take-over by the next reader");
        }
        bench.count("messages given before the deadline", before);
        taking.result();
        next.run("close", successor::close);
        cut.faults().heal();
    }

    @Rule(
            value = "TOP-11b",
            waits = true,
            check = "OUT-3: how a deletion whose reply was lost is settled, and of a topic that is used meanwhile")
    void aDeletionWhoseReplyIsLostLeavesNothing(Bench bench) {
        for (Fate fate : List.of(Fate.loseReply(), Fate.loseRequest(), Fate.applyLate(Duration.ofMillis(400)))) {
            Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Node other = Node.in(bench);
            TopicRules.publish(other, 20);
            AtomicInteger met = new AtomicInteger();
            node.script()
                    .next(
                            request -> Request.commitsTo("topic/" + NAME).test(request)
                                    && request.mayBeUnknown()
                                    && met.incrementAndGet() > 0,
                            fate);
            CallResult<Boolean> deleted = node.calls("delete", () -> {
                        TopicRules.topic(node).delete();
                        return true;
                    })
                    .end(LONG);
            bench.pass(Duration.ofMillis(600));
            if (!deleted.succeeded()) {
                node.run("delete again", () -> TopicRules.topic(node).delete());
            }
            bench.same(
                    "the entries of a topic that was deleted by commits of which one was " + fate,
                    "[]",
                    bench.judge().all("topic/" + NAME).toString());
            bench.same(
                    "the first offset of the next stream",
                    1L,
                    other.result("publish", () -> TopicRules.topic(other).publish("new")));
            bench.same("what readers find", List.of("new", "the end"), readAll(other, NAME));
            bench.evidence("commits that were lost or late", met.get(), 1);
            other.run("delete", () -> TopicRules.topic(other).delete());
        }
    }

    @Rule(value = "TOP-11b", waits = true, check = "what an unfinished deletion leaves for the next publisher")
    void remainsOfAnUnfinishedDeletionAreNeverRead(Bench bench) {
        Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
        Node other = Node.in(bench);
        TopicRules.publish(other, 70);
        AtomicInteger commits = new AtomicInteger();
        node.script()
                .each(
                        request -> Request.commitsTo("topic/" + NAME).test(request)
                                && request.mayBeUnknown()
                                && commits.incrementAndGet() > 2,
                        Fate.loseRequest());
        Calling<Boolean> deleting = node.calls("delete", () -> {
            TopicRules.topic(node).delete();
            return true;
        });
        bench.verify(
                bench.reach(() -> commits.get() > 2, LONG),
                () -> "70 messages were deleted with " + commits + " commits; each takes 32 writes at most");
        node.run("close", node.sereno()::close);
        deleting.end(LONG);
        int left = bench.judge().all("topic/" + NAME).size();
        bench.same(
                "the first offset of the next stream",
                1L,
                other.result("publish", () -> TopicRules.topic(other).publish("new")));
        bench.same(
                "the header and the batch of a new topic, where " + left + " entries of the old one were left",
                2,
                bench.judge().all("topic/" + NAME).size());
        bench.same("what readers find", List.of("new", "the end"), readAll(other, NAME));
        bench.evidence("entries that were left", left, 1);
    }

    @Rule(value = "TOP-11c", waits = true, check = "OUT-3: what a commit of a deletion is bound to that comes late")
    void aDeletionThatHasEndedDeletesNothingMore(Bench bench) {
        for (int late = 1; late <= 4; late++) {
            int which = late;
            Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Node other = Node.in(bench);
            TopicRules.publish(other, 40);
            AtomicInteger commits = new AtomicInteger();
            node.script()
                    .next(
                            request -> Request.commitsTo("topic/" + NAME).test(request)
                                    && request.mayBeUnknown()
                                    && commits.incrementAndGet() == which,
                            Fate.applyLate(Duration.ofMillis(600)));
            CallResult<Boolean> deleted = node.calls("delete", () -> {
                        TopicRules.topic(node).delete();
                        return true;
                    })
                    .end(LONG);
            bench.verify(deleted.succeeded(), () -> "a deletion of which one commit came late ended as " + deleted);
            for (int i = 1; i <= 3; i++) {
                String message = "new " + i;
                other.result("publish", () -> TopicRules.topic(other).publish(message));
            }
            bench.pass(Duration.ofMillis(800));
            bench.same(
                    "the messages that readers find after a deletion whose commit " + which + " came late",
                    List.of("new 1", "new 2", "new 3", "the end"),
                    readAll(other, NAME));
            bench.evidence("commits of deletions", commits.get(), which);
            other.run("delete", () -> TopicRules.topic(other).delete());
        }
    }
}
