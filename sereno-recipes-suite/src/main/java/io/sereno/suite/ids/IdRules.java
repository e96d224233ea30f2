package io.sereno.suite.ids;

import io.sereno.IdGenerator;
import io.sereno.IdLayout;
import io.sereno.NotAppliedException;
import io.sereno.properties.Ids;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import io.sereno.spi.Backend;
import io.sereno.tck.history.Call;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.recipes.IdRun;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.time.ShiftedTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Sortable ids, on a store without faults. */
public class IdRules {
    private static final String NAME = "ids";

    private static final Duration LONG = Duration.ofSeconds(40);

    @Rule(value = "IDS-2", waits = true, check = "whether a generator follows its clock when the clock jumps")
    void idsOfOneGeneratorRise(Bench bench) {
        ShiftedTime clock = new ShiftedTime(bench.time());
        Node node = Node.at(bench, clock);
        IdGenerator ids = node.sereno().ids(NAME);
        List<Duration> jumps =
                List.of(Duration.ZERO, Duration.ofMillis(-30), Duration.ofSeconds(5), Duration.ofSeconds(-1));
        Ids made = new Ids(IdLayout.SONYFLAKE);
        long last = -1;
        for (Duration jump : jumps) {
            clock.jump(jump);
            for (int i = 0; i < 300; i++) {
                last = node.result("nextId", ids::nextId);
                made(bench, made, node, last, "after the clock had jumped by " + jump);
            }
        }
        // Its session is ended by hand; with the next session it takes another slot.
        bench.judge().all("session").forEach(marker -> bench.judge().delete("session", marker.name()));
        long from = bench.now();
        while (bench.since(from).compareTo(Duration.ofSeconds(10)) < 0) {
            CallResult<Long> ended = node.calls("nextId", ids::nextId).end(LONG);
            if (!(ended.thrown() instanceof NotAppliedException)) {
                last = ended.result();
                made(bench, made, node, last, "after its session had ended");
            }
            bench.pass(Duration.ofMillis(100));
        }
        long end = last;
        IdLayout.Parts parts = IdLayout.SONYFLAKE.decode(end);
        bench.verify(
                parts.slot() >= 0
                        && Duration.between(parts.time(), clock.wall()).abs().compareTo(Duration.ofMinutes(1)) < 0,
                () -> "id " + end + " says " + parts + ", and it is " + clock.wall());
    }

    @Rule(value = "IDS-3", waits = true, check = "whether every id costs a request to the store")
    void insideItsWindowAGeneratorSendsNoRequest(Bench bench) {
        Recorder recorder = new Recorder(bench.time());
        Client client = bench.client();
        Backend counted = recorder.record(client.toString(), client.witnessed());
        Node node = Node.over(bench, client.toString(), counted, Node.steady(bench));
        IdGenerator ids = node.sereno().ids(NAME);
        node.result("nextId", ids::nextId);
        bench.pass(Duration.ofMillis(100));
        long before = asked(recorder);
        long from = bench.now();
        for (int i = 0; i < 200; i++) {
            node.result("nextId", ids::nextId);
            bench.pass(Duration.ofMillis(i % 2));
        }
        long requests = asked(recorder) - before;
        // A window lasts for seconds; a busy machine may take long for 200 ids.
        long windows = 2 + bench.since(from).toSeconds() * 2;
        String seen = "200 ids took " + requests + " requests to the store, in " + Bench.text(bench.since(from));
        if (requests > windows) {
            // A session that ends during a standstill is followed by another one, which claims a slot.
            bench.unlessStoodStill(from, seen);
        }
        bench.verify(requests <= windows, () -> seen);
    }

    @Rule(
            value = "IDS-3",
            waits = true,
            check = "when a generator asks for the next window: not at the end of the last")
    void aGeneratorInUseNeverWaitsForTheStore(Bench bench) {
        Node node = Node.scripted(bench, Node.steady(bench));
        IdGenerator ids = node.sereno().ids(NAME, IdRun.FEW);
        long first = node.result("nextId", ids::nextId);
        Duration window = IdRun.FEW
                .tick()
                .multipliedBy(mark(bench, IdRun.FEW.decode(first).slot()) - new Ids(IdRun.FEW).tick(first));
        node.script().each(Request.commitsTo("ids/" + NAME), Fate.delayRequest(window.dividedBy(4)));
        long from = bench.now();
        int made = 0;
        while (bench.since(from).compareTo(window.multipliedBy(3)) < 0) {
            long asked = bench.now();
            node.result("nextId", ids::nextId);
            // A generator that stood still during its window could not ask for the next one.
            bench.within(
                    Duration.ofMillis(250),
                    asked,
                    window,
                    "nextId() of a generator in use, whose store takes a quarter of a window of " + window
                            + " to answer,");
            made++;
            bench.pass(Duration.ofMillis(50));
        }
        bench.evidence("ids", made, 20);
    }

