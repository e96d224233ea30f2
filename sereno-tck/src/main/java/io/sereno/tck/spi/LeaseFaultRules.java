package io.sereno.tck.spi;

import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.tck.ServerControl;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Faulty;
import io.sereno.tck.run.RuleFailure;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Leases when something between their client and the store breaks. */
public class LeaseFaultRules {
    private static final String DIRECTORY = "lease";

    private static Duration ttl(Bench bench) {
        Duration wanted = Duration.ofSeconds(4);
        return bench.shortTtl().compareTo(wanted) > 0 ? bench.shortTtl() : wanted;
    }

    private static Lease grant(Faulty faulty, Duration ttl) {
        CallResult<Lease> ended = faulty.client()
                .outcome("grant " + ttl, () -> faulty.client().backend().grantLease(ttl));
        if (!ended.succeeded()) {
            throw new RuleFailure("a lease was not granted without a fault: " + ended);
        }
        return ended.result();
    }

    private static CallResult<Boolean> renew(Faulty faulty, Lease lease) {
        return faulty.client().outcome("renew lease " + lease.id(), lease::renew);
    }

    @Rule(
            value = "LEA-10",
            waits = true,
            check = "what happens to leases, streams of renewals and sessions when their connection breaks")
    void aLeaseSurvivesABlip(Bench bench) {
        Faulty faulty = bench.faulty();
        List<Lease> leases = List.of(grant(faulty, ttl(bench)), grant(faulty, ttl(bench)));
        faulty.client().put(DIRECTORY, "unleased", "1");
        for (Lease lease : leases) {
            faulty.client().put(DIRECTORY, "of " + lease.id(), "1", lease);
        }
        for (int i = 0; i < 4; i++) {
            long before = bench.now();
            switch (i) {
                case 0 -> faulty.faults().breakConnections();
                case 1 -> faulty.faults().endConnections();
                case 2 -> {
                    faulty.faults().refuse();
                    bench.pass(Duration.ofMillis(300));
                }
                default -> {
                    // One renewal of each whose answer is lost.
                    faulty.faults().holdReplies();
                    List<CompletableFuture<CallResult<Boolean>>> lost = leases.stream()
                            .map(lease -> bench.async(() -> renew(faulty, lease)))
                            .toList();
                    lost.forEach(faulty::end);
                    faulty.faults().breakConnections();
                }
            }
            faulty.faults().heal();
            for (Lease lease : leases) {
                requireRenewed(bench, faulty, lease, before);
            }
        }
        // Renewals that are reported as made must have been made.
        long from = bench.now();
        while (bench.since(from).compareTo(leases.get(0).ttl().multipliedBy(3).dividedBy(2)) < 0) {
            long before = bench.now();
            bench.pass(leases.get(0).ttl().dividedBy(4));
            for (Lease lease : leases) {
                requireRenewed(bench, faulty, lease, before);
            }
        }
    }

    /** Its connection has been lost, or nothing has been done, since this time. */
    private static void requireRenewed(Bench bench, Faulty faulty, Lease lease, long since) {
        CallResult<Boolean> renewed = renew(faulty, lease);
        while (!renewed.succeeded() && bench.since(since).compareTo(lease.ttl()) < 0) {
            bench.pass(Duration.ofMillis(20));
            renewed = renew(faulty, lease);
        }
        CallResult<Boolean> last = renewed;
        boolean isAlive = last.succeeded() && last.result();
        Duration took = bench.since(since);
        if (!isAlive && took.compareTo(lease.ttl().dividedBy(2)) > 0) {
            throw bench.unknown("the client did not reconnect within half a ttl, so the lease may have ended");
        }
        bench.verify(isAlive, () -> "a connection was lost for less than the ttl, and renew() then ended as " + last);
        bench.same(
                "the lease of the entry",
                lease.id(),
                bench.judge().present(DIRECTORY, "of " + lease.id()).leaseId());
    }

    @Rule(
            value = "LEA-7a",
            waits = true,
            check = "that the store, not the client, checks the lease when the commit takes effect")
    void aCommitThatArrivesAfterItsLeaseWritesNothing(Bench bench) {
        Faulty faulty = bench.faulty();
        Lease lease = grant(faulty, bench.shortTtl());
        faulty.put(DIRECTORY, "kept", "before");
        Duration late = lease.ttl().plus(bench.guarantees().expiryLateness()).plusMillis(500);
        if (late.compareTo(faulty.timeout()) < 0) {
            late = faulty.timeout().plusMillis(500);
        }
        faulty.faults().holdRequests(late);
        long before = faulty.faults().sent();
        long from = bench.now();
        CompletableFuture<CallResult<CommitResult>> sent = faulty.send(Commit.to(DIRECTORY)
                .put("leased", Bytes.EMPTY, lease.id())
                .put("unleased", Bytes.EMPTY)
                .delete("kept")
                .build());
        faulty.awaitSent(before, sent);
        CallResult<CommitResult> ended = faulty.end(sent);
        bench.pass(late.minus(bench.since(from)).plusMillis(50));
        faulty.faults().heal();
        faulty.awaitWorking();
        bench.pass(Duration.ofMillis(300));
        List<Entry> entries = bench.judge().all(DIRECTORY);
        bench.verify(
                entries.size() == 1 && entries.get(0).name().equals("kept"),
                () -> "a commit was held up until its lease had ended, was reported as " + ended + ", and left "
                        + entries);
        bench.same(
                "renew() of the lease",
                false,
                renew(faulty, lease).succeeded() && renew(faulty, lease).result());
        // It ended before its reply could come, so it waited in a pool, or for a connection that was being opened.
        if (ended.failedAs(Outcome.NOT_APPLIED)) {
            throw bench.untested("the commit was not sent, so nothing was held up: " + ended);
        }
    }

