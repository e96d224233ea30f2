package io.sereno.blocking;

import static java.util.Objects.requireNonNull;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/**
 * Runs calls of a client library that blocks, each in a thread with a connection of its own, and gives each call a stage
 * that ends in time and says honestly what happened.
 *
 * <pre>{@code
 * BlockingCalls<Socket> calls = BlockingCalls.builder("shelf", client, config).open(socket -> greet(socket));
 * CompletionStage<String> answer = calls.read("the read of directory 'a'", socket -> ask(socket, "read a"));
 * }</pre>
 *
 * <p><b>Outcomes.</b>
 *
 * <ul>
 *   <li>A call ends by its answer, by a failure, by its deadline or by {@link #close()}, whichever comes first. The
 *       deadline is the operation timeout, counted from the call, by the clock of the configuration (LIF-6b). A call
 *       fails with {@link BackendException} only. To cancel its stage, or to give it a timeout, does not end the call.
 *   <li>{@code NOT_APPLIED} means that the call was certainly not sent, or that {@link BlockingClient#fault} says so: the
 *       queue was full, there was no connection in time, the server has refused it. Reads fail {@code NOT_APPLIED}
 *       always (OUT-6a).
 *   <li>{@code UNKNOWN} is every other failure of a write: its deadline passed, its connection broke, or this object was
 *       closed while it was under way. A write is sent again only if it was certainly not applied: after
 *       {@link Fault#NOT_SENT}, or if a {@link SharedWork} has left it out (COM-11).
 *   <li>An answer counts from the moment at which the work returns. If a deadline or the end comes while the connection
 *       is being returned to its pool, the call ends with its answer.
 * </ul>
 *
 * <p><b>Queue.</b> If all connections are busy, calls wait, in the order in which they were made. If
 * {@link Builder#maxWaiting(int)} calls wait, the next one is refused at once, {@code NOT_APPLIED} and not permanent.
 *
 * <p><b>Connections.</b> One is made by {@link Builder#open}, more when they are needed, up to
 * {@link Builder#connections(int)}. One that broke is replaced when the next call needs it, after a pause of up to a
 * second. Each step of an attempt to connect again may take a second, then two, then three seconds, and the connect timeout
 * at most. When the deadline of a call passes while it is under way, its connection is given up: the late answer must not be
 * taken for that of the next call. A connection that is given up is aborted once ({@link BlockingClient#abort}), and closed
 * after that.
 *
 * <p><b>Threads.</b> Works run on daemon threads of this object, at most one for each connection and one for each
 * listener; short-lived ones open the first connection and give connections up. Stages complete on the executor of the
 * configuration. If the executor refuses, with an exception or an error, a stage completes on a thread that is started
 * for it, with a warning. If the executor runs tasks in the thread that hands them over, such a thread is started for each
 * call. So a callback may block: it never runs in the thread of a connection, of the clock, or of a caller, unless the
 * machine has no thread left. Timers run in the thread of the clock; they start threads, end calls and hand stages to the
 * executor.
 *
 * <p>Only {@link Builder#open}, {@link #within} and {@link #close()} block. Instances are safe for use by multiple threads.
 *
 * @param <C> a connection of the client library
 */
public final class BlockingCalls<C> implements AutoCloseable {
    /** The most that one request of {@link SharedWork} carries: the sum of the weights of its calls. */
    public static final int MAX_WEIGHT = 64;

    private final Builder<C> settings;
    private final Connections<C> connections;
    private final Workers<C> workers;
    private final List<BlockingListener<C>> listeners = new ArrayList<>();

    private BlockingCalls(Builder<C> settings, Connections<C> connections) {
        this.settings = settings;
        this.connections = connections;
        this.workers = new Workers<>(settings, connections, settings.time);
    }

    /**
     * Makes a builder with the timeouts, the clock and the executor of a configuration.
     *
     * @param <C> a connection of the client library
     * @param name of the backend, for the names of threads: {@code sereno-name-1}
     * @param client the client library
     * @param config of the backend; nothing else of it is used
     * @return a builder
     */
    public static <C> Builder<C> builder(String name, BlockingClient<C> client, BackendConfig config) {
        return builder(
                name, client, config.time(), config.executor(), config.connectTimeout(), config.operationTimeout());
    }

    /**
     * Makes a builder for a backend that is opened without a configuration.
     *
     * @param <C> a connection of the client library
     * @param name of the backend, for the names of threads
     * @param client the client library
     * @param time the only clock that is used, except that {@link #close()} waits for threads by the machine's
     * @param executor completes stages
     * @param connectTimeout how long {@link Builder#open} may take
     * @param operationTimeout how long a call may take
     * @return a builder
     */
    public static <C> Builder<C> builder(
            String name,
            BlockingClient<C> client,
            TimeSource time,
            Executor executor,
            Duration connectTimeout,
            Duration operationTimeout) {
        return new Builder<>(name, client, time, executor, connectTimeout, operationTimeout);
    }

