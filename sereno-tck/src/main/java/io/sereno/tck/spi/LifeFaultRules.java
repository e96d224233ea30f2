package io.sereno.tck.spi;

import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.tck.ServerControl;
import io.sereno.tck.faults.Faults;
import io.sereno.tck.faults.ProxyFaults;
import io.sereno.tck.proxy.FaultProxy;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Faulty;
import io.sereno.tck.run.Notices;
import io.sereno.tck.run.RuleFailure;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The lifecycle of a client whose store does not answer. */
public class LifeFaultRules {
    private static final String DIRECTORY = "life";

    @Rule(
            value = "LIF-1b",
            waits = true,
            check = "what close() waits for: it has to give up on a server that does not answer")
    void closeIsBoundedWhenNothingAnswers(Bench bench) {
        for (int i = 0; i < 2; i++) {
            Faulty faulty = bench.faulty();
            // Several of each: the times to close them one after another would add up.
            for (int j = 0; j < 8; j++) {
                Lease lease = faulty.client().grant(bench.longTtl());
                faulty.client().watch(new Target(DIRECTORY + j, Optional.empty()), new Notices(bench, "nobody"));
                faulty.client().put(DIRECTORY, "a" + i + "-" + j, "1", lease);
            }
            if (i == 0) {
                faulty.faults().cutOff();
            } else {
                faulty.faults().beSilent();
            }
            faulty.client().backend().read(new Query.All(DIRECTORY)).whenComplete((read, failure) -> bench.stir());
            long from = bench.now();
            CompletableFuture<?> closed = bench.closing(faulty.client());
            bench.verify(
                    bench.reach(closed::isDone, Duration.ofSeconds(10)), () -> "close() has not returned after 10 s");
            bench.within(Duration.ofSeconds(5), from, "close() against a store that does not answer");
        }
    }

    @Rule(value = "LIF-1b", check = "what close() waits for when the server's process is frozen")
    void closeIsBoundedWhenTheServerIsFrozen(Bench bench) {
        if (bench.inProcess()) {
            throw bench.untested("a store without a server has none that can be frozen or restarted");
        }
        ServerControl server = bench.server(ServerControl.Ability.PAUSE);
        Client client = bench.client();
        client.watch(DIRECTORY);
        client.put(DIRECTORY, "a", "1", client.grant(bench.longTtl()));
        server.pause();
        try {
            long from = bench.now();
            CompletableFuture<?> closed = bench.closing(client);
            bench.verify(
                    bench.reach(closed::isDone, Duration.ofSeconds(10)), () -> "close() has not returned after 10 s");
            bench.within(Duration.ofSeconds(5), from, "close() against a frozen server");
        } finally {
            server.resume();
        }
    }

