package io.sereno.tck.proxy;

import java.io.IOException;
import java.lang.System.Logger;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The single thread of a proxy. Only this thread uses sockets, pipes, modes and timers; callers pass commands to it and
 * wait for their completion. It blocks only in {@code select}, so commands end soon and closing is bounded.
 */
final class EventLoop {
    /** The attachment of a selection key. */
    interface Handler {
        void ready(SelectionKey key);
    }

    private record Command<T>(Supplier<T> action, CompletableFuture<T> result) {}

    private record Timer(long at, Runnable task) implements Comparable<Timer> {
        @Override
        public int compareTo(Timer other) {
            return Long.signum(at - other.at);
        }
    }

    private record Waiter(BooleanSupplier condition, CompletableFuture<Void> met) {
        boolean isOver() {
            return met.isDone() || condition.getAsBoolean();
        }
    }

    private static final Logger LOG = System.getLogger("io.sereno.tck.proxy");
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    private final String name;
    private final Selector selector;
    private final Thread thread;
    private final Runnable beforeCommands;
    private final Runnable closeSockets;
    private final Queue<Command<?>> commands = new ConcurrentLinkedQueue<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private final List<Waiter> waiters = new ArrayList<>();
    private volatile boolean closing;
    private volatile boolean ended;
    private volatile @Nullable Throwable failure;

    /** beforeCommands runs before each command, closeSockets once, at the end; both on the loop. */
    EventLoop(String name, Runnable beforeCommands, Runnable closeSockets) throws IOException {
        this.name = name;
        this.selector = Selector.open();
        this.beforeCommands = beforeCommands;
        this.closeSockets = closeSockets;
        this.thread = new Thread(this::loop, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /**
     * Runs the action on the loop and waits for it; when this returns, the sockets that the action closed are closed.
     */
    <T> T call(Supplier<T> action) {
        Command<T> command = new Command<>(action, new CompletableFuture<>());
        commands.add(command);
        selector.wakeup();
        if (ended) {
            refuseCommands();
        }
        try {
            return command.result.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    void run(Runnable action) {
        call(() -> {
            action.run();
            return true;
        });
    }

    /**
     * Waits until the condition is true. The loop checks the condition after each of its rounds. When this returns, the
     * sockets that were closed by then are closed.
     */
    void await(BooleanSupplier condition, Duration timeout, Supplier<String> whatIsMissing)
            throws InterruptedException, TimeoutException {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout is " + timeout + "; zero or more is accepted");
        }
        CompletableFuture<Void> met = new CompletableFuture<>();
        run(() -> {
            Waiter waiter = new Waiter(condition, met);
            if (waiter.isOver()) {
                met.complete(null);
            } else {
                waiters.add(waiter);
            }
        });
        try {
            met.get(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            if (call(condition::getAsBoolean)) { // true by now; the loop was about to report it
                return;
            }
            TimeoutException reported = new TimeoutException(whatIsMissing.get() + " (waited " + timeout + ")");
            reported.initCause(e);
            throw reported;
        } catch (ExecutionException e) {
            throw closed();
        } finally {
            met.cancel(false);
        }
    }

    /** On the loop only. */
    SelectionKey register(SelectableChannel channel, int operations, Handler handler) throws IOException {
        return channel.configureBlocking(false).register(selector, operations, handler);
    }

    /** On the loop only: runs the task when {@link System#nanoTime()} has reached the given value, not earlier. */
    void schedule(long at, Runnable task) {
        timers.add(new Timer(at, task));
    }

    /**
     * On the loop only, and not from within a handler. A closed channel keeps its socket until the selector releases
     * it.
     */
    void letGoOfClosed() {
        try {
            selector.selectNow(EventLoop::dispatch);
        } catch (IOException e) {
            throw new IllegalStateException(name + ": the selector failed", e);
        }
    }

    /** Idempotent; returns when the thread has ended. */
    void close() {
        closing = true;
        selector.wakeup();
        boolean interrupted = false;
        long deadline = System.nanoTime() + CLOSE_LIMIT.toNanos();
        while (thread.isAlive()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new IllegalStateException(name + ": the thread still runs after " + CLOSE_LIMIT);
            }
            try {
                TimeUnit.NANOSECONDS.timedJoin(thread, left);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void loop() {
        try {
            while (!closing) {
                long wait = timers.isEmpty() ? Long.MAX_VALUE : timers.element().at - System.nanoTime();
                if (wait <= 0 || !commands.isEmpty()) {
                    selector.selectNow(EventLoop::dispatch);
                } else if (timers.isEmpty()) {
                    selector.select(EventLoop::dispatch);
                } else {
                    // rounded up: a timer never fires early, and the loop never spins for it
                    selector.select(EventLoop::dispatch, wait / 1_000_000 + 1);
                }
                // removed only afterwards: a command in which the loop dies must still be answered
                for (Command<?> command; (command = commands.peek()) != null; commands.remove()) {
                    execute(command);
                }
                long now = System.nanoTime();
                while (!timers.isEmpty() && timers.element().at - now <= 0) {
                    timers.remove().task.run();
                }
                waiters.removeIf(this::notifyIfOver);
            }
        } catch (Throwable e) { // a bug in the proxy: it must not look like a silent network
            failure = e;
            LOG.log(Logger.Level.ERROR, name + " died; its connections are reset", e);
        } finally {
            end();
        }
    }

    private <T> void execute(Command<T> command) {
        T value;
        try {
            beforeCommands.run();
            value = command.action.get();
        } catch (RuntimeException e) {
            command.result.completeExceptionally(e);
            return;
        }
        letGoOfClosed();
        command.result.complete(value);
    }

    private boolean notifyIfOver(Waiter waiter) {
        if (!waiter.isOver()) {
            return false;
        }
        letGoOfClosed();
        waiter.met.complete(null);
        return true;
    }

    private static void dispatch(SelectionKey key) {
        if (key.isValid()) {
            ((Handler) key.attachment()).ready(key);
        }
    }

    private void end() {
        try (selector) {
            closeSockets.run();
        } catch (IOException e) {
            LOG.log(Logger.Level.WARNING, name + ": closing the selector failed", e);
        } finally {
            ended = true;
            refuseCommands();
            waiters.forEach(waiter -> waiter.met.completeExceptionally(closed()));
        }
    }

    private void refuseCommands() {
        for (Command<?> command; (command = commands.poll()) != null; ) {
            command.result.completeExceptionally(closed());
        }
    }

    private IllegalStateException closed() {
        return new IllegalStateException(name + (failure == null ? " is closed" : " died"), failure);
    }
}
