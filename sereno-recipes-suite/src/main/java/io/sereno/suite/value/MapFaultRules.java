package io.sereno.suite.value;

import io.sereno.CachedMap;
import io.sereno.SharedMap;
import io.sereno.Versioned;
import io.sereno.simulation.Fate;
import io.sereno.suite.faults.LostCommits;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The shared map, while replies are lost, requests arrive late, and clients are cut off. */
public class MapFaultRules {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration TRIPS = Duration.ofSeconds(2);

    @Rule(value = "SHM-2", waits = true, check = "WAT-8 and READ-6: whether a client reads all again after an outage")
    void aCacheKnowsThatItIsCutOffAndReachesTheLastStateAfterwards(Bench bench) {
        Duration ttl = Node.brief(bench).multipliedBy(2);
        Node node = Node.breakable(bench, ttl).awaitSession();
        Node other = Node.in(bench);
        other.run("set", () -> MapRules.map(other).at("a").set(1L));
        other.run("set", () -> MapRules.map(other).at("b").set(1L));
        CachedMap<Long> cached = node.result("cached", MapRules.map(node)::cached);
        node.faults().cutOff();
        long cut = bench.now();
        other.run("set", () -> MapRules.map(other).at("a").set(2L));
        other.run("delete", MapRules.map(other).at("b")::delete);
        other.run("set", () -> MapRules.map(other).at("c").set(3L));
        Map<String, Versioned<Long>> end = other.result("getAll", MapRules.map(other)::getAll);
        while (cached.isCurrent() && !cached.getAll().equals(end)) {
            bench.within(ttl.dividedBy(2).plus(TRIPS), cut, "the time for which a cache that is cut off is current");
            bench.pass(Duration.ofMillis(20));
        }
        bench.verify(cached.get("a").isPresent(), () -> "a cache that is cut off shows nothing");
        node.faults().heal();
        bench.verify(
                bench.reach(() -> cached.isCurrent() && cached.getAll().equals(end), LONG),
                () -> "a cache that was cut off is connected again, is " + (cached.isCurrent() ? "" : "not ")
                        + "current, and shows " + cached.getAll() + "; the map is " + end);
        cached.close();
    }

    @Rule(value = "SHM-4", waits = true, check = "OUT-2 and OUT-3: what a deletion does that is applied late")
    void aDeletionDeletesNothingThatWasMadeSince(Bench bench) {
        List<Fate> fates = List.of(
                Fate.loseReply(),
                Fate.loseRequest(),
                Fate.applyLate(Duration.ofMillis(40)),
                Fate.applyLate(Duration.ofMillis(600)));
        LostCommits.each(bench, "map", "map", fates, lost -> {
            SharedMap<Long> mine = lost.node().sereno().map(lost.name(), ValueRules.NUMBERS);
            SharedMap<Long> theirs = lost.other().sereno().map(lost.name(), ValueRules.NUMBERS);
            for (boolean all : new boolean[] {true, false}) {
                lost.other().run("set", () -> theirs.at("a").set(1L));
                lost.other().run("set", () -> theirs.at("b").set(1L));
                int before = lost.met();
                lost.next();
                Calling<Boolean> deletion = lost.node().acts("delete", all ? mine::delete : mine.at("a")::delete);
                bench.verify(bench.reach(() -> lost.met() > before, LONG), () -> "the deletion has sent no commit");
                lost.other().run("delete", theirs::delete);
                lost.other().run("set", () -> theirs.at("a").set(2L));
                bench.same("how the deletion ended", true, deletion.result(LONG));
                bench.pass(Duration.ofSeconds(1));
                bench.same(
                        "the value that was set after another client had deleted the map",
                        2L,
                        lost.other()
                                .result("get", theirs.at("a")::get)
                                .map(Versioned::value)
                                .orElse(0L));
            }
        });
    }
}
