package io.sereno.backend.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import io.sereno.backend.etcd.ActorProcess.Fact;
import io.sereno.testservers.EtcdServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Three JVMs and one etcd; the test stops, kills and cuts off the JVMs. Once in the usual build; {@code
 * -Dsereno.etcd.rounds=40} runs for some ten minutes.
 */
@Tag("servers")
class ManyJvmsTest {
    private static final int ROUNDS = Integer.getInteger("sereno.etcd.rounds", 1);
    private static final String STORE = "jvms?session-ttl=4s&operation-timeout=2s";

    private final EtcdServer etcd = EtcdServer.start();
    private final List<Fact> facts = new ArrayList<>();
    private final List<ActorProcess> actors = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (ActorProcess actor : actors) {
            actor.close();
        }
        etcd.close();
    }

    private ActorProcess start() throws IOException {
        ActorProcess actor = ActorProcess.start(etcd, STORE, facts);
        actors.add(actor);
        return actor;
    }

    private static Predicate<Fact> of(String what) {
        return fact -> fact.what().equals(what);
    }

    private static Predicate<Fact> session(String state) {
        return of("session").and(fact -> fact.detail().equals(state));
    }

    @Test
    void atMostOneHoldsAndAllContinuesUnderAnyFault() throws Exception {
        List<ActorProcess> living = new ArrayList<>(List.of(start(), start(), start()));
        awaitProgress(living);
        for (int round = 0; round < ROUNDS; round++) {
            stopTheServerUntil("SUSPENDED", living);
            awaitProgress(living);
            stopTheServerUntil("EXPIRED", living);
            awaitProgress(living);
            etcd.kill();
            etcd.restart();
            awaitProgress(living);
            cutOffAndFreeze(living.get(0), living.get(1), living.get(2));
            awaitProgress(living);
            living.remove(0).signal("KILL");
            living.add(start());
            awaitProgress(living);
        }
        for (ActorProcess actor : living) {
            assertThat(actor.end()).as("the standard error of %s", actor).doesNotContain("Exception in thread");
        }
        assertOneAtATime("lock");
        assertOneAtATime("lead");
        assertCounted();
        // The grants of the killed JVMs end when their ttl is over.
        awaitKeys("only the number of the layout is left", List.of("jvms:layout")::equals);
    }

    /** While sessions are suspended, no right is lost; when they have expired, all are. */
    private void stopTheServerUntil(String sessions, List<ActorProcess> living) throws Exception {
        int mark = mark();
        etcd.pause();
        for (ActorProcess actor : living) {
            awaitFact(mark, actor, session(sessions));
        }
        etcd.resume();
    }

    /** The remaining JVM gets their grants. */
    private void cutOffAndFreeze(ActorProcess cutOff, ActorProcess frozen, ActorProcess left) throws Exception {
        awaitSessions(3);
        int mark = mark();
        cutOff.proxy().hold();
        frozen.signal("STOP");
        awaitSessions(1);
        awaitFact(mark, cutOff, session("EXPIRED"));
        awaitProgress(List.of(left));
        cutOff.proxy().heal();
        frozen.signal("CONT");
        awaitFact(mark, frozen, session("EXPIRED"));
    }

    private int mark() {
        synchronized (facts) {
            return facts.size();
        }
    }

    private void awaitFact(int mark, ActorProcess by, Predicate<Fact> kind) throws InterruptedException {
        ActorProcess.awaitFacts(facts, mark, 1, kind.and(fact -> fact.by() == by), "a fact of " + by);
    }

    private void awaitProgress(List<ActorProcess> living) throws InterruptedException {
        int mark = mark();
        for (ActorProcess actor : living) {
            Predicate<Fact> counted = of("counted").and(fact -> fact.by() == actor);
            ActorProcess.awaitFacts(facts, mark, 20, counted, actor + " to count");
        }
        ActorProcess.awaitFacts(facts, mark, 20, of("lock"), "a process to take the lock");
        ActorProcess.awaitFacts(facts, mark, 20, of("lead"), "a process to lead");
    }

    private void awaitSessions(int count) {
        awaitKeys(
                count + " sessions",
                keys -> keys.stream()
                                .filter(key -> key.startsWith("jvms:session:"))
                                .count()
                        == count);
    }

    private void awaitKeys(String what, Predicate<List<String>> wanted) {
        long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        try (Outsider outsider = new Outsider(etcd)) {
            List<String> keys = outsider.keys();
            while (!wanted.test(keys)) {
                assertThat(System.nanoTime()).as("%s, and not %s", what, keys).isLessThan(deadline);
                keys = outsider.keys();
            }
        }
    }

    private void assertOneAtATime(String what) {
        List<Belief> beliefs = facts.stream()
                .filter(of(what))
                .map(fact -> new Belief(what, fact.number(), fact.time(), fact.by()))
                .toList();
        int grants = Belief.assertOneAtATime(what, beliefs);
        System.out.printf("%s: %d grants, seen %d times%n", what, grants, beliefs.size());
    }

    private void assertCounted() {
        List<Long> counted =
                facts.stream().filter(of("counted")).map(Fact::number).toList();
        long unknown = facts.stream().filter(of("unknown")).count();
        assertThat(counted).doesNotHaveDuplicates();
        try (Sereno sereno = Sereno.connect("etcd://" + etcd.authority() + "/" + STORE)) {
            long value = sereno.counter("orders").get();
            // The processes that were killed had one addition each under way.
            assertThat(value).isBetween((long) counted.size(), counted.size() + unknown + ROUNDS);
            System.out.printf("counted: %d, unknown: %d, value: %d%n", counted.size(), unknown, value);
            sereno.counter("orders").delete();
        }
    }
}