    static void made(Bench bench, Ids ids, Node node, long id, String when) {
        Optional<String> wrong = ids.made(node.name(), id);
        bench.verify(wrong.isEmpty(), () -> when + ": " + wrong.orElseThrow());
    }

    /** The mark up to which the ticks of a slot are reserved; 0 if none are. */
    static long mark(Bench bench, int slot) {
        return bench.judge().one("ids/" + NAME, "hw-" + slot).map(Ids::mark).orElse(0L);
    }

    private static long asked(Recorder recorder) {
        return recorder.history().operations().stream()
                .filter(operation -> directory(operation.call()).startsWith("ids/"))
                .count();
    }

    private static String directory(Call call) {
        return call instanceof Call.Commit commit
                ? commit.commit().directory()
                : call instanceof Call.Read read ? read.query().directory() : "";
    }

    @Rule(value = "IDS-5", waits = true, check = "what a generator does when its clock is set back")
    void aClockThatGoesBackIsWaitedFor(Bench bench) {
        ShiftedTime clock = new ShiftedTime(bench.time());
        Node node = Node.at(bench, clock);
        // Four ids in a tick of 50 ms, so the last tick is soon used up.
        IdLayout layout = new IdLayout(39, Duration.ofMillis(50), 2, 8, IdLayout.SONYFLAKE.epoch());
        IdGenerator ids = node.sereno().ids(NAME, layout);
        Ids made = new Ids(layout);
        made(bench, made, node, node.result("nextId", ids::nextId), "at first");
        clock.jump(Duration.ofMinutes(-10));
        int empty = 0;
        for (int i = 0; i < 12; i++) {
            long from = bench.now();
            CallResult<OptionalLong> ended = node.calls("tryNextId 60 ms", () -> ids.tryNextId(Duration.ofMillis(60)))
                    .end(LONG);
            bench.within(Duration.ofMillis(60 + 250), from, "tryNextId(60 ms) with a clock that was set back");
            bench.verify(
                    ended.succeeded() || ended.thrown() instanceof NotAppliedException,
                    () -> "tryNextId with a clock that was set back ended as " + ended);
            if (ended.succeeded() && ended.result().isPresent()) {
                made(bench, made, node, ended.result().getAsLong(), "with a clock that was set back");
            } else {
                empty++;
            }
        }
        bench.evidence("calls without a result", empty, 1);
        clock.jump(Duration.ofMinutes(10).plusSeconds(1));
        made(bench, made, node, node.result("nextId", ids::nextId), "once the clock is right again");
    }

    @Rule(value = "IDS-7", waits = true, check = "which layout all generators of a name share, and what an error says")
    void impossibleIdsAreRefusedWithTheReason(Bench bench) {
        Node node = Node.in(bench);
        Node other = Node.in(bench);
        node.result("nextId", node.sereno().ids(NAME)::nextId);
        IdLayout another = new IdLayout(40, Duration.ofMillis(10), 8, 15, IdLayout.SONYFLAKE.epoch());
        CallResult<Long> refused = other.calls(
                        "nextId of another layout", other.sereno().ids(NAME, another)::nextId)
                .end(LONG);
        bench.verify(
                refused.thrown() instanceof IllegalStateException,
                () -> "ids of a name in use, in another layout, ended as " + refused
                        + "; IllegalStateException is expected");
        IdLayout oneSlot = new IdLayout(39, Duration.ofMillis(10), 8, 0, IdLayout.SONYFLAKE.epoch());
        node.result("nextId with one slot", node.sereno().ids("one slot", oneSlot)::nextId);
        CallResult<Long> full = other.calls(
                        "nextId with one slot", other.sereno().ids("one slot", oneSlot)::nextId)
                .end(LONG);
        bench.verify(
                full.thrown() instanceof NotAppliedException
                        && String.valueOf(full.thrown().getMessage()).contains("slot"),
                () -> "ids with all slots taken ended as " + full
                        + "; a NotAppliedException with this reason is expected");
        ShiftedTime clock = new ShiftedTime(bench.time());
        clock.jump(Duration.ofDays(-365 * 40));
        Node early = Node.at(bench, clock);
        CallResult<Long> before = early.calls(
                        "nextId before the epoch", early.sereno().ids("early")::nextId)
                .end(LONG);
        bench.verify(
                before.thrown() instanceof NotAppliedException
                        && String.valueOf(before.thrown().getMessage()).contains("epoch"),
                () -> "ids with a clock before the epoch ended as " + before
                        + "; a NotAppliedException with this reason is expected");
        IdLayout shortLived = new IdLayout(10, Duration.ofMillis(10), 8, 2, IdLayout.SONYFLAKE.epoch());
        CallResult<Long> beyond = node.calls(
                        "nextId beyond the time bits", node.sereno().ids("short-lived", shortLived)::nextId)
                .end(LONG);
        bench.verify(
                beyond.thrown() instanceof NotAppliedException
                        && String.valueOf(beyond.thrown().getMessage()).contains("time bits"),
                () -> "ids with a clock beyond the time bits ended as " + beyond
                        + "; a NotAppliedException with this reason is expected");
    }
}
