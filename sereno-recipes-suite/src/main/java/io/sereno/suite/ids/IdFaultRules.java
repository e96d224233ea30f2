package io.sereno.suite.ids;

import io.sereno.IdGenerator;
import io.sereno.NotAppliedException;
import io.sereno.properties.Ids;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.tck.recipes.IdRun;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
        Ids made = new Ids(IdRun.FEW);
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
                CallResult<Long> first = node.calls("nextId", node.sereno().ids(NAME, IdRun.FEW)::nextId)
                        .end(LONG);
                if (first.succeeded()) {
                    IdRules.made(bench, made, node, first.result(), "at first");
                }
                requireReserved(bench, made);
                List<CompletableFuture<?>> callers = List.of(draw(bench, node, made, 40), draw(bench, other, made, 40));
                requireForward(bench, made, Duration.ofMillis(1_200));
                bench.join(callers, LONG);
                // By then half of the window is over.
                bench.pass(Duration.ofMillis(1_200));
            }
            requireForward(bench, made, Duration.ofMillis(1_200));
            bench.join(List.of(draw(bench, node, made, 10), draw(bench, other, made, 10)), LONG);
            bench.evidence("reservations that were lost or came late", met.get(), 3);
            node.run("close", node.sereno()::close);
            other.run("close", other.sereno()::close);
        }
    }

    private static CompletableFuture<?> draw(Bench bench, Node node, Ids made, int times) {
        return bench.async(
                () -> IdRun.draw(bench, node, id -> IdRules.made(bench, made, node, id, "meanwhile"), times));
    }

    /** The store has to show a reservation for each id that was made. */
    private static void requireReserved(Bench bench, Ids made) {
        Optional<String> wrong = made.wrong(() -> bench.judge().all("ids/" + NAME));
        bench.verify(wrong.isEmpty(), wrong::orElseThrow);
    }

    private static boolean reserves(Request request) {
        return Request.commitsTo("ids/" + NAME).test(request) && request.mayBeUnknown();
    }

    private static void requireForward(Bench bench, Ids made, Duration during) {
        long from = bench.now();
        while (bench.since(from).compareTo(during) < 0) {
            requireReserved(bench, made);
            bench.pass(Duration.ofMillis(10));
        }
    }

    @Rule(value = "IDS-4", waits = true, check = "what a generator does at the end of what it has reserved")
    void aGeneratorWithoutAStoreContinuesToTheEndOfItsWindow(Bench bench) {
        Ids made = new Ids(IdRun.FEW);
        // The shorter session ends before the window does.
        for (Duration ttl : List.of(Node.steady(bench), Node.brief(bench))) {
            Node node = Node.breakable(bench, ttl).awaitSession();
            Node other = Node.in(bench);
            IdGenerator ids = node.sereno().ids(NAME, IdRun.FEW);
            long first = node.result("nextId", ids::nextId);
            IdRules.made(bench, made, node, first, "at first");
            long reserved = IdRules.mark(bench, IdRun.FEW.decode(first).slot());
            node.faults().cutOff();
            long last = goOn(bench, node, ids, first, made);
            requireReserved(bench, made);
            long left = reserved - made.tick(last);
            bench.verify(
                    left <= 100,
                    () -> "with the store out of reach, and a session of " + ttl + ", a generator ended " + left
                            + " ticks before the end of what it had reserved");
            bench.join(List.of(draw(bench, other, made, 20)), LONG);
            node.faults().heal();
            bench.join(List.of(draw(bench, node, made, 20)), LONG);
            node.run("close", node.sereno()::close);
            other.run("close", other.sereno()::close);
        }
    }

    /** Takes ids until there are none; returns the last one. */
    private static long goOn(Bench bench, Node node, IdGenerator ids, long first, Ids made) {
        long from = bench.now();
        long last = first;
        int count = 0;
        CallResult<Long> ended;
        do {
            ended = node.calls("nextId", ids::nextId).end(LONG);
            if (ended.succeeded()) {
                count++;
                last = ended.result();
                IdRules.made(bench, made, node, last, "with the store out of reach");
            }
            bench.pass(Duration.ofMillis(100));
        } while (ended.succeeded() && bench.since(from).compareTo(Duration.ofSeconds(60)) < 0);
        CallResult<Long> end = ended;
        bench.verify(
                end.thrown() instanceof NotAppliedException,
                () -> "at the end of what it has reserved, with the store out of reach since "
                        + Bench.text(bench.since(from)) + ", a generator ended as " + end
                        + "; NotAppliedException is expected");
        bench.count("ids made with the store out of reach", count);
        return last;
    }
}