    /**
     * Runs a call that changes nothing which a caller could rely on: a read, or the grant of a lease. It is sent again if
     * its connection breaks, until its deadline, but over five connections at most: perhaps it is what breaks them. A read
     * that is sent again after that waits behind the calls that wait already.
     *
     * @param <T> the answer
     * @param what the call, for messages: {@code the read of directory 'a'}
     * @param work what to do with a connection
     * @return the answer; fails {@code NOT_APPLIED}
     */
    public <T> CompletionStage<T> read(String what, Work<? super C, ? extends T> work) {
        return submit(what, false, work);
    }

    /**
     * Runs a call that changes something: a commit with writes, a renewal, a revocation. It is sent once.
     *
     * @param <T> the answer
     * @param what the call, for messages: {@code the commit to directory 'a'}
     * @param work what to do with a connection
     * @return the answer; fails {@code UNKNOWN} if it may have been sent
     */
    public <T> CompletionStage<T> write(String what, Work<? super C, ? extends T> work) {
        return submit(what, true, work);
    }

    private <T> CompletionStage<T> submit(String what, boolean writes, Work<? super C, ? extends T> work) {
        requireNonNull(work, "work");
        return share(what, writes, work, MAX_WEIGHT, (connection, works) -> {
            T answer = works.get(0).on(connection);
            return List.of(Optional.of(requireNonNull(answer, "the answer of a work is null")));
        });
    }

    /**
     * Runs a call that may share its request with others that wait at the same time. If it is carried with others and its
     * deadline passes, the connection is given up only when no other call is left.
     *
     * @param <Q> what the call asks
     * @param <T> the answer
     * @param what the call, for messages
     * @param writes whether it changes something, as for {@link #write}
     * @param question for the work
     * @param weight how much of a request it takes, 1 to {@link #MAX_WEIGHT}; this much has a request of its own
     * @param work equal to the works of the calls with which it may share a request; compared under a lock
     * @return the answer
     */
    public <Q, T> CompletionStage<T> share(
            String what, boolean writes, Q question, int weight, SharedWork<C, Q, T> work) {
        if (weight < 1 || weight > MAX_WEIGHT) {
            throw new IllegalArgumentException("weight is " + weight + "; 1 to " + MAX_WEIGHT + " is accepted");
        }
        Call<C, Q, T> call = new Call<>(
                requireNonNull(what), writes, question, weight, work, connections.threads(), settings.executor);
        workers.submit(call);
        return call.stage();
    }

    /**
     * Gives an answer that comes from elsewhere, such as from a listener, the deadline, the executor and the end of a
     * call.
     *
     * @param <T> the answer
     * @param what the call, for messages: {@code the watch of directory 'a'}
     * @param answer completed by the author; a {@link BackendException} is passed on as it is
     * @return ends as the answer does, or fails {@code NOT_APPLIED}
     */
    public <T> CompletionStage<T> await(String what, CompletionStage<T> answer) {
        Call<C, Boolean, T> call = new Call<>(
                requireNonNull(what),
                false,
                true,
                MAX_WEIGHT,
                (connection, none) -> List.of(),
                connections.threads(),
                settings.executor);
        workers.limit(call);
        var unused = answer.whenComplete((result, failure) -> {
            if (result != null) {
                call.answered(Optional.of(result), true);
            } else {
                Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                call.failed(cause == null ? new NullPointerException("the answer is null") : cause, Fault.BROKEN);
            }
            call.deliver();
        });
        return call.stage();
    }

    /**
     * Starts a thread that keeps a connection of its own, beyond {@link Builder#connections(int)}, until the end.
     *
     * @param body what it does with each connection
     * @return the listener
     */
    public BlockingListener<C> listen(BlockingListener.Body<C> body) {
        BlockingListener<C> listener =
                new BlockingListener<>(connections, settings.time, settings.connectTimeout, requireNonNull(body));
        synchronized (listeners) {
            if (isClosed()) {
                var unused = listener.close();
            } else {
                listener.start();
                listeners.add(listener);
            }
        }
        return listener;
    }

    /**
     * Runs a step of a {@link BlockingListener.Body} that waits for the server, and gives the connection up if the step
     * takes too long, by the clock of the configuration. The step usually fails then. If it returns all the same, so does
     * this method, and no later call uses the connection. Blocks.
     *
     * @param <T> what the step returns
     * @param connection that the step uses
     * @param limit how long it may take
     * @param step to run in this thread
     * @return what the step returns
     * @throws Exception of the step
     */
    public <T> T within(C connection, Duration limit, Work<? super C, ? extends T> step) throws Exception {
        return connections.within(connection, limit, step);
    }