    @Rule(
            value = "LEA-13",
            waits = true,
            check = "whether the client library opens a new session by itself, and which requests then use it")
    void noEntryIsPutUnderAnotherLease(Bench bench) {
        Faulty faulty = bench.faulty();
        Lease lease = grant(faulty, bench.shortTtl());
        faulty.commit(Commit.to(DIRECTORY).put("a", Bytes.EMPTY, lease.id()).build());
        faulty.faults().cutOff();
        bench.pass(lease.ttl()
                .multipliedBy(2)
                .plus(bench.guarantees().expiryLateness())
                .plusMillis(500));
        faulty.faults().breakConnections();
        faulty.faults().heal();
        faulty.awaitWorking();
        Lease next = grant(faulty, bench.longTtl());
        bench.verify(next.id() != lease.id(), () -> "a new lease has the id of one that has ended, " + lease.id());
        for (Commit commit : List.of(
                Commit.to(DIRECTORY).put("b", Bytes.EMPTY, lease.id()).build(),
                Commit.to(DIRECTORY)
                        .ifAbsent("b")
                        .put("b", Bytes.EMPTY, lease.id())
                        .build(),
                Commit.to(DIRECTORY)
                        .delete("a")
                        .put("b", Bytes.EMPTY, lease.id())
                        .build())) {
            CallResult<CommitResult> ended = faulty.commit(commit);
            List<Entry> entries = bench.judge().all(DIRECTORY);
            bench.verify(
                    entries.isEmpty(),
                    () -> "a lease ended while its client was cut off; " + commit + " under it then ended as " + ended
                            + ", and there is " + entries);
            bench.verify(
                    ended.failedAs(Outcome.NOT_APPLIED)
                            || ended.failedAs(Outcome.UNKNOWN)
                            || !(ended.result() instanceof CommitResult.Committed),
                    () -> commit + " under a lease that has ended was reported as " + ended);
        }
        CallResult<Boolean> renewed = renew(faulty, lease);
        bench.verify(
                !renewed.succeeded() || !renewed.result(),
                () -> "renew() of a lease that has ended is true after a reconnect");
        faulty.commit(Commit.to(DIRECTORY).put("c", Bytes.EMPTY, next.id()).build());
        bench.same(
                "the lease of an entry put under the new one",
                next.id(),
                bench.judge().present(DIRECTORY, "c").leaseId());
    }

    @Rule(
            value = "LEA-3c",
            check = "how leases are restored after a restart: with their full ttl again, and then ended")
    void aRestartAddsOneTtlAtMost(Bench bench) {
        Duration ttl = bench.shortTtl();
        Duration bound = ttl.multipliedBy(2).plus(bench.guarantees().expiryLateness());
        if (bench.inProcess()) {
            // There is no server to stop; the nearest equivalent is that everything stands still for the client.
            Faulty faulty = bench.faulty();
            for (String name : List.of("a", "b", "c")) {
                Lease lease = grant(faulty, ttl);
                faulty.commit(
                        Commit.to(DIRECTORY).put(name, Bytes.EMPTY, lease.id()).build());
            }
            faulty.faults().cutOff();
            bench.pass(bound);
            bench.same("the entries after the bound", List.of(), bench.judge().all(DIRECTORY));
            return;
        }
        ServerControl server = bench.server(ServerControl.Ability.RESTART);
        Client client = bench.client();
        Lease lease = client.grant(ttl);
        client.put(DIRECTORY, "a", "1", lease);
        Lease held = client.grant(bench.longTtl());
        client.put(DIRECTORY, "held", "1", held);
        server.kill();
        server.restart();
        long up = bench.now();
        Client judge = bench.client();
        bench.pass(bound.plus(Duration.ofMillis(200)));
        List<Entry> left = judge.all(DIRECTORY);
        bench.verify(
                left.stream().noneMatch(entry -> entry.name().equals("a")),
                () -> "a lease of " + ttl + " has an entry " + Bench.text(bench.since(up))
                        + " after a restart; at most " + Bench.text(bound) + " is allowed");
        if (bench.guarantees().promises().contains(io.sereno.spi.Promise.DURABLE)) {
            bench.verify(
                    left.stream().anyMatch(entry -> entry.name().equals("held")),
                    () -> "a lease of " + held.ttl()
                            + " lost its entry with a restart, and the store promises to be durable");
        }
    }
}
