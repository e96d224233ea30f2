package io.sereno.blocking;

import static java.util.Objects.requireNonNull;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads that run calls, each with a connection of its own. The first starts with the backend, others when all are
 * busy, up to the greatest number; more calls wait in the order in which they came. A thread takes a call when it has a
 * connection: while it connects, another thread may become free. It takes with it those that can share the request.
 */
final class Workers<C> {
    /** What a thread does: without a connection nothing, or connecting; with one nothing, woken for a call, or a request. */
    private enum State {
        IDLE,
        CONNECTING,
        READY,
        WOKEN,
        RUNNING
    }

    private final BlockingCalls.Builder<C> settings;
    private final Connections<C> connections;
    private final TimeSource time;
    private final Pauses pauses;

    /** Calls that have not ended. */
    private final Set<Call<C, ?, ?>> calls = ConcurrentHashMap.newKeySet();

    /** This and all fields below are guarded by this. */
    private final List<Thread> threads = new ArrayList<>();

    private final List<Worker> workers = new ArrayList<>();
    /** Threads that wait. The first began last, and its connection is the one that was used last. */
    private final Deque<Worker> parked = new ArrayDeque<>();

    private final Deque<Call<C, ?, ?>> waiting = new ArrayDeque<>();
    /** Why the last attempt to connect failed, until one succeeds. */
    private @Nullable BackendException trouble;

    private boolean closed;

    Workers(BlockingCalls.Builder<C> settings, Connections<C> connections, TimeSource time) {
        this.settings = settings;
        this.connections = connections;
        this.time = time;
        this.pauses = new Pauses(time);
    }

    /** Starts the first thread, perhaps with a connection that was made already. */
    synchronized void begin(@Nullable C first) {
        start(first);
    }

    synchronized boolean isClosed() {
        return closed;
    }

    BackendException closedFailure() {
        return new BackendException(
                Outcome.NOT_APPLIED,
                true,
                "this backend of " + connections.where() + " is closed; open another one",
                null);
    }

    void submit(Call<C, ?, ?> call) {
        BackendException refusal;
        synchronized (this) {
            refusal = closed ? closedFailure() : waiting.size() >= settings.maxWaiting ? full(call) : null;
            if (refusal == null) {
                limit(call);
                waiting.add(call);
                if (waiting.size() > threads.size() - count(State.RUNNING) && threads.size() < settings.connections) {
                    startAnother();
                }
                wake();
            }
        }
        if (refusal != null) {
            call.fail(refusal);
        }
    }

    /** Gives a call its deadline. The call does not wait here: something else may answer it. */
    void limit(Call<C, ?, ?> call) {
        Runnable cancel = time.schedule(settings.operationTimeout, Runnable::run, () -> timeOut(call));
        calls.add(call);
        call.onEnd(() -> {
            cancel.run();
            calls.remove(call);
        });
        if (isClosed()) {
            call.fail(closedFailure());
        }
    }

    private BackendException full(Call<C, ?, ?> call) {
        return new BackendException(
                Outcome.NOT_APPLIED,
                false,
                call.what() + " was not sent: " + waiting.size() + " calls to " + connections.where()
                        + " wait already, and no more may",
                trouble);
    }

    /** The call and its values are kept no longer, also if no thread comes by. */
    private void timeOut(Call<C, ?, ?> call) {
        BackendException known;
        synchronized (this) {
            waiting.remove(call);
            known = trouble;
        }
        call.abandon("was not answered within " + settings.operationTimeout.toMillis() + " ms", false, known);
    }

    private void startAnother() {
        try {
            start(null);
        } catch (RuntimeException | Error e) {
            Connections.LOG.log(Level.WARNING, "no thread can be started; a call waits for one that is there", e);
        }
    }

    /** Wakes one thread for each call that waits, and no more. Under the lock. */
    private void wake() {
        Worker next;
        while ((next = nextToWake()) != null) {
            parked.remove(next);
            next.state = next.state == State.READY ? State.WOKEN : State.CONNECTING;
            LockSupport.unpark(next.thread);
        }
    }

    private @Nullable Worker nextToWake() {
        int needed = waiting.size() - count(State.WOKEN);
        for (Worker worker : parked) {
            if (worker.state == State.READY) {
                return needed > 0 ? worker : null;
            }
        }
        return needed > count(State.READY) + count(State.CONNECTING) ? parked.peek() : null;
    }

    private void start(@Nullable C first) {
        Worker worker = new Worker(first);
        Thread thread = connections.threads().make(Integer.toString(threads.size() + 1), worker::work);
        worker.thread = thread;
        thread.start();
        threads.add(thread);
        workers.add(worker);
    }

    /** How many threads are in this state. */
    private int count(State state) {
        int count = 0;
        for (Worker worker : workers) {
            count += worker.state == state ? 1 : 0;
        }
        return count;
    }

    /** One thread. */
    private final class Worker {
        private @Nullable C connection;
        private @Nullable Request<C, ?, ?> request;
        /** When the connection was used last, or an attempt to connect ended. */
        private long used = time.nanoTime();

        private final Backoff backoff = new Backoff(settings.connectTimeout);
        /** Guarded by the workers, like the state. */
        private @Nullable Thread thread;

