package io.sereno.tck.spi;

import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Faulty;
import io.sereno.tck.run.Notices;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Whether a client recovers by itself, with everything it can do. */
public class RecoveryRules {
    private static final String DIRECTORY = "recovery";

    @Rule(
            value = "OUT-7",
            waits = true,
            startsFirst = true,
            check = "back-off of the client library, and states that it does not leave by itself")
    void theSameObjectRecovers(Bench bench) {
        Faulty faulty = bench.faulty();
        Map<String, Runnable> outages = new LinkedHashMap<>();
        outages.put("a reset of all connections", faulty.faults()::breakConnections);
        outages.put("an orderly end of all connections", faulty.faults()::endConnections);
        outages.put("a partition", faulty.faults()::cutOff);
        outages.put("refused connections", faulty.faults()::refuse);
        outages.put("connections that are never answered", faulty.faults()::beSilent);
        outages.put("a link that is open on one side only", faulty.faults()::swallowRequests);
        outages.put("answers that are cut off", () -> faulty.faults().cutReplies(3));
        AtomicInteger unknown = new AtomicInteger();
        Lease old = faulty.client().grant(bench.longTtl());
        outages.forEach((what, outage) -> {
            outage.run();
            CompletableFuture<?> others = askForOthers(bench, faulty, old);
            faulty.read(DIRECTORY);
            bench.join(List.of(others), bench.patience().multipliedBy(2));
            bench.pass(Duration.ofMillis(500));
            faulty.put(DIRECTORY, "during", "1");
            faulty.faults().heal();
            faulty.passRecovery();
            CallResult<?> read = faulty.read(DIRECTORY);
            bench.verify(
                    read.succeeded(),
                    () -> "after " + what + ", and the declared recovery of "
                            + bench.guarantees().recovery() + ", a read ended as " + read);
            Commit after = Commit.to(DIRECTORY).put("after", Bytes.utf8(what)).build();
            CallResult<CommitResult> commit = faulty.commit(after);
            // A store may leave a commit's outcome unknown at any time; but if it does so with most commits, it has not
            // recovered.
            boolean isUnknown = commit.failedAs(Outcome.UNKNOWN);
            unknown.addAndGet(isUnknown ? 1 : 0);
            CallResult<CommitResult> settled =
                    isUnknown ? bench.unknownCommits().settled(faulty.client(), after) : commit;
            bench.verify(
                    settled.succeeded()
                            && settled.result() instanceof CommitResult.Committed
                            && unknown.get() <= outages.size() / 2,
                    () -> "after " + what + ", and the declared recovery, a commit ended as " + commit);
            bench.same(
                    "what other clients see of it",
                    what,
                    bench.judge().present(DIRECTORY, "after").value().toUtf8());
            requireOthers(bench, faulty, what);
        });
    }

    private static CallResult<Lease> grant(Bench bench, Client client) {
        return client.outcome("grant", () -> client.backend().grantLease(bench.longTtl()));
    }

    private static CallResult<Watch> watch(Bench bench, Client client) {
        return client.outcome(
                "watch " + DIRECTORY,
                () -> client.backend().watch(new Target(DIRECTORY, Optional.empty()), new Notices(bench, "nobody")));
    }

    /** Requests a grant, a renewal and a watch, however they end. */
    private static CompletableFuture<?> askForOthers(Bench bench, Faulty faulty, Lease old) {
        Client client = faulty.client();
        return CompletableFuture.allOf(
                bench.async(() -> client.outcome("renew lease " + old.id(), old::renew)),
                bench.async(() -> {
                    CallResult<Lease> granted = grant(bench, client);
                    if (granted.succeeded()) {
                        client.outcome("revoke", granted.result()::revoke);
                    }
                    return true;
                }),
                bench.async(() -> {
                    CallResult<Watch> watched = watch(bench, client);
                    if (watched.succeeded()) {
                        watched.result().cancel();
                    }
                    return true;
                }));
    }

    private static void requireOthers(Bench bench, Faulty faulty, String after) {
        Client client = faulty.client();
        CallResult<Lease> granted = grant(bench, client);
        bench.verify(granted.succeeded(), () -> "after " + after + ", and recovery, a grant ended as " + granted);
        Lease lease = granted.result();
        // One of them may have an unknown outcome.
        List<CallResult<Boolean>> renewals = new ArrayList<>();
        while (renewals.size() < 5 && renewals.stream().noneMatch(CallResult::succeeded)) {
            renewals.add(client.outcome("renew lease " + lease.id(), lease::renew));
        }
        bench.verify(
                renewals.stream().anyMatch(CallResult::succeeded),
                () -> "after " + after + ", and recovery, renewals ended as " + renewals);
        client.outcome("revoke lease " + lease.id(), lease::revoke);
        CallResult<Watch> watched = watch(bench, client);
        bench.verify(watched.succeeded(), () -> "after " + after + ", and recovery, a watch ended as " + watched);
        watched.result().cancel();
    }
}
