package io.sereno.suite.ids;

import io.sereno.IdGenerator;
import io.sereno.NotAppliedException;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Entry;
import io.sereno.tck.recipes.IdRun;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Sortable ids, while reservations are lost or arrive late. */
public class IdFaultRules {
    private static final String NAME = "ids";
    private static final Duration LONG = Duration.ofSeconds(60);

    @Rule(
            value = "IDS-6",
            waits = true,
            check = "the condition of a reservation, which keeps a late copy from moving the mark back")
    void aLateReservationHarmsNoGenerator(Bench bench) {
        Map<Long, String> seen = new HashMap<>();
        Map<String, Long> marks = new HashMap<>();
        List<Fate> fates = List.of(
                Fate.loseReply(),
                Fate.loseRequest(),
                Fate.applyLate(Duration.ofMillis(40)),
                Fate.applyLate(Duration.ofMillis(900)));
        for (Fate fate : fates) {
            Node node = Node.scripted(bench, Node.steady(bench)).awaitSession();
            Node other = Node.in(bench);
            AtomicInteger met = new AtomicInteger();
            // First while the generator takes a slot, then while it extends the window of the slot.
            for (int phase = 0; phase < 2; phase++) {
                for (int i = 0; i < 3; i++) {
                    node.script().next(request -> reserves(request) && met.incrementAndGet() > 0, fate);
                }
                requireReserved(bench, node);
                List<CompletableFuture<?>> callers = List.of(
                        bench.async(() -> IdRun.draw(bench, node, seen, 40)),
                        bench.async(() -> IdRun.draw(bench, other, seen, 40)));
                requireForward(bench, marks, Duration.ofMillis(1_200));
                bench.join(callers, LONG);
                // By then half of the window is over.
                bench.pass(Duration.ofMillis(1_200));
            }
            requireForward(bench, marks, Duration.ofMillis(1_200));
            bench.join(
                    List.of(
                            bench.async(() -> IdRun.draw(bench, node, seen, 10)),
                            bench.async(() -> IdRun.draw(bench, other, seen, 10))),
                    LONG);
            bench.evidence("reservations that were lost or came late", met.get(), 3);
            node.run("close", node.sereno()::close);
            other.run("close", other.sereno()::close);
        }
    }

    /** The store has to show a reservation for what a generator gives out. */
    private static void requireReserved(Bench bench, Node node) {
        CallResult<Long> ended =
                node.calls("nextId", node.sereno().ids(NAME, IdRun.FEW)::nextId).end(LONG);
        if (ended.succeeded()) {
            long id = ended.result();
            long mark = IdRules.mark(bench, IdRun.FEW.decode(id).slot());
            bench.verify(
                    IdRules.tick(id) < mark,
                    () -> "id " + id + " is of tick " + IdRules.tick(id) + " of slot "
                            + IdRun.FEW.decode(id).slot() + ", whose ticks are reserved up to " + mark);
        }
    }

    private static boolean reserves(Request request) {
        return Request.commitsTo("ids/" + NAME).test(request) && request.mayBeUnknown();
    }

    /** A slot's mark, up to which its ticks are reserved, may only advance. */
    private static void requireForward(Bench bench, Map<String, Long> marks, Duration during) {
        long from = bench.now();
        while (bench.since(from).compareTo(during) < 0) {
            for (Entry entry : bench.judge().all("ids/" + NAME)) {
                if (entry.name().startsWith("hw-")) {
                    long to = IdRules.mark(entry);
                    Long before = marks.put(entry.name(), to);
                    bench.verify(
                            before == null || before <= to,
                            () -> "the mark " + entry.name() + " went back from " + before + " to " + to);
                }
            }
            bench.pass(Duration.ofMillis(10));
        }
    }

    @Rule(value = "IDS-4", waits = true, check = "what a generator does at the end of what it has reserved")
    void aGeneratorWithoutAStoreContinuesToTheEndOfItsWindow(Bench bench) {
        Map<Long, String> seen = new HashMap<>();
        // The shorter session ends before the window does.
        for (Duration ttl : List.of(Node.steady(bench), Node.brief(bench))) {
            Node node = Node.breakable(bench, ttl).awaitSession();
            Node other = Node.in(bench);
            IdGenerator ids = node.sereno().ids(NAME, IdRun.FEW);
            long first = node.result("nextId", ids::nextId);
            seen.put(first, node.name());
            long reserved = IdRules.mark(bench, IdRun.FEW.decode(first).slot());
            node.faults().cutOff();
            long last = goOn(bench, node, ids, first, seen);
            bench.verify(
                    IdRules.tick(last) < reserved,
                    () -> "with the store out of reach id " + last + " is of tick " + IdRules.tick(last)
                            + ", and reserved are those before " + reserved);
            long left = reserved - IdRules.tick(last);
            bench.verify(
                    left <= 100,
                    () -> "with the store out of reach, and a session of " + ttl + ", a generator ended " + left
                            + " ticks before the end of what it had reserved");
            bench.join(List.of(bench.async(() -> IdRun.draw(bench, other, seen, 20))), LONG);
            node.faults().heal();
            bench.join(List.of(bench.async(() -> IdRun.draw(bench, node, seen, 20))), LONG);
            node.run("close", node.sereno()::close);
            other.run("close", other.sereno()::close);
        }
    }

    /** Takes ids until there are none; returns the last one. */
    private static long goOn(Bench bench, Node node, IdGenerator ids, long first, Map<Long, String> seen) {
        long from = bench.now();
        long last = first;
        int made = 0;
        CallResult<Long> ended;
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
        CallResult<Long> end = ended;
        bench.verify(
                end.thrown() instanceof NotAppliedException,
                () -> "at the end of what it has reserved, with the store out of reach since "
                        + Bench.text(bench.since(from)) + ", a generator ended as " + end
                        + "; NotAppliedException is expected");
        bench.count("ids made with the store out of reach", made);
        return last;
    }
}