        private State state;

        Worker(@Nullable C first) {
            this.connection = first;
            this.state = first == null ? State.IDLE : State.READY;
        }

        private void become(State next) {
            synchronized (Workers.this) {
                state = next;
            }
        }

        private void work() {
            while (awaitCall()) {
                try {
                    step();
                } catch (RuntimeException | Error e) {
                    recover(e);
                }
            }
            lose(false);
        }

        private void step() {
            C present = connection;
            if (present == null) {
                connect();
            } else if (take()) {
                run(present);
            }
        }

        /** All that a client can throw is caught where it is called. Whatever else comes, this thread goes on. */
        private void recover(Throwable unexpected) {
            Connections.LOG.log(Level.ERROR, "an unexpected failure; a connection is given up", unexpected);
            Request<C, ?, ?> carried = request;
            request = null;
            lose(true);
            become(State.IDLE);
            if (carried != null) {
                carried.calls().forEach(call -> {
                    call.failed(unexpected, Fault.BROKEN);
                    call.deliver();
                });
            }
        }

        /** Waits until there is a call for this thread, which makes a connection first if it has none. False at the end. */
        private boolean awaitCall() {
            while (!isCalled()) {
                if (isClosed()) {
                    return false;
                }
                Threads.park(Workers.this);
            }
            return true;
        }

        /** Whether there is a call for this thread. Otherwise the thread has to wait until it is woken. */
        private boolean isCalled() {
            synchronized (Workers.this) {
                var unused = Thread.interrupted(); // A client library may have left it, and no wait would begin.
                parked.remove(this);
                while (!waiting.isEmpty() && !waiting.element().isWaiting()) {
                    waiting.remove();
                }
                if (closed) {
                    return false;
                }
                if (connection != null) {
                    if (!waiting.isEmpty() || !settings.keeps) {
                        return true;
                    }
                    become(State.READY);
                } else if (state == State.CONNECTING
                        || waiting.size() > count(State.READY) + count(State.WOKEN) + count(State.CONNECTING)) {
                    become(State.CONNECTING);
                    return true;
                }
                parked.push(this);
                return false;
            }
        }

        private void connect() {
            BackendException failure = null;
            pauses.pause(backoff.next(Duration.ofNanos(time.nanoTime() - used)));
            if (!isClosed()) {
                try {
                    connection = connections.open(backoff.limit());
                } catch (BackendException e) {
                    Connections.debug("connecting failed", e);
                    failure = e;
                }
                used = time.nanoTime();
            }
            List<Call<C, ?, ?>> hopeless = List.of();
            synchronized (Workers.this) {
                trouble = failure;
                become(connection == null ? State.IDLE : State.READY);
                if (failure != null
                        && failure.permanent()
                        && count(State.READY) + count(State.WOKEN) + count(State.RUNNING) == 0) {
                    hopeless = List.copyOf(waiting);
                    waiting.clear();
                }
            }
            if (failure != null) {
                for (Call<C, ?, ?> call : hopeless) {
                    call.fail(failure);
                }
            }
        }

        /** Takes the next request. Without one, closes a connection that is not to be kept, and returns false. */
        private boolean take() {
            synchronized (Workers.this) {
                Call<C, ?, ?> call = waiting.poll();
                if (call != null || !settings.keeps) {
                    become(State.RUNNING); // Also while it closes the connection: no call waits for this thread.
                }
                if (call != null) {
                    request = call.gather(waiting, connections);
                    return true;
                }
            }
            if (!settings.keeps) {
                lose(false);
                become(State.IDLE);
            }
            return false;
        }

        private void run(C present) {
            Request<C, ?, ?> carried = requireNonNull(request);
            boolean kept =
                    connections.isUsable(present, used, settings.patience()) && carried.run(present, this::release);
            if (!kept) {
                lose(true);
                become(State.IDLE);
            }
            List<Call<C, ?, ?>> again = new ArrayList<>(carried.calls());
            again.removeIf(call -> !call.isWaiting());
            synchronized (Workers.this) {
                if (carried.isSuspect()) {
                    waiting.addAll(again);
                } else {
                    for (int i = again.size() - 1; i >= 0; i--) {
                        waiting.addFirst(again.get(i));
                    }
                }
                wake();
            }
            request = null;
        }

        /** Before the caller learns the result: its next call shall find this thread, and the connection in its pool. */
        private void release() {
            backoff.reset();
            used = time.nanoTime();
            if (!settings.keeps) {
                lose(false);
            }
            become(connection == null ? State.IDLE : State.READY);
        }

        private void lose(boolean broken) {
            C lost = connection;
            connection = null;
            if (lost != null) {
                if (broken) {
                    connections.abort(lost);
                }
                connections.close(lost);
            }
        }
    }

    /** Ends all calls. The threads end soon. */
    void end() {
        synchronized (this) {
            closed = true;
            waiting.clear();
            threads.forEach(LockSupport::unpark);
        }
        pauses.close();
        for (Call<C, ?, ?> call : List.copyOf(calls)) {
            call.abandon("was not answered before the backend was closed", true, null);
        }
    }

    synchronized List<Thread> threads() {
        return List.copyOf(threads);
    }
}
