package io.sereno.tck.recipes;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Message;
import io.sereno.MessagesLostException;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.FaultStorm;
import io.sereno.tck.run.RuleFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Publishers and readers of several clients on one topic; every message is unique. */
public final class TopicRun {
    private static final String NAME = "run";
    private static final Duration END = Duration.ofSeconds(90);

    private record Calm(Chronicle chronicle) {}

    private record Rough(Chronicle chronicle) {}

    private final Bench bench;
    private final Chronicle chronicle;
    private final List<Node> nodes;
    private final int messages;
    private final Map<String, Long> acked = new HashMap<>();
    private final Set<String> unknown = new HashSet<>();
    private final Set<String> refused = new HashSet<>();
    private final Map<Long, String> atOffset = new HashMap<>();
    private volatile long last = Long.MAX_VALUE;

    private TopicRun(Bench bench, List<Node> nodes, int messages) {
        this.bench = bench;
        this.nodes = nodes;
        this.messages = messages;
        this.chronicle = new Chronicle(bench);
        chronicle.simulated(bench.inProcess());
    }

    static Chronicle calm(Bench bench) {
        return bench.shared(Calm.class, () -> {
                    List<Node> nodes = RunNodes.calm(bench, 3);
                    return new Calm(new TopicRun(bench, nodes, 25).play(() -> {}));
                })
                .chronicle();
    }

    static Chronicle rough(Bench bench) {
        return bench.shared(Rough.class, () -> {
                    List<Node> nodes = new ArrayList<>();
                    FaultStorm storm = RunNodes.rough(bench, nodes);
                    storm.begin();
                    return new Rough(new TopicRun(bench, nodes, 25).play(storm::end));
                })
                .chronicle();
    }

    public static Topic<String> topic(Node node, String name) {
        return node.sereno().topic(name, Codec.utf8());
    }

    private Chronicle play(Runnable calmDown) {
        List<CompletableFuture<?>> publishers = new ArrayList<>();
        List<CompletableFuture<?>> readers = new ArrayList<>();
        for (Node node : nodes) {
            readers.add(bench.async(() -> read(node)));
            for (int thread = 0; thread < 2; thread++) {
                String name = node + "/" + thread;
                Random random = new Random(bench.random().nextLong());
                publishers.add(bench.async(() -> publish(node, name, random)));
            }
        }
        try {
            bench.join(publishers, END);
        } finally {
            calmDown.run();
        }
        Node steady = nodes.get(nodes.size() - 1);
        last = steady.result("publish the last", () -> topic(steady, NAME).publish("the last"));
        synchronized (acked) {
            acked.put("the last", last);
        }
        bench.join(readers, END);
        judge();
        return chronicle;
    }

    private boolean publish(Node node, String name, Random random) throws Exception {
        Topic<String> topic = topic(node, NAME);
        List<CompletableFuture<Void>> underWay = new ArrayList<>();
        for (int i = 0; i < messages; i++) {
            String message = name + "/" + i;
            if (i % 3 == 0) {
                CompletableFuture<Void> ended = new CompletableFuture<>();
                underWay.add(ended);
                bench.kit().crew().waiting(() -> topic.publishAsync(message)).whenComplete((offset, failure) -> {
                    note(message, CallResult.with(offset, failure));
                    ended.complete(null);
                    bench.stir();
                });
            } else {
                CallResult<Long> ended;
                try {
                    ended = CallResult.with(bench.kit().crew().waiting(() -> topic.publish(message)), null);
                } catch (NotAppliedException | OutcomeUnknownException e) {
                    ended = CallResult.with(null, e);
                }
                note(message, ended);
            }
            bench.pass(Duration.ofMillis(random.nextInt(5)));
        }
        for (CompletableFuture<Void> one : underWay) {
            if (!bench.reach(one::isDone, END)) {
                throw new RuleFailure("publishAsync has not completed after " + Bench.text(END));
            }
        }
        return true;
    }

    private void note(String message, CallResult<Long> ended) {
        synchronized (acked) {
            if (ended.succeeded()) {
                acked.put(message, ended.result());
            } else if (ended.thrown() instanceof OutcomeUnknownException) {
                unknown.add(message);
            } else {
                refused.add(message);
            }
        }
    }

    /** Reads from the first to the last message, without missing one. */
    private boolean read(Node node) throws Exception {
        Map<String, Integer> lastOf = new HashMap<>();
        Set<String> read = new HashSet<>();
        long expected = 1;
        TopicReader<String> reader = topic(node, NAME).reader(new From.Earliest());
        try {
            while (expected <= last) {
                Optional<Message<String>> next;
                try {
                    next = bench.kit().crew().waiting(() -> reader.next(Duration.ofMillis(500)));
                } catch (NotAppliedException e) {
                    continue;
                } catch (MessagesLostException lost) {
                    chronicle.require(
                            "TOP-1",
                            false,
                            node + " was given a gap of lost messages, but this store loses none: "
                                    + lost.getMessage());
                    return true;
                }
                if (next.isPresent()) {
                    look(node, next.get(), expected, read, lastOf);
                    expected = next.get().offset() + 1;
                }
            }
        } finally {
            bench.kit().crew().waiting(() -> {
                reader.close();
                return true;
            });
        }
        return true;
    }

    private void look(
            Node node, Message<String> message, long expected, Set<String> read, Map<String, Integer> lastOf) {
        chronicle.require(
                "TOP-3a",
                message.offset() == expected,
                node + " read offset " + message.offset() + " where " + expected + " was next, and was given no gap");
        String before;
        synchronized (atOffset) {
            before = atOffset.putIfAbsent(message.offset(), message.payload());
        }
        chronicle.require(
                "TOP-1",
                before == null || before.equals(message.payload()),
                "at offset " + message.offset() + " one reader saw " + before + ", and " + node + " "
                        + message.payload());
        chronicle.require("TOP-4", read.add(message.payload()), node + " read message " + message.payload() + " twice");
        int slash = message.payload().lastIndexOf('/');
        if (slash > 0) {
            String thread = message.payload().substring(0, slash);
            int number = Integer.parseInt(message.payload().substring(slash + 1));
            Integer former = lastOf.put(thread, number);
            chronicle.require(
                    "TOP-5",
                    former == null || former < number,
                    "of thread " + thread + " message " + number + " comes after message " + former);
        }
    }

    private void judge() {
        synchronized (acked) {
            Set<Long> given = new HashSet<>();
            acked.forEach((message, offset) -> chronicle.require(
                    "TOP-1",
                    given.add(offset),
                    "publish returned offset " + offset + " for " + message + ", and for another message too"));
            for (long offset = 1; offset <= last; offset++) {
                chronicle.require(
                        "TOP-1",
                        atOffset.containsKey(offset),
                        "the last message has offset " + last + ", and no reader read a message at " + offset);
            }
            acked.forEach((message, offset) -> chronicle.require(
                    "TOP-2",
                    message.equals(atOffset.get(offset)),
                    "publish returned offset " + offset + " for " + message + ", where readers find "
                            + atOffset.get(offset)));
            refused.forEach(message -> chronicle.require(
                    "TOP-4",
                    !atOffset.containsValue(message),
                    "message " + message + " was reported as not published, but readers find it"));
            for (String message : atOffset.values()) {
                chronicle.require(
                        "TOP-1",
                        acked.containsKey(message) || unknown.contains(message) || refused.contains(message),
                        "readers find " + message + ", which was never published");
            }
        }
    }
}
