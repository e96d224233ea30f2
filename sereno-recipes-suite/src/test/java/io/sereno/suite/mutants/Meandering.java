package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.AdversarialBackend.Trait.OVERTAKING;
import static io.sereno.suite.mutants.AdversarialBackend.Trait.SLOW_ANSWERS;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** Requests and answers take separate ways, each with a delay of its own. */
final class Meandering extends Hooks {
    private final AdversarialBackend adversary;
    private final World world;
    private final Executor executor;

    /** Calls without an answer yet, and how they fail if none will come. Guarded by itself, as is the flag. */
    private final Map<Open<?>, Outcome> open = new LinkedHashMap<>();

    private boolean closed;

    /** Compared by identity. */
    private static final class Open<T> {
        private final CompletableFuture<T> answer = new CompletableFuture<>();
    }

    Meandering(Backend below, AdversarialBackend adversary, World world, Executor executor) {
        super(below);
        this.adversary = adversary;
        this.world = world;
        this.executor = executor;
    }

    private <T> CompletionStage<T> send(Outcome lost, Duration most, Supplier<CompletionStage<T>> request) {
        Open<T> call = new Open<>();
        synchronized (open) {
            if (!closed) {
                open.put(call, lost);
            }
        }
        if (!isOpen(call)) {
            return request.get();
        }
        later(most, () -> {
            // A request that has not been sent when the client is closed is never sent.
            if (isOpen(call)) {
                request.get().whenComplete((result, failure) -> later(most, () -> end(call, result, failure)));
            }
        });
        return call.answer;
    }

    private boolean isOpen(Open<?> call) {
        synchronized (open) {
            return open.containsKey(call);
        }
    }

    private <T> void end(Open<T> call, T result, Throwable failure) {
        synchronized (open) {
            open.remove(call);
        }
        if (failure == null) {
            call.answer.complete(result);
        } else {
            call.answer.completeExceptionally(failure);
        }
    }

    private void later(Duration most, Runnable what) {
        if (world.random().nextInt(3) == 0) {
            executor.execute(what);
        } else {
            world.later(Duration.ofNanos((long) (most.toNanos() * world.random().nextDouble())), executor, what);
        }
    }

    private Duration usual() {
        return Duration.ofMillis(adversary.is(OVERTAKING) ? 6 : 0);
    }

    private Duration slow() {
        return adversary.is(SLOW_ANSWERS) ? Duration.ofMillis(300) : usual();
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return send(Outcome.NOT_APPLIED, usual(), () -> super.read(query));
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        return send(Outcome.UNKNOWN, usual(), () -> super.commit(commit));
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        return send(Outcome.NOT_APPLIED, usual(), () -> super.grantLease(ttl))
                .thenApply(lease -> Hooks.lease(
                        lease,
                        () -> send(Outcome.UNKNOWN, slow(), lease::renew),
                        () -> send(Outcome.UNKNOWN, slow(), lease::revoke)));
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return send(Outcome.NOT_APPLIED, slow(), () -> super.watch(target, listener));
    }

    @Override
    public void close() {
        super.close();
        Map<Open<?>, Outcome> left;
        synchronized (open) {
            closed = true;
            left = new LinkedHashMap<>(open);
            open.clear();
        }
        left.forEach((call, lost) ->
                call.answer.completeExceptionally(new BackendException(lost, false, "the client was closed", null)));
    }
}
