package io.sereno.recipes.kernel;

import io.sereno.spi.Backend;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/** What a client is given: its store, clock, executors and observers. All recipes of the client share it. Safe for use by multiple threads. */
public final class Kernel {
    /** How long a call whose time is up may still wait for an answer that is on its way. Timed waits end within 200 ms of their deadline (REC-8). */
    public static final Duration GRACE = Duration.ofMillis(150);

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private final Store store;
    private final TimeSource time;
    private final Executor callbacks;
    private final Executor signals;
    private final Events events;
    private final AsyncCalls calls = new AsyncCalls();
    private final String nodeId;
    private final Duration operationTimeout;
    private final AtomicLong seeds;

    /**
     * @param callbacks runs users' code, and nothing else
     * @param signals completes users' stages; never behind a callback
     */
    public Kernel(
            Backend backend,
            TimeSource time,
            Executor callbacks,
            Executor signals,
            Events events,
            String nodeId,
            Duration operationTimeout) {
        this.store = new Store(backend, time, operationTimeout, events);
        this.time = time;
        this.callbacks = callbacks;
        this.signals = signals;
        this.events = events;
        this.nodeId = nodeId;
        this.operationTimeout = operationTimeout;
        this.seeds = new AtomicLong(nodeId.hashCode() ^ time.nanoTime());
    }

    public Store store() {
        return store;
    }

    public TimeSource time() {
        return time;
    }

    public Executor callbacks() {
        return callbacks;
    }

    public Events events() {
        return events;
    }

    public AsyncCalls calls() {
        return calls;
    }

    public String nodeId() {
        return nodeId;
    }

    /** For messages: which store, without secrets. */
    public String backend() {
        return events.store();
    }

    public Duration operationTimeout() {
        return operationTimeout;
    }

    /**
     * Runs what may run a user's code or block, such as the completion of a user's stage, in one of the client's own threads; in the caller's thread
     * if they refuse it.
     */
    public void offStrand(Runnable completion) {
        try {
            signals.execute(completion);
        } catch (RuntimeException | Error refused) {
            completion.run();
        }
    }

    /** Completes when the result does, at the latest after the limit; the work behind the result goes on. */
    public CompletableFuture<Void> atMost(Duration limit, CompletableFuture<Void> result) {
        if (result.isDone()) {
            return result;
        }
        CompletableFuture<Void> bounded = new CompletableFuture<>();
        Runnable cancel = time.schedule(limit, Runnable::run, () -> bounded.complete(null));
        var unused = result.whenComplete((done, failure) -> {
            cancel.run();
            bounded.complete(null);
        });
        return bounded;
    }

    /** Runs a task when the result has completed, at the latest after {@link #GRACE}. */
    public void afterGrace(CompletableFuture<Void> result, Runnable then) {
        var unused = atMost(GRACE, result).thenRun(then);
    }

    public Backoff backoff() {
        return new Backoff(random());
    }

    /** The time until this moment of the clock; zero if it has passed. */
    public Duration until(long nanoTime) {
        return Duration.ofNanos(Math.max(0, nanoTime - time.nanoTime()));
    }

    /** The period give or take a quarter, for checks that nobody asked for, so that clients do not keep step. */
    public Duration jittered(Duration period) {
        long nanos = Math.max(1, period.toNanos());
        return Duration.ofNanos(random().nextLong(nanos - nanos / 4, nanos + nanos / 4 + 1));
    }

    /** For jitter, not secrets: under a manual clock, the same run jitters the same way. */
    public SplittableRandom random() {
        return new SplittableRandom(seeds.getAndAdd(GOLDEN_GAMMA));
    }
}