    /** {@return whether {@link #close()} was called} */
    public boolean isClosed() {
        return workers.isClosed();
    }

    /** {@return the failure of calls after {@link #close()}, for calls that are answered without a connection} */
    public BackendException closedFailure() {
        return workers.closedFailure();
    }

    /**
     * Ends all calls: those that wait and reads fail {@code NOT_APPLIED}, writes under way {@code UNKNOWN}. Gives their
     * connections up, closes the others, and blocks until the threads have ended, 1.5 s at most. A thread that is
     * opening a connection then ends a little later. Idempotent, and allowed in a callback.
     */
    @Override
    public void close() {
        workers.end(); // No lock is held: stages end, and what follows them may wait for anything.
        List<Thread> threads = new ArrayList<>(workers.threads());
        synchronized (listeners) {
            listeners.forEach(listener -> threads.add(listener.close()));
        }
        connections.join(threads);
    }

    /**
     * Collects settings. Instances are not safe for use by multiple threads.
     *
     * @param <C> a connection of the client library
     */
    public static final class Builder<C> {
        private static final Duration LONGEST_CHECK = Duration.ofSeconds(1);

        final String name;
        final BlockingClient<C> client;
        final TimeSource time;
        final Executor executor;
        final Duration connectTimeout;
        final Duration operationTimeout;
        int connections = 4;
        int maxWaiting = 10_000;
        boolean keeps = true;
        /** For tests of a machine that has no thread left. */
        ThreadFactory factory = Threads::plain;

        private Builder(
                String name,
                BlockingClient<C> client,
                TimeSource time,
                Executor executor,
                Duration connectTimeout,
                Duration operationTimeout) {
            this.name = requireNonNull(name, "name");
            this.client = requireNonNull(client, "client");
            this.time = requireNonNull(time, "time");
            this.executor = requireNonNull(executor, "executor");
            this.connectTimeout = requireNonNull(connectTimeout, "connectTimeout");
            this.operationTimeout = requireNonNull(operationTimeout, "operationTimeout");
        }

        private Builder(Builder<C> from) {
            this(from.name, from.client, from.time, from.executor, from.connectTimeout, from.operationTimeout);
            connections = from.connections;
            maxWaiting = from.maxWaiting;
            keeps = from.keeps;
            factory = from.factory;
        }

        /**
         * Sets how many connections calls use at most; listeners have others. Default: 4.
         *
         * @param most 1 or more
         * @return this builder
         */
        public Builder<C> connections(int most) {
            connections = positive("connections", most);
            return this;
        }

        /**
         * Sets how many calls may wait for a connection; those under way do not count. Default: 10,000.
         *
         * @param most 1 or more
         * @return this builder
         */
        public Builder<C> maxWaiting(int most) {
            maxWaiting = positive("maxWaiting", most);
            return this;
        }

        /**
         * Sets whether connections are kept between requests. Without that, as for the pool of an application, each is
         * opened for one request and closed before the stage of the call ends. Default: true.
         *
         * @param keep whether to keep them
         * @return this builder
         */
        public Builder<C> keepConnections(boolean keep) {
            keeps = keep;
            return this;
        }

        private static int positive(String what, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(what + " is " + value + "; 1 or more is accepted");
            }
            return value;
        }

        /** How long each check of a connection may take. */
        Duration patience() {
            return connectTimeout.compareTo(LONGEST_CHECK) < 0 ? connectTimeout : LONGEST_CHECK;
        }

        /**
         * Opens the first connection. Blocks for the connect timeout at most (LIF-5); an interrupt ends the wait and
         * leaves the thread's interrupt flag set.
         *
         * @param first what to do with the first connection, such as to check the version of the server. Its result is
         *     dropped
         * @return calls that are ready; later changes of this builder do not change them
         * @throws BackendException {@code NOT_APPLIED}; as {@link BlockingClient#open} says whether it is permanent
         */
        public BlockingCalls<C> open(Work<? super C, ?> first) {
            Builder<C> settings = new Builder<>(this);
            Connections<C> connections = new Connections<>(client, time, new Threads(name, factory));
            Optional<C> connection = new FirstConnection<>(connections, first, keeps).await(time, connectTimeout);
            BlockingCalls<C> calls = new BlockingCalls<>(settings, connections);
            try {
                calls.workers.begin(connection.orElse(null));
            } catch (Error e) { // No thread can be started.
                connection.ifPresent(connections::close);
                throw connections.notConnected(e);
            }
            return calls;
        }
    }
}
