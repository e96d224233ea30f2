package io.sereno.backend.postgresql;

import io.sereno.blocking.BlockingCalls;
import io.sereno.blocking.BlockingListener;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The watches of a client, and the thread that serves them over a connection of its own. The same thread looks for leases whose time
 * has passed, at least each second.
 *
 * @param <W> what is known of a watch
 */
abstract class Watches<W> {
    /** A look for expired leases, or a poll, that takes longer shows that the connection is dead. */
    static final Duration SILENCE = Duration.ofSeconds(3);

    final BlockingCalls<Link> calls;
    final String namespace;
    /** By number. */
    final Map<Long, W> watches = new ConcurrentHashMap<>();

    private final TimeSource time;
    private final Executor executor;
    private final AtomicLong last = new AtomicLong();

    Watches(BlockingCalls<Link> calls, String namespace, TimeSource time, Executor executor) {
        this.calls = calls;
        this.namespace = namespace;
        this.time = time;
        this.executor = executor;
    }

    void start() {
        calls.listen(this::serve);
    }

    CompletionStage<Watch> watch(Target target, WatchListener listener) {
        long number = last.incrementAndGet();
        NoticeQueue queue = new NoticeQueue(target, listener, executor, time, ended -> forget(number));
        return begin(number, queue).whenComplete((watch, failure) -> {
            if (failure != null) {
                queue.cancel();
            }
        });
    }

    static String describe(Target target) {
        return "the watch of directory '" + target.directory() + "'";
    }

    /** The target's name, empty for a whole directory. */
    static String name(Target target) {
        return target.name().orElse("");
    }

    /** Makes a watch; the stage completes when every later change is announced. */
    abstract CompletionStage<Watch> begin(long number, NoticeQueue queue);

    abstract void forget(long number);

    /** Serves the watches over a connection until it breaks. */
    abstract void serve(Link link, BlockingListener<Link> listener) throws Exception;

    abstract NoticeQueue queue(W watch);

    void end() {
        watches.values().forEach(watch -> queue(watch).end());
    }
}