    @Rule(
            value = "LIF-2",
            waits = true,
            check = "that close() fails every stage that is still open, and which of them may have been sent")
    void closeEndsWhatIsUnderWay(Bench bench) {
        Faulty faulty = bench.faulty();
        Backend backend = faulty.client().backend();
        Lease lease = faulty.client().grant(bench.longTtl());
        Lease other = faulty.client().grant(bench.longTtl());
        // So that the client has a connection on which the commit can leave.
        faulty.put(DIRECTORY, "before", "1");
        BooleanSupplier isApplied = () -> bench.judge().one(DIRECTORY, "a").isPresent();
        CompletableFuture<CallResult<CommitResult>> commit = faulty.sendWithoutReply(
                Commit.to(DIRECTORY).put("a", Bytes.EMPTY).build(), isApplied);
        faulty.faults().cutOff();
        CompletableFuture<CallResult<Snapshot>> read =
                bench.async(() -> bench.end(backend.read(new Query.All(DIRECTORY)), bench.patience()));
        CompletableFuture<CallResult<Lease>> grant =
                bench.async(() -> bench.end(backend.grantLease(bench.longTtl()), bench.patience()));
        CompletableFuture<CallResult<Boolean>> renewal = bench.async(() -> bench.end(lease.renew(), bench.patience()));
        CompletableFuture<CallResult<Void>> revocation = bench.async(() -> bench.end(other.revoke(), bench.patience()));
        CompletableFuture<CallResult<Watch>> watch = bench.async(() -> bench.end(
                backend.watch(new Target(DIRECTORY, Optional.empty()), new Notices(bench, "nobody")),
                bench.patience()));
        // Some may wait for the connection that the commit occupies; close() ends these, too.
        bench.pass(Duration.ofMillis(200));
        boolean wasUnderWay = !commit.isDone();
        CompletableFuture<?> closed = bench.closing(faulty.client());
        bench.verify(bench.reach(closed::isDone, Duration.ofSeconds(10)), () -> "close() has not returned after 10 s");
        Map<String, CompletableFuture<? extends CallResult<?>>> calls = new LinkedHashMap<>();
        calls.put("a read", read);
        calls.put("a commit", commit);
        calls.put("a grant", grant);
        calls.put("a renewal", renewal);
        calls.put("a revocation", revocation);
        calls.put("a watch", watch);
        List<String> mayBeSent = List.of("a commit", "a renewal", "a revocation");
        calls.forEach((what, call) -> {
            bench.verify(
                    bench.reach(call::isDone, Duration.ofSeconds(2)),
                    () -> what + " that was under way has not ended with close()");
            CallResult<?> ended = call.join();
            // A watch needs no request where one stream serves all watches.
            bench.verify(
                    !ended.isOpen() && (ended.failure().isPresent() || (what.equals("a watch") && ended.succeeded())),
                    () -> what + " that was under way when the backend was closed ended as " + ended);
            bench.verify(
                    ended.succeeded() || mayBeSent.contains(what) || ended.failedAs(Outcome.NOT_APPLIED),
                    () -> what + " that was under way when the backend was closed ended as " + ended
                            + "; NOT_APPLIED is expected");
        });
        // A client that did not send the commit, because it waited for a connection, knows that it is not applied.
        faulty.faults().heal();
        bench.pass(Duration.ofMillis(500));
        boolean isThere = isApplied.getAsBoolean();
        bench.verify(
                commit.join().failedAs(Outcome.UNKNOWN)
                        || (!isThere && commit.join().failedAs(Outcome.NOT_APPLIED)),
                () -> "a commit that " + (isThere ? "was applied" : "may have been sent")
                        + " when the backend was closed ended as " + commit.join() + "; UNKNOWN is expected");
        bench.count(
                "commits that were applied, and under way when the backend was closed", isThere && wasUnderWay ? 1 : 0);
    }

