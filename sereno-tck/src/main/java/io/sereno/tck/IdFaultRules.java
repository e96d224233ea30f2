package io.sereno.tck;

import io.sereno.IdGenerator;
import io.sereno.NotAppliedException;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Sortable ids, while reservations get lost or come late. */
class IdFaultRules {
    private static final String NAME = "ids";
    private static final Duration LONG = Duration.ofSeconds(60);

    @Rule(value = "IDS-1", waits = true, check = "OUT-2 and OUT-3: what becomes of a reservation whose reply was lost")
    void idsAreUniqueWhateverBreaks(Bench bench) {
        Map<Long, String> seen = new HashMap<>();
        List<Node> nodes = new ArrayList<>(
                List.of(Node.breakable(bench, Node.steady(bench)), Node.breakable(bench, Node.steady(bench))));
        FaultStorm storm = CounterRun.storm(bench, nodes);
        nodes.add(Node.in(bench));
        storm.begin();
        try {
            List<CompletableFuture<?>> callers = new ArrayList<>();
            for (Node node : nodes) {
                callers.add(bench.async(() -> IdRules.draw(bench, node, seen, 120)));
            }
            bench.join(callers, LONG.multipliedBy(2));
        } finally {
            storm.end();
        }
        bench.evidence("ids", seen.size(), 500);
    }

    @Rule(
            value = "IDS-6",
            waits = true,
            check = "what a reservation is conditioned on, so that a late copy of it moves nothing back")
    void aReservationThatComesLateHarmsNobody(Bench bench) {
        Map<Long, String> seen = new HashMap<>();
        Map<String, Long> marks = new HashMap<>();
        for (Duration late : List.of(Duration.ZERO, Duration.ofMillis(40), Duration.ofMillis(900))) {
            Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Node other = Node.in(bench);
            AtomicInteger met = new AtomicInteger();
            for (int i = 0; i < 3; i++) {
                node.script().next(request -> reserves(request) && met.incrementAndGet() > 0, Fate.applyLate(late));
            }
            List<CompletableFuture<?>> callers = List.of(
                    bench.async(() -> IdRules.draw(bench, node, seen, 40)),
                    bench.async(() -> IdRules.draw(bench, other, seen, 40)));
            bench.join(callers, LONG);
            bench.pass(late.plusMillis(100));
            requireForward(bench, marks);
            bench.join(
                    List.of(
                            bench.async(() -> IdRules.draw(bench, node, seen, 10)),
                            bench.async(() -> IdRules.draw(bench, other, seen, 10))),
                    LONG);
            requireForward(bench, marks);
            bench.evidence("reservations that came late", met.get(), 1);
            node.tells("close", node.sereno()::close);
            other.tells("close", other.sereno()::close);
        }
    }

    private static boolean reserves(Request request) {
        return Request.commitsTo("ids/" + NAME).test(request) && request.mayBeUnknown();
    }

    /** The mark of a slot, up to where its ticks are reserved, only moves on. */
    private static void requireForward(Bench bench, Map<String, Long> marks) {
        for (Entry entry : bench.judge().all("ids/" + NAME)) {
            if (entry.name().startsWith("hw-")) {
                long to = entry.value()
                        .toUtf8()
                        .lines()
                        .filter(line -> line.startsWith("to "))
                        .map(line -> Long.parseLong(line.substring(3)))
                        .findFirst()
                        .orElse(0L);
                Long before = marks.put(entry.name(), to);
                bench.verify(
                        before == null || before <= to,
                        () -> "the mark " + entry.name() + " went back from " + before + " to " + to);
            }
        }
    }

    @Rule(value = "IDS-4", waits = true, check = "what a generator does at the end of what it has reserved")
    void aGeneratorWithoutAStoreGoesOnToTheEndOfItsWindow(Bench bench) {
        Node node = Node.breakable(bench, Node.steady(bench)).awaitSession();
        Node other = Node.in(bench);
        IdGenerator ids = node.sereno().ids(NAME, IdRules.FEW);
        Map<Long, String> seen = new HashMap<>();
        long first = node.told("nextId", ids::nextId);
        seen.put(first, node.name());
        node.faults().cutOff();
        long from = bench.now();
        long last = first;
        int made = 0;
        Ended<Long> ended;
        do {
            ended = node.calls("nextId", ids::nextId).end(LONG);
            if (ended.succeeded()) {
                made++;
                long before = last;
                long id = ended.result();
                bench.verify(
                        id > before && seen.put(id, node.name()) == null,
                        () -> "with the store out of reach id " + id + " followed " + before);
                last = id;
            }
            bench.pass(Duration.ofMillis(100));
        } while (ended.succeeded() && bench.since(from).compareTo(Duration.ofSeconds(60)) < 0);
        Ended<Long> end = ended;
        bench.verify(
                end.thrown() instanceof NotAppliedException,
                () -> "at the end of what it has reserved, with the store out of reach since "
                        + Bench.text(bench.since(from)) + ", a generator ended as " + end
                        + "; NotAppliedException is right");
        bench.evidence("ids made with the store out of reach", made, 3);
        bench.join(List.of(bench.async(() -> IdRules.draw(bench, other, seen, 20))), LONG);
        node.faults().heal();
        bench.join(List.of(bench.async(() -> IdRules.draw(bench, node, seen, 20))), LONG);
    }
}
