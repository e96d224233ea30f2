package io.sereno.backend.zookeeper;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** The calls under way. Each has the request timeout, and none outlives the backend. */
final class Calls {
    private static final String CLOSED = "this connection to ZooKeeper is closed; open another one";

    private final TimeSource time;
    private final Executor executor;
    private final Duration timeout;
    private final Set<Call<?>> open = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    Calls(BackendConfig config) {
        this.time = config.time();
        this.executor = config.executor();
        this.timeout = config.operationTimeout();
    }

    <T> Call<T> begin(String what) {
        Call<T> call = new Call<>(what, executor);
        open.add(call);
        call.atEnd(() -> open.remove(call));
        if (closed) {
            call.refuse(Failures.refused(CLOSED));
        } else {
            call.atEnd(time.schedule(timeout, Runnable::run, () -> call.limit(timeout)));
        }
        return call;
    }

    /** Ends all calls with what is known now. Later calls fail at once. */
    void close() {
        closed = true;
        List.copyOf(open).forEach(call -> call.interrupt("the connection to ZooKeeper was closed meanwhile", false));
    }
}
