package io.sereno.blocking;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;

/** A client library without a network, whose exceptions say what they prove. */
final class Lines implements BlockingClient<Line> {
    final List<Line> opened = new CopyOnWriteArrayList<>();
    /** How long the connection was idle at each check. */
    final List<Duration> idle = new CopyOnWriteArrayList<>();
    /** How long each attempt to connect was allowed to take. */
    final List<Duration> limits = new CopyOnWriteArrayList<>();
    /** Runs before each attempt to connect. */
    volatile Callable<?> connecting = () -> true;

    /** How long the server takes for a connection. */
    volatile Duration needs = Duration.ZERO;

    volatile boolean usable = true;
    /** Run before a connection is aborted, closed or checked; they may block or throw. */
    volatile Work<Line, ?> aborting = line -> true;

    volatile Work<Line, ?> closing = line -> true;
    volatile Work<Line, ?> checking = line -> true;
    volatile Supplier<String> where = () -> "nowhere:1";
    volatile Function<Throwable, Fault> judge =
            failure -> failure instanceof Told told ? told.fault : BlockingClient.super.fault(failure);

    /** An exception with this meaning. */
    static IOException proving(Fault fault) {
        return new Told(fault);
    }

    private static final class Told extends IOException {
        private static final long serialVersionUID = 1L;
        private final Fault fault;

        Told(Fault fault) {
            super("the server says " + fault);
            this.fault = fault;
        }
    }

    static Callable<?> refusing() {
        return () -> {
            throw new ConnectException("refused");
        };
    }

    @Override
    public synchronized Line open(Duration limit) throws Exception {
        limits.add(limit);
        Object unused = connecting.call();
        if (limit.compareTo(needs) < 0) {
            throw new SocketTimeoutException("connect timed out");
        }
        Line line = new Line(opened.size() + 1);
        opened.add(line);
        return line;
    }

    @Override
    public void close(Line connection) throws Exception {
        connection.events.add("close");
        Object unused = closing.on(connection);
        connection.closed.complete(null);
    }

    @Override
    public void abort(Line connection) throws Exception {
        Object unused = aborting.on(connection);
        connection.events.add("abort");
        connection.aborted.complete(null);
    }

    @Override
    public boolean isUsable(Line connection, Duration idle) throws Exception {
        this.idle.add(idle);
        Object unused = checking.on(connection);
        return usable || connection.number > 1;
    }

    @Override
    public Fault fault(Throwable failure) {
        return judge.apply(failure);
    }

    @Override
    public String where() {
        return where.get();
    }
}