    @Rule(
            value = "LIF-5",
            waits = true,
            check = "that opening makes one attempt within the connect timeout, and names the address")
    void openingNowhereFailsInTime(Bench bench) {
        Duration connect = Duration.ofSeconds(2);
        InetSocketAddress nowhere;
        try (FaultProxy reserved = FaultProxy.to(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1))) {
            reserved.refuse();
            nowhere = InetSocketAddress.createUnresolved(
                    "127.0.0.1", reserved.endpoint().getPort());
            requireRefused(bench, "an address that refuses", nowhere, connect);
            if (!bench.inProcess()) {
                reserved.acceptSilently();
                requireRefused(bench, "an address that is silent", nowhere, connect);
            } else {
                bench.simulated();
            }
        }
    }

    private static void requireRefused(Bench bench, String what, InetSocketAddress address, Duration connect) {
        long from = System.nanoTime();
        CompletableFuture<Backend> opening = bench.async(() -> bench.connect(
                config -> config.withEndpoints(List.of(address)).withTimeouts(connect, Duration.ofSeconds(1))));
        bench.reach(opening::isDone, connect.plusSeconds(10));
        Duration took = Duration.ofNanos(System.nanoTime() - from);
        bench.verify(opening.isDone(), () -> "opening against " + what + " has not ended after " + Bench.text(took));
        CallResult<Backend> ended = bench.end(opening, Duration.ofSeconds(1));
        if (ended.succeeded()) {
            ended.result().close();
            throw new RuleFailure("a backend was opened against " + what + "; it has to fail when nothing answers");
        }
        bench.verify(
                ended.failure().isPresent() || ended.thrown() instanceof IllegalArgumentException,
                () -> "opening against " + what + " failed with " + ended.thrown()
                        + "; a BackendException is expected");
        bench.verify(
                !(ended.thrown() instanceof BackendException reported && reported.permanent()),
                () -> "opening against " + what + " failed for good, " + ended
                        + "; a store may be there the next time, so it is not permanent");
        bench.verify(
                String.valueOf(ended.thrown()).contains("" + address.getPort()),
                () -> "opening against " + what + " failed without naming the address: " + ended);
        if (bench.kit().pace().isReal()) {
            bench.within(connect.plusMillis(500), from, "opening against " + what);
        }
    }

    @Rule(
            value = "LIF-6a",
            waits = true,
            check = "whether a method connects, resolves or waits for a permit before it returns its stage")
    void methodsReturnWithoutWaiting(Bench bench) {
        Faulty faulty = bench.faulty();
        Lease lease = faulty.client().grant(bench.longTtl());
        faulty.client().watch(new Target(DIRECTORY, Optional.empty()), new Notices(bench, "nobody"));
        List<Runnable> silences = List.of(faulty.faults()::cutOff, faulty.faults()::beSilent, faulty.faults()::refuse);
        for (Runnable silence : silences) {
            silence.run();
            for (int round = 0; round < 2; round++) {
                calls(bench, faulty.client().backend(), lease).forEach((what, call) -> {
                    CompletableFuture<Duration> returned = bench.async(() -> {
                        long from = System.nanoTime();
                        call.get().whenComplete((result, failure) -> bench.stir());
                        return Duration.ofNanos(System.nanoTime() - from);
                    });
                    long from = System.nanoTime();
                    bench.verify(
                            bench.reach(returned::isDone, Duration.ofSeconds(8)),
                            () -> what + " has not returned its stage while the store does not answer");
                    Duration took = returned.join();
                    Duration stalled = bench.kit().stalledSince(from - took.toNanos());
                    bench.verify(
                            took.minus(stalled).compareTo(Duration.ofMillis(250)) < 0,
                            () -> what + " returned its stage after " + Bench.text(took)
                                    + " while the store does not answer");
                });
            }
            faulty.faults().heal();
        }
    }

    private static Map<String, Supplier<CompletionStage<?>>> calls(Bench bench, Backend backend, Lease lease) {
        Map<String, Supplier<CompletionStage<?>>> calls = new LinkedHashMap<>();
        calls.put("read()", () -> backend.read(new Query.All(DIRECTORY)));
        calls.put(
                "commit()",
                () -> backend.commit(Commit.to(DIRECTORY).put("a", Bytes.EMPTY).build()));
        calls.put("grantLease()", () -> backend.grantLease(bench.longTtl()));
        calls.put(
                "watch()", () -> backend.watch(new Target(DIRECTORY, Optional.empty()), new Notices(bench, "nobody")));
        calls.put("renew()", lease::renew);
        calls.put("revoke()", lease::revoke);
        return calls;
    }

    @Rule(
            value = "LIF-6b",
            waits = true,
            check = "that every call has a deadline, counted from the call, whatever the client library waits for")
    void everyOperationEndsByItsDeadline(Bench bench) {
        Faulty faulty = bench.faulty();
        Faults faults = faulty.faults();
        Lease lease = faulty.client().grant(bench.ttl(Duration.ofSeconds(30)));
        Map<String, Runnable> silences = new LinkedHashMap<>();
        silences.put("a partition", faults::cutOff);
        silences.put("answers that do not come", faults::holdReplies);
        silences.put("a link that is open on one side only", faults::swallowRequests);
        silences.put("connections that are never answered", faults::beSilent);
        silences.put("refused connections", faults::refuse);
        silences.forEach((silence, make) -> {
            make.run();
            requireEnded(bench, faulty, lease, silence);
            faults.breakConnections();
            faults.heal();
            faulty.awaitWorking();
        });
        // And without a fault.
        requireEnded(bench, faulty, lease, "no fault");
    }

    private static void requireEnded(Bench bench, Faulty faulty, Lease lease, String silence) {
        Duration bound = faulty.timeout().plusMillis(250);
        Map<String, CompletableFuture<Duration>> took = new LinkedHashMap<>();
        long from = bench.now();
        List<CompletableFuture<?>> all = new ArrayList<>();
        calls(bench, faulty.client().backend(), lease).forEach((what, call) -> {
            CompletableFuture<Duration> ended = new CompletableFuture<>();
            long began = bench.now();
            all.add(bench.async(() -> call.get().whenComplete((result, failure) -> {
                ended.complete(bench.since(began));
                bench.stir();
            })));
            took.put(what, ended);
        });
        bench.reach(
                () -> took.values().stream().allMatch(CompletableFuture::isDone),
                faulty.timeout().plus(bench.patience()));
        Duration stalled = bench.kit().stalledSince(from);
        took.forEach((what, ended) -> {
            bench.verify(
                    ended.isDone(),
                    () -> what + " under " + silence + " has not ended after " + Bench.text(bench.since(from))
                            + "; the operation timeout is " + Bench.text(faulty.timeout()));
            Duration duration = ended.join();
            if (duration.compareTo(bound) > 0 && stalled.compareTo(Duration.ofMillis(100)) > 0) {
                if (duration.compareTo(bound.plus(stalled.multipliedBy(3))) <= 0) {
                    return;
                }
            }
            bench.verify(
                    duration.compareTo(bound) <= 0,
                    () -> what + " under " + silence + " ended after " + Bench.text(duration) + "; at most "
                            + Bench.text(bound) + " is allowed");
        });
        bench.join(all, bench.patience());
    }

    @Rule(value = "LIF-6b", check = "that every call has a deadline when the server's process is frozen")
    void everyOperationEndsWhenTheServerIsFrozen(Bench bench) {
        if (bench.inProcess()) {
            throw bench.untested("a store without a server has none that can be frozen or restarted");
        }
        ServerControl server = bench.server(ServerControl.Ability.PAUSE);
        Faulty faulty = bench.faulty();
        Lease lease = faulty.client().grant(bench.longTtl());
        server.pause();
        try {
            requireEnded(bench, faulty, lease, "a frozen server");
        } finally {
            server.resume();
        }
        faulty.awaitWorking();
    }

    @Rule(value = "OUT-7", check = "what the client library does when its server is killed and comes back")
    void theSameObjectRecoversFromARestart(Bench bench) {
        if (bench.inProcess()) {
            throw bench.untested("a store without a server has none that can be frozen or restarted");
        }
        ServerControl server = bench.server(ServerControl.Ability.RESTART);
        Faulty faulty = bench.faulty();
        Notices received = new Notices(bench, "a watch over the restart");
        faulty.client().watch(new Target(DIRECTORY, Optional.empty()), received);
        long revision = faulty.client().put(DIRECTORY, "before", "1");
        server.kill();
        faulty.read(DIRECTORY);
        faulty.put(DIRECTORY, "while down", "1");
        server.restart();
        faulty.passRecovery();
        faulty.awaitWorking();
        int before = received.count();
        Client judge = bench.client();
        long next = judge.put(DIRECTORY, "after", "1");
        received.awaitAnnounced("after", before);
        if (bench.guarantees().promises().contains(io.sereno.spi.Promise.DURABLE)) {
            bench.verify(
                    next > revision,
                    () -> "a commit after a restart has revision " + next + ", one before it " + revision);
            bench.verify(
                    faulty.client().one(DIRECTORY, "before").isPresent(),
                    () -> "what was acked before a restart is gone, and the store promises to be durable");
        }
    }

    @Rule(
            value = "CFG-2",
            waits = true,
            check = "timeouts that the client library counts by itself; the backend's have to be on config.time()")
    void timeoutsAreCountedByTheClockGiven(Bench bench) {
        if (bench.inProcess()) {
            throw bench.untested("a store without a network has no answer to wait for");
        }
        ManualTime time = new ManualTime();
        ProxyFaults proxies = bench.closeLater(bench.proxies());
        Duration timeout = Duration.ofSeconds(1);
        Client client = bench.client(config ->
                config.withEndpoints(proxies.endpoints()).withTime(time).withTimeouts(Duration.ofSeconds(5), timeout));
        proxies.cutOff();
        CompletableFuture<?> read =
                client.backend().read(new Query.All(DIRECTORY)).toCompletableFuture();
        bench.pass(timeout.plusMillis(500));
        bench.verify(
                !read.isDone(),
                () -> "an operation with a timeout of " + timeout
                        + " ended while the clock of the configuration stood still; another clock counted it");
        time.advance(timeout.plusMillis(250));
        bench.verify(
                bench.end(read, Duration.ofSeconds(2)).failure().isPresent(),
                () -> "an operation has not failed though its timeout is over by the clock of the configuration");
    }
}
