package io.sereno.suite.common;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Sereno;
import io.sereno.WaitGroup;
import io.sereno.WaitGroup.OnLostWorker;
import io.sereno.suite.election.LeaderRules;
import io.sereno.tck.recipes.Calling;
import io.sereno.tck.recipes.Chronicle;
import io.sereno.tck.recipes.Node;
import io.sereno.tck.recipes.Queues;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.RuleFailure;
import io.sereno.tck.run.SecondJvm;
import io.sereno.tck.time.Crew;
import io.sereno.tck.time.MachineTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A process that holds a mutex, leads an election, is a member and has a place in a wait group, until it is killed. */
final class SecondProcess {
    /** A process that has just started may be too busy to renew in time. */
    private static final Duration TTL = Duration.ofSeconds(4);

    private static final Duration TRIPS = Duration.ofSeconds(3);

    private SecondProcess() {}

    /**
     * What the clients saw that took over from the killed process.
     *
     * @param chronicle with a verdict for each rule
     */
    record Heirs(Chronicle chronicle) {}

    /** Kills the process and lets others take over. */
    static Heirs killed(Bench bench) {
        Chronicle chronicle = new Chronicle(bench);
        long began = bench.now();
        Duration ttl = bench.ttl(TTL);
        Node node = Node.in(bench);
        WaitGroup group = node.sereno().waitGroup("w");
        node.run("add 1", () -> group.add(1, OnLostWorker.COUNT_AS_DONE));
        SecondJvm second = SecondJvm.start(bench, ttl, SecondProcess.class);
        String said = second.says();
        if (!said.startsWith("holds ")) {
            throw new RuleFailure("a second JVM had to acquire a mutex, and answered: " + said);
        }
        long token = Long.parseLong(said.substring("holds ".length()));
        Calling<Grant> lock = node.calls("acquire", node.sereno().mutex("m")::acquire);
        Queues.ofLock(bench, "m").await(bench, 2);
        LeaderElection candidate = node.sereno().election("e").start();
        bench.closeLater(LeaderRules.closing(bench, node, candidate));
        Calling<Leadership> lead = node.calls("awaitLeadership", () -> candidate.awaitLeadership());
        Queues.ofElection(bench, "e").await(bench, 2);
        Calling<Boolean> done = node.calls("await", () -> group.await(Duration.ofMinutes(1)));
        bench.pass(ttl.dividedBy(2));
        if (lock.isDone()) {
            bench.unlessStoodStill(began, "a second JVM did not keep the mutex");
        }
        chronicle.require(
                "LCK-8b", !lock.isDone(), "the mutex was granted while the process that holds it lives and renews");
        second.kill();
        long dead = bench.now();
        while (node.result("members", node.sereno().membership("g")::members).list().stream()
                        .anyMatch(member -> member.id().equals("second"))
                && bench.since(dead).compareTo(Duration.ofMinutes(1)) < 0) {
            bench.pass(Duration.ofMillis(50));
        }
        long gone = bench.now();
        Duration longest = Duration.ofMinutes(1);
        Grant grant = lock.result(longest);
        lead.result(longest);
        done.result(longest);
        // A client library that renews by itself may have renewed just before the end.
        Duration bound = Node.gone(bench, ttl)
                .plus(TRIPS)
                .plus(bench.kit().stalledSince(dead).multipliedBy(2));
        inTime(chronicle, "LCK-8b", lock.returned() - dead, bound, "the mutex was granted");
        inTime(chronicle, "LDR-3", lead.returned() - dead, bound, "another candidate led");
        inTime(chronicle, "WGP-4", done.returned() - dead, bound, "its loss was settled");
        inTime(chronicle, "MEM-3", gone - dead, bound, "it was not listed any more");
        chronicle.require(
                "LCK-2a",
                grant.fencingToken() > token,
                "token " + grant.fencingToken() + " was granted after a process with token " + token + " was killed");
        node.run("release", grant::release);
        return new Heirs(chronicle);
    }

    private static void inTime(Chronicle chronicle, String rule, long nanos, Duration bound, String what) {
        chronicle.require(
                rule,
                nanos <= bound.toNanos(),
                what + " " + Bench.text(Duration.ofNanos(nanos)) + " after a process was killed; at most "
                        + Bench.text(bound) + " is allowed");
    }

    /** Runs in the other process. */
    public static void main(String[] arguments) throws Exception {
        CompletableFuture<Void> line = SecondJvm.line();
        SecondJvm.Made made = SecondJvm.made(arguments);
        MachineTime time = new MachineTime();
        Crew crew = new Crew(false);
        Sereno sereno = made.recipes()
                .over(
                        SecondJvm.connect(made.fixture(), arguments, time, crew),
                        builder -> builder.sessionTtl(SecondJvm.ttl(arguments))
                                .nodeId("second")
                                .timeSource(time)
                                .executor(crew));
        Grant grant = sereno.mutex("m").acquire();
        LeaderElection candidate = sereno.election("e").start();
        candidate.awaitLeadership();
        sereno.membership("g").join("second", SecondJvm.ttl(arguments));
        sereno.waitGroup("w").join();
        System.out.println("holds " + grant.fencingToken());
        line.get(); // no line ever arrives: the process is killed
        sereno.close();
    }
}
