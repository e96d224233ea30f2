package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import io.sereno.SerenoMeter;
import io.sereno.SerenoObserver;
import io.sereno.SessionState;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Settings;
import io.sereno.recipes.kernel.Hooks;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** Clients of one memory store under one manual clock, each with a connection of its own, as if each were a process. */
public final class Clients implements AutoCloseable {
    public static final Duration TTL = Duration.ofSeconds(9);
    public static final Duration OPERATION_TIMEOUT = Duration.ofSeconds(5);

    public final ManualTime time = new ManualTime();
    public final MemoryStore store = new MemoryStore(time);
    public final ExecutorService callbacks = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "callback");
        thread.setDaemon(true);
        return thread;
    });
    private final List<Sereno> open = new ArrayList<>();
    /** One connection for all checks of the store, since the store keeps each connection that is open. */
    private final Backend operator = store.connect(Runnable::run);

    public SerenoClient connect(String nodeId) {
        return connect(nodeId, store.connect(callbacks));
    }

    public SerenoClient connect(String nodeId, Backend backend) {
        return connect(nodeId, backend, Hooks.NONE);
    }

    /** A connection to the store that a test can disturb; notices come in the thread that causes them. */
    public FaultyBackend line() {
        return new FaultyBackend(store.connect(Runnable::run), time, Runnable::run);
    }

    /** A client without the public API: it never waits for another thread. */
    public Client client(String nodeId, Backend backend, TimeSource clock, Executor users) {
        Client client = new Client(settings(nodeId, clock, users, Hooks.NONE), backend, true);
        client.open();
        return client;
    }

    public SerenoClient connect(String nodeId, Backend backend, SerenoObserver observer) {
        return connect(nodeId, backend, new Hooks(List.of(observer), List.of()));
    }

    public SerenoClient connect(String nodeId, Backend backend, SerenoMeter meter) {
        return connect(nodeId, backend, new Hooks(List.of(), List.of(meter)));
    }

    public SerenoClient connect(String nodeId, Backend backend, Hooks hooks) {
        SerenoClient client = new SerenoClient(settings(nodeId, time, callbacks, hooks), backend, true);
        open.add(client);
        return client;
    }

    /** Settings for a client with a clock, an executor for the callbacks of its user, or hooks of its own. */
    Settings settings(String nodeId, TimeSource clock, Executor users, Hooks hooks) {
        return new Settings(nodeId, "", TTL, OPERATION_TIMEOUT, clock, users, callbacks, hooks, "memory", List.of());
    }

    /**
     * Lets virtual time pass until something has ended, and fails if that takes longer than it may. Between two steps, other threads have real time
     * to do what has become due. After the last step they have seconds, since the machine may be busy. A timer that they set then, and that is
     * due at once, still runs.
     */
    public void passUntilDone(CompletableFuture<?> result, Duration atMost) {
        Duration end = time.elapsed().plus(atMost);
        while (time.elapsed().compareTo(end) < 0 && !isDoneWithin(result, Duration.ofMillis(10))) {
            time.advance(atMost.dividedBy(100));
        }
        long latest = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (System.nanoTime() - latest < 0 && !isDoneWithin(result, Duration.ofMillis(10))) {
            time.runDue();
        }
        assertThat(isDoneWithin(result, Duration.ZERO))
                .as("is done within %s of virtual time", atMost)
                .isTrue();
    }

    private static boolean isDoneWithin(CompletableFuture<?> result, Duration realTime) {
        try {
            result.get(realTime.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException notYet) {
            return false;
        } catch (ExecutionException | InterruptedException ended) {
            return true;
        }
        return true;
    }

    /** Lets virtual time pass, as {@link #passUntilDone} does, until a condition holds. Another thread evaluates it again and again. */
    public void passUntil(BooleanSupplier condition, Duration atMost) {
        CompletableFuture<Void> holds = CompletableFuture.runAsync(
                () -> {
                    while (!condition.getAsBoolean()) {
                        Thread.onSpinWait();
                    }
                },
                callbacks);
        passUntilDone(holds, atMost);
        holds.join();
    }

    /** The entries of a directory, as they are stored now. */
    public List<Entry> entries(String directory) {
        return operator.read(new Query.All(directory))
                .toCompletableFuture()
                .join()
                .entries();
    }

    /** Deletes all entries of a directory, as an operator may. */
    public void removeAll(String directory) {
        for (Entry entry : entries(directory)) {
            operator.commit(Commit.to(directory).delete(entry.name()).build())
                    .toCompletableFuture()
                    .join();
        }
    }

    /** Ends the sessions of all clients, as an operator may, and lets time pass until each client has another one. */
    public void endSessions() {
        List<String> ended = sessions();
        removeAll("session");
        passUntil(
                () -> {
                    List<String> now = sessions();
                    return now.size() >= ended.size() && ended.stream().noneMatch(now::contains) && areConnected();
                },
                TTL.multipliedBy(4));
    }

    /** A client is connected when it has processed that its session was opened: from then on time may pass. */
    private boolean areConnected() {
        return open.stream().allMatch(client -> client.sessionState() == SessionState.CONNECTED);
    }

    private List<String> sessions() {
        return entries("session").stream().map(Entry::name).toList();
    }

    /** Time passes while they close: a client that is cut off waits for its store as long as it may. */
    @Override
    public void close() {
        CompletableFuture<Void> closed = CompletableFuture.runAsync(() -> open.forEach(Sereno::close), callbacks);
        while (!closed.isDone()) {
            time.advance(Duration.ofMillis(100));
            Thread.onSpinWait();
        }
        closed.join();
        callbacks.shutdownNow();
    }
}
