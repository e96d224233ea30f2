package io.sereno.tck.run;

import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.tck.faults.Faults;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * A client with faults on its connection.
 *
 * @param bench of this run
 * @param client to be called by {@link Client#outcome} while there is a fault
 * @param faults what can go wrong
 * @param timeout the client's operation timeout
 */
public record Faulty(Bench bench, Client client, Faults faults, Duration timeout) {
    /** A client that needs longer than this for its recovery waits for its client library, and no call of the kit hastens that. */
    private static final Duration WAITED_OUT = Duration.ofSeconds(15);

    /** Sends a commit without waiting for its end. */
    public CompletableFuture<CallResult<CommitResult>> send(Commit commit) {
        return bench.async(() -> client.outcome(commit));
    }

    /** Waits for the end of a call that was sent. */
    public <T> CallResult<T> end(CompletableFuture<CallResult<T>> sent) {
        Duration atMost = timeout.multipliedBy(3).plus(bench.patience());
        if (!bench.reach(sent::isDone, atMost)) {
            throw new RuleFailure(client + ": a call has not ended " + Bench.text(atMost)
                    + " after it was made; its operation timeout is " + Bench.text(timeout) + " (LIF-6b)");
        }
        return sent.join();
    }

    public CallResult<CommitResult> commit(Commit commit) {
        return end(send(commit));
    }

    public CallResult<CommitResult> put(String directory, String name, String value) {
        return commit(Commit.to(directory).put(name, Bytes.utf8(value)).build());
    }

    public CallResult<Snapshot> read(String directory) {
        return client.outcome("read " + directory, () -> client.backend().read(new Query.All(directory)));
    }

    /**
     * Writes with a reply that is lost: the request is delivered, another client sees its effect, the connection is
     * gone, and then everything is healed.
     *
     * @param inOrder whether the connection ends in order or is reset; some clients resend after one of the two
     */
    public CallResult<CommitResult> putWithLostReply(String directory, String name, boolean inOrder) {
        return commitWithLostReply(
                Commit.to(directory).put(name, Bytes.utf8(name)).build(),
                () -> bench.judge().one(directory, name).isPresent(),
                inOrder);
    }

    /** The same for any commit; other clients see when it has been applied. */
    public CallResult<CommitResult> commitWithLostReply(Commit commit, BooleanSupplier isApplied, boolean inOrder) {
        CompletableFuture<CallResult<CommitResult>> sent = sendWithoutReply(commit, isApplied);
        if (inOrder) {
            faults.endConnections();
        } else {
            faults.breakConnections();
        }
        faults.heal();
        return end(sent);
    }

    /**
     * Sends a commit and holds its reply. Returns when other clients see that it has been applied, or if it ends or its
     * timeout is over.
     */
    public CompletableFuture<CallResult<CommitResult>> sendWithoutReply(Commit commit, BooleanSupplier isApplied) {
        faults.holdReplies();
        CompletableFuture<CallResult<CommitResult>> sent = send(commit);
        long from = bench.now();
        while (!isApplied.getAsBoolean() && bench.since(from).compareTo(timeout) < 0 && !sent.isDone()) {
            bench.pass(Duration.ofMillis(5));
        }
        return sent;
    }

    /** Writes with a request that is lost on its way. */
    public CallResult<CommitResult> putWithLostRequest(String directory, String name) {
        faults.swallowRequests();
        long before = faults.sent();
        CompletableFuture<CallResult<CommitResult>> sent =
                send(Commit.to(directory).put(name, Bytes.utf8(name)).build());
        awaitSent(before, sent);
        faults.breakConnections();
        faults.heal();
        return end(sent);
    }

    /** Waits until the client has sent something since; otherwise the fault affected nothing. */
    public void awaitSent(long before) {
        awaitSent(before, new CompletableFuture<>());
    }

    /** The same for a call, which may also end without being sent. */
    public void awaitSent(long before, CompletableFuture<?> call) {
        if (!bench.reach(() -> faults.sent() > before || call.isDone(), bench.patience())) {
            throw bench.unverified(
                    "nothing came through " + faults
                            + " when the client had something to send; does the fixture use the endpoints of the configuration?");
        }
    }

    /**
     * Lets the declared recovery pass, and what the machine stood still since the fault. Of a recovery of more than {@link #WAITED_OUT}
     * it waits only until a read succeeds: it tries one in each second.
     */
    public void passRecovery() {
        Duration recovery = bench.guarantees().recovery();
        if (recovery.compareTo(WAITED_OUT) <= 0) {
            bench.pass(recovery.plus(bench.kit().stalledSince(bench.now() - 2_000_000_000L)));
            return;
        }
        long from = bench.now();
        do {
            bench.pass(Duration.ofSeconds(1));
        } while (!read("recovery").succeeded() && bench.since(from).compareTo(recovery) < 0);
        bench.note(bench.now(), client + " was given " + Bench.text(bench.since(from)) + " to recover");
    }

    /** Waits until the client works again, which it has to within its declared recovery. */
    public void awaitWorking() {
        long from = bench.now();
        Duration bound =
                bench.guarantees().recovery().plus(timeout.multipliedBy(2)).plus(bench.patience());
        while (true) {
            CallResult<Snapshot> ended = read("working");
            if (ended.succeeded()) {
                bench.note(bench.now(), client + " works again after " + Bench.text(bench.since(from)));
                return;
            }
            if (!ended.failedAs(Outcome.NOT_APPLIED)) {
                throw new RuleFailure("a read ended as " + ended + "; NOT_APPLIED is expected, or a result");
            }
            bench.within(bound, from, "the recovery of a client");
            bench.pass(Duration.ofMillis(20));
        }
    }
}
