package io.sereno.blocking;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.TimeSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The threads that run calls, each with a connection of its own. The first starts with the backend, others when all are
 * busy, up to the greatest number; more calls wait in the order in which they came. A thread takes a call when it has a
 * connection: while it connects, another thread may become free. It takes with it those that can share the request.
 */
final class Workers<C> {
    private final BlockingCalls.Builder<C> settings;
    private final Connections<C> connections;
    private final TimeSource time;
    private final Pauses pauses;

    /** Calls that have not ended. */
    private final Set<Call<C, ?, ?>> calls = ConcurrentHashMap.newKeySet();

    private final List<Thread> threads = new ArrayList<>();
    /** This and all fields below are guarded by this. */
    private final Deque<Call<C, ?, ?>> waiting = new ArrayDeque<>();
    /** How many threads run no call, how many of these have a connection, and how many make one. */
    private int free;

    private int ready;
    private int connecting;
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
                if (waiting.size() > free && threads.size() < settings.connections) {
                    start(null);
                }
                notifyAll();
            }
        }
        if (refusal != null) {
            call.fail(refusal);
        }
    }

    /** Gives a call its deadline. The call does not wait here: something else may answer it. */
    void limit(Call<C, ?, ?> call) {
        calls.add(call);
        var unused = call.stage().whenComplete((result, failure) -> calls.remove(call));
        call.timer(time.schedule(settings.operationTimeout, Runnable::run, () -> timeOut(call)));
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

    private void start(@Nullable C first) {
        Thread thread = connections.thread(Integer.toString(threads.size() + 1), new Worker(first)::work);
        threads.add(thread);
        free++;
        ready += first == null ? 0 : 1;
        thread.start();
    }

    /** One thread. */
    private final class Worker {
        private @Nullable C connection;
        private long used = time.nanoTime();
        private final Backoff backoff = new Backoff();

        Worker(@Nullable C first) {
            this.connection = first;
        }

        private void work() {
            try {
                while (awaitCall()) {
                    C present = connection;
                    if (present == null) {
                        connect();
                    } else {
                        Request<C, ?, ?> request = take();
                        if (request != null) {
                            run(request, present);
                        }
                    }
                }
            } catch (InterruptedException e) {
                // Nobody interrupts these threads but a JVM that ends.
                Thread.currentThread().interrupt();
            } finally {
                lose(false);
            }
        }

        /** Waits until there is a call for this thread. A thread without a connection first makes one. Returns false at the end. */
        private boolean awaitCall() throws InterruptedException {
            var unused = Thread.interrupted(); // A client library may have left it.
            synchronized (Workers.this) {
                while (!closed) {
                    while (!waiting.isEmpty() && waiting.element().hasEnded()) {
                        waiting.remove();
                    }
                    if (connection != null && (!waiting.isEmpty() || !settings.keeps)) {
                        return true;
                    }
                    if (connection == null && waiting.size() > ready + connecting) {
                        connecting++;
                        return true;
                    }
                    backoff.reset();
                    Workers.this.wait();
                }
                return false;
            }
        }

        private void connect() {
            C made = null;
            BackendException failure = null;
            try {
                pauses.pause(backoff.next());
                made = connections.open(settings.patience());
                used = time.nanoTime();
            } catch (BackendException e) {
                Connections.debug("connecting failed", e);
                failure = e;
            }
            connection = made;
            List<Call<C, ?, ?>> hopeless = List.of();
            synchronized (Workers.this) {
                trouble = failure;
                connecting--;
                ready += made == null ? 0 : 1;
                if (failure != null && failure.permanent() && ready == 0) {
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

        /** The next request, for which this thread is no longer free. Without one, a connection goes back to its pool. */
        private @Nullable Request<C, ?, ?> take() {
            Request<C, ?, ?> request;
            synchronized (Workers.this) {
                Call<C, ?, ?> call = waiting.poll();
                request = call == null ? null : call.gather(waiting, connections);
                free -= call == null ? 0 : 1;
                ready -= call == null && settings.keeps ? 0 : 1;
            }
            if (request == null && !settings.keeps) {
                lose(false);
            }
            return request;
        }

        private void run(Request<C, ?, ?> request, C present) {
            boolean kept = connections.isUsable(present, time.nanoTime() - used) && request.run(present, this::release);
            if (!kept) {
                lose(true);
            }
            synchronized (Workers.this) {
                free += kept ? 0 : 1;
                for (int i = request.calls().size() - 1; i >= 0; i--) {
                    Call<C, ?, ?> call = request.calls().get(i);
                    if (!call.hasEnded()) {
                        waiting.addFirst(call);
                        Workers.this.notifyAll();
                    }
                }
            }
        }

        /** Before the caller learns the result: its next call shall find this thread, and the connection in its pool. */
        private void release() {
            backoff.reset();
            used = time.nanoTime();
            if (!settings.keeps) {
                lose(false);
            }
            synchronized (Workers.this) {
                free++;
                ready += connection == null ? 0 : 1;
            }
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
            notifyAll();
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
