package io.sereno.suite.value;

import io.sereno.CachedValue;
import io.sereno.SharedValue;
import io.sereno.Versioned;
import io.sereno.properties.Versions;
import io.sereno.simulation.Fate;
import io.sereno.suite.faults.LostCommits;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The shared value, while replies are lost, requests arrive late, and clients are cut off. */
public class ValueFaultRules {
    private static final String NAME = "value";
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration TRIPS = Duration.ofSeconds(2);

    /** One change under way. */
    private record Setting(Versions versions, long number, Calling<Boolean> call) {
        static Setting of(Node node, String name, Versions versions) {
            long number = versions.next();
            SharedValue<Long> value = node.sereno().value(name, ValueRules.NUMBERS);
            return new Setting(versions, number, node.acts("set " + number, () -> value.set(number)));
        }

        void end() {
            CallResult<Boolean> ended = call.end(LONG);
            versions.ended(number, ended.thrown());
        }
    }

    @Rule(value = "SHV-1", waits = true, check = "how a change whose reply was lost is settled: not by setting again")
    void aChangeWhoseReplyIsLostIsMadeOnce(Bench bench) {
        List<Fate> fates = List.of(
                Fate.loseReply(),
                Fate.loseReply().givenUpAfter(Duration.ofMillis(200)),
                Fate.loseRequest(),
                Fate.applyLate(Duration.ofMillis(2)),
                Fate.applyLate(Duration.ofMillis(40)),
                Fate.applyLate(Duration.ofMillis(600)));
        LostCommits.each(bench, "value", NAME, fates, lost -> {
            Versions versions = new Versions();
            Versions.Observer reader = versions.observer("a reader");
            SharedValue<Long> theirs = lost.other().sereno().value(lost.name(), ValueRules.NUMBERS);
            Setting.of(lost.node(), lost.name(), versions).end();
            for (int i = 0; i < 4; i++) {
                lost.next();
                int before = lost.met();
                Setting setting = Setting.of(lost.node(), lost.name(), versions);
                if (i % 2 == 1) {
                    // Another client's value is there afterwards, so the value does not show the outcome.
                    bench.reach(() -> lost.met() > before, bench.patience());
                    Setting.of(lost.other(), lost.name(), versions).end();
                }
                setting.end();
                reader.sees(lost.other().result("get", theirs::get));
            }
            bench.pass(Duration.ofSeconds(1));
            Optional<Versioned<Long>> last = lost.other().result("get", theirs::get);
            reader.sees(last);
            lost.require(versions.wrong(last.map(Versioned::change).orElse(0L)));
        });
    }

    @Rule(value = "SHV-2", waits = true, check = "WAT-8 and READ-6: whether a client reads again after an outage")
    void aCacheKnowsThatItIsCutOffAndReachesTheLastStateAfterwards(Bench bench) {
        Duration ttl = Node.brief(bench).multipliedBy(2);
        Node node = Node.breakable(bench, ttl).awaitSession();
        Node other = Node.in(bench);
        SharedValue<Long> theirs = other.sereno().value(NAME, ValueRules.NUMBERS);
        other.run("set", () -> theirs.set(1L));
        CachedValue<Long> cached = node.result(
                "cached", () -> node.sereno().value(NAME, ValueRules.NUMBERS).cached());
        for (long i = 2; i <= 3; i++) {
            long number = i;
            node.faults().cutOff();
            long cut = bench.now();
            other.run("set", () -> theirs.set(number));
            while (cached.isCurrent() && shown(cached) != number) {
                bench.within(
                        ttl.dividedBy(2).plus(TRIPS), cut, "the time for which a cache that is cut off is current");
                bench.pass(Duration.ofMillis(20));
            }
            if (i == 3) {
                bench.pass(Node.gone(bench, ttl)); // Its session ends meanwhile.
            }
            bench.verify(
                    cached.get().isPresent(),
                    () -> "a cache that is cut off shows nothing, and has shown " + (number - 1));
            node.faults().heal();
            bench.verify(
                    bench.reach(() -> cached.isCurrent() && shown(cached) == number, LONG),
                    () -> "a cache that was cut off is connected again, is " + (cached.isCurrent() ? "" : "not ")
                            + "current, and shows " + cached.get() + "; the value is " + number);
        }
        cached.close();
    }

    private static long shown(CachedValue<Long> cached) {
        return cached.get().map(Versioned::value).orElse(0L);
    }
}
