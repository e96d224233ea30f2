package io.sereno.tck;

import io.sereno.From;
import io.sereno.Message;
import io.sereno.OutcomeUnknownException;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** The topic, while connections break, replies get lost and readers die. */
class TopicFaultRules {
    private static final String NAME = "topic";
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final Duration TRIPS = Duration.ofSeconds(2);

    @Rule(value = "TOP-1", waits = true, check = "OUT-2 under faults: header and batch are one commit")
    void everybodySeesTheSameMessageWhateverBreaks(Bench bench) {
        TopicRun.rough(bench).judge(bench, "TOP-1", 100);
    }

    @Rule(value = "TOP-2", waits = true, check = "OUT-2 and READ-6: whether what was acked is read after a reconnect")
    void whatWasPublishedIsReadWhateverBreaks(Bench bench) {
        TopicRun.rough(bench).judge(bench, "TOP-2", 50);
    }

    @Rule(value = "TOP-3", waits = true, check = "WAT-8 and READ-6: whether a reader looks again after a break")
    void readersMissNothingWhateverBreaks(Bench bench) {
        TopicRun.rough(bench).judge(bench, "TOP-3", 100);
    }

    @Rule(value = "TOP-4", waits = true, check = "OUT-1 and OUT-3: what becomes of a publication whose reply was lost")
    void everyMessageIsPublishedOnceWhateverBreaks(Bench bench) {
        TopicRun.rough(bench).judge(bench, "TOP-4", 100);
    }

    @Rule(
            value = "TOP-4",
            waits = true,
            check = "how a publication is settled whose reply was lost: not by publishing again")
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
            node.told("publish", () -> topic.publish("first"));
            AtomicInteger met = new AtomicInteger();
            Set<String> sure = new HashSet<>(Set.of("first"));
            for (int i = 0; i < 3; i++) {
                node.script()
                        .next(
                                request -> Request.commitsTo("topic/" + name).test(request)
                                        && request.mayBeUnknown()
                                        && met.incrementAndGet() > 0,
                                fate);
                String message = "m" + i;
                Ended<Long> ended = node.calls("publish " + message, () -> topic.publish(message))
                        .end(LONG);
                bench.verify(
                        ended.succeeded() || ended.thrown() instanceof OutcomeUnknownException,
                        () -> "a publication whose commit was " + fate + " ended as " + ended);
                if (ended.succeeded()) {
                    sure.add(message);
                }
            }
            bench.pass(Duration.ofSeconds(1));
            List<String> read = readAll(other, name);
            bench.verify(
                    new HashSet<>(read).size() == read.size() && read.containsAll(sure),
                    () -> sure + " were published, by commits that were " + fate + ", and readers find " + read);
            bench.evidence("commits that were lost or late", met.get(), 1);
        }
    }

    /** All that is there now. */
    private static List<String> readAll(Node node, String name) {
        long last =
                node.told("publish the end", () -> TopicRun.topic(node, name).publish("the end"));
        TopicReader<String> reader =
                node.told("reader", () -> TopicRun.topic(node, name).reader(new From.Earliest()));
        List<String> read = new ArrayList<>();
        Message<String> message;
        do {
            message = node.told("next", reader::next);
            read.add(message.payload());
        } while (message.offset() < last);
        node.tells("close", reader::close);
        return read;
    }

    @Rule(
            value = "TOP-9a",
            waits = true,
            check = "whether the position of a durable reader moves before a message is acknowledged")
    void whatWasNotAcknowledgedComesAgainAfterACrash(Bench bench) {
        Duration ttl = Node.brief(bench);
        Node node = Node.in(bench);
        Node dying = Node.breakable(bench, ttl).awaitSession();
        Node next = Node.in(bench);
        TopicRules.publish(node, 12);
        TopicReader<String> reader =
                dying.told("reader", () -> TopicRules.topic(dying).reader(new From.Durable("loader")));
        for (long i = 1; i <= 5; i++) {
            bench.same("the offset", i, dying.told("next", reader::next).offset());
        }
        dying.faults().cutOff();
        long from = bench.now();
        TopicReader<String> successor =
                next.told("reader", () -> TopicRules.topic(next).reader(new From.Durable("loader")));
        long first = next.calls("next", successor::next).result(LONG).offset();
        bench.within(Node.gone(bench, ttl).plus(TRIPS), from, "that another reader takes over from one that died");
        bench.verify(
                first >= 1 && first <= 5,
                () -> "messages 1 to 5 were given to a reader that died, 5 was not acknowledged, and the next reader"
                        + " began with "
                        + first);
        for (long i = first + 1; i <= 12; i++) {
            bench.same("the offset", i, next.told("next", successor::next).offset());
        }
        next.tells("close", successor::close);
        dying.faults().heal();
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
                cut.told("reader", () -> TopicRules.topic(cut).reader(new From.Durable("loader")));
        cut.told("next", reader::next);
        TopicReader<String> successor =
                next.told("reader", () -> TopicRules.topic(next).reader(new From.Durable("loader")));
        Calling<Message<String>> taking = next.calls("next", successor::next);
        cut.faults().cutOff();
        long from = bench.now();
        long deadline = from + ttl.minus(Node.margin(ttl)).toNanos();
        int before = 0;
        while (!taking.isDone() || bench.now() - deadline < 0) {
            long asked = bench.now();
            Ended<Optional<Message<String>>> ended =
                    cut.calls("next", () -> reader.next(Duration.ofMillis(20))).end(LONG);
            boolean given = ended.succeeded() && ended.result().isPresent();
            bench.verify(
                    !given || asked - deadline <= 0,
                    () -> "a durable reader was cut off " + Bench.text(Duration.ofNanos(asked - from))
                            + " ago, and was given " + ended + "; its session has a ttl of " + ttl);
            before += given ? 1 : 0;
            bench.pass(Duration.ofMillis(20));
            bench.within(Node.gone(bench, ttl).plus(TRIPS), from, "that another reader takes over");
        }
        bench.count("messages given before the deadline", before);
        taking.result();
        next.tells("close", successor::close);
        cut.faults().heal();
    }

    @Rule(
            value = "TOP-11",
            waits = true,
            check = "OUT-3: what becomes of a deletion whose reply was lost, and of a topic that somebody uses"
                    + " meanwhile")
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
            Ended<Boolean> deleted = node.calls("delete", () -> {
                        TopicRules.topic(node).delete();
                        return true;
                    })
                    .end(LONG);
            bench.pass(Duration.ofMillis(600));
            if (!deleted.succeeded()) {
                node.tells("delete again", () -> TopicRules.topic(node).delete());
            }
            bench.same(
                    "the entries of a topic that was deleted by commits of which one was " + fate,
                    "[]",
                    bench.judge().all("topic/" + NAME).toString());
            bench.same(
                    "the first offset of the next stream",
                    1L,
                    other.told("publish", () -> TopicRules.topic(other).publish("new")));
            bench.same("what readers find", List.of("new", "the end"), readAll(other, NAME));
            bench.evidence("commits that were lost or late", met.get(), 1);
            other.tells("delete", () -> TopicRules.topic(other).delete());
        }
    }
}
