package io.sereno.backend.postgresql;

import io.sereno.blocking.BlockingCalls;
import io.sereno.blocking.BlockingListener;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The watches of a client, and the thread that serves them over a connection of its own. Each has a row in {@code sereno.watch},
 * with the number of the listener, so that commits notify only those who watch what they change: over the connection, or behind a
 * pooler, which keeps no session to notify, by rows that the listener polls. A commit that was under way when the row of a watch
 * was set has not seen it: a watch is live when all of these have ended, so that a read shows what they did.
 *
 * <p>The same thread looks for leases whose time has passed, at least each second.
 */
final class Watches {
    /** A step that takes longer shows that the connection is dead. */
    private static final Duration SILENCE = Duration.ofSeconds(3);

    /** Between polls. After a notice there are soon more, perhaps. Without one the pauses double. */
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);

    private final BlockingCalls<Link> calls;
    private final String namespace;
    private final TimeSource time;
    private final Executor executor;
    private final AtomicLong last = new AtomicLong();
    /** By number. */
    private final Map<Long, Watched> watches = new ConcurrentHashMap<>();
    /** The listener, if there is one. */
    private volatile @Nullable Session attached;

    /** Watches that have ended, whose rows are deleted with the next look. */
    private final Set<Long> ended = ConcurrentHashMap.newKeySet();

    /**
     * The server's side of a connection.
     *
     * @param listener a number that is never given again
     * @param process that serves it; 0 if it polls
     */
    private record Session(long listener, int process) {}

    /** A watch, and the stage of its beginning. */
    private record Watched(NoticeQueue queue, CompletableFuture<Watch> live) {
        private String directory() {
            return queue.target().directory();
        }
    }

    Watches(BlockingCalls<Link> calls, String namespace, TimeSource time, Executor executor) {
        this.calls = calls;
        this.namespace = namespace;
        this.time = time;
        this.executor = executor;
    }

    void start() {
        calls.listen(this::serve);
    }

    /** The stage completes when every later change is announced. */
    CompletionStage<Watch> watch(Target target, WatchListener listener) {
        long number = last.incrementAndGet();
        NoticeQueue queue = new NoticeQueue(target, listener, executor, time, ended -> forget(number));
        return begin(number, queue).whenComplete((watch, failure) -> {
            if (failure != null) {
                queue.cancel();
            }
        });
    }

    void end() {
        watches.values().forEach(watch -> watch.queue().end());
    }

    /** Begins at once if there is a listening connection, and otherwise with the next one. */
    private CompletionStage<Watch> begin(long number, NoticeQueue queue) {
        String what = "the watch of directory '" + queue.target().directory() + "'";
        Watched watched = new Watched(queue, new CompletableFuture<>());
        // Before it is sent: a connection that listens later sets it again.
        watches.put(number, watched);
        Session session = attached;
        if (session != null) {
            var unused = calls.read(what, link -> set(link, session, Map.of(number, watched), true))
                    .thenAccept(isSet -> {
                        if (!watches.containsKey(number)) {
                            ended.add(number);
                        }
                        if (session.equals(attached)) {
                            watched.live().complete(queue);
                        }
                    });
        }
        return calls.await(what, watched.live());
    }

    private void forget(long number) {
        watches.remove(number);
        ended.add(number);
    }

    /** Over each new connection: listens, sets all watches again, resets them, then receives. */
    private void serve(Link link, BlockingListener<Link> listener) throws Exception {
        ended.clear(); // The rows of the last connection are dropped.
        Session session = calls.within(
                link,
                SILENCE,
                same -> same.askOne(
                        "SELECT sereno.listen(?), pg_backend_pid()",
                        statement -> statement.setBoolean(1, link.pooled()),
                        row -> new Session(row.getLong(1), link.pooled() ? 0 : row.getInt(2))));
        attached = session;
        try {
            // A watch that is not in this copy sees the new session, and sets itself.
            Map<Long, Watched> all = Map.copyOf(watches);
            calls.within(link, SILENCE, same -> set(same, session, all, false));
            Collection<Watched> late = begin(link, all.values());
            // Those that were live have missed something, perhaps; they are reset again when their directory is not in
            // use.
            late.stream()
                    .filter(watched -> watched.live().isDone())
                    .forEach(watched -> watched.queue().reset());
            receive(link, listener, session, late);
            if (!link.pooled()) {
                calls.within(link, SILENCE, Link::unlisten); // It may return to a pool.
            }
        } finally {
            attached = null;
        }
    }

    /** Completes or resets those whose directories no earlier commit uses any more, and returns the others. */
    private Collection<Watched> begin(Link link, Collection<Watched> set) throws Exception {
        Set<String> used = Set.copyOf(calls.within(
                link,
                SILENCE,
                same -> same.ask(
                        "SELECT * FROM sereno.await(?, ?)",
                        statement -> {
                            statement.setString(1, namespace);
                            Requests.array(
                                    statement,
                                    2,
                                    "text",
                                    set.stream()
                                            .map(Watched::directory)
                                            .distinct()
                                            .toArray(String[]::new));
                        },
                        row -> row.getString(1))));
        List<Watched> late = new ArrayList<>();
        for (Watched watched : set) {
            if (used.contains(watched.directory())) {
                late.add(watched);
            } else if (!watched.live().complete(watched.queue())) {
                watched.queue().reset(); // To those that were not live, nothing was promised so far.
            }
        }
        return late;
    }

    private void receive(Link link, BlockingListener<Link> listener, Session session, Collection<Watched> late)
            throws Exception {
        Collection<Watched> waiting = late;
        Duration pause = SHORTEST_PAUSE;
        long next = time.nanoTime();
        while (!listener.isClosed()) {
            long wait = next - time.nanoTime();
            if (wait <= 0) {
                int due = calls.within(link, SILENCE, Requests::reap);
                drop(link, session);
                if (!waiting.isEmpty()) {
                    waiting = begin(link, waiting);
                }
                next = time.nanoTime() + Duration.ofMillis(due).toNanos();
                wait = next - time.nanoTime();
            }
            if (!link.pooled()) {
                link.notifications(Duration.ofNanos(wait)).forEach(this::receive);
                continue;
            }
            List<String> notices = calls.within(link, SILENCE, same -> poll(same, session));
            notices.forEach(this::receive);
            Duration doubled = pause.multipliedBy(2);
            pause = !notices.isEmpty() ? SHORTEST_PAUSE : doubled.compareTo(Limits.POLL) < 0 ? doubled : Limits.POLL;
            listener.pause(wait < pause.toNanos() ? Duration.ofNanos(wait) : pause);
        }
    }

    private static List<String> poll(Link link, Session session) throws SQLException {
        return link.ask(
                "SELECT * FROM sereno.poll(?)",
                statement -> statement.setLong(1, session.listener()),
                row -> row.getString(1));
    }

    /** Sets the rows of these watches; if it is to wait, in one transaction that no earlier commit to their directories outlives. */
    private boolean set(Link link, Session session, Map<Long, Watched> all, boolean wait) throws SQLException {
        List<Map.Entry<Long, Watched>> rows = List.copyOf(all.entrySet());
        List<Target> targets =
                rows.stream().map(row -> row.getValue().queue().target()).toList();
        return ask(link, "SELECT sereno.watch(?, ?, ?, ?, ?, ?, ?)", session, statement -> {
            statement.setInt(2, session.process());
            statement.setString(3, namespace);
            Requests.array(
                    statement, 4, "int8", rows.stream().map(Map.Entry::getKey).toArray(Long[]::new));
            Requests.array(
                    statement,
                    5,
                    "text",
                    targets.stream().map(Target::directory).toArray(String[]::new));
            Requests.array(
                    statement,
                    6,
                    "text",
                    targets.stream().map(target -> target.name().orElse("")).toArray(String[]::new));
            statement.setBoolean(7, wait);
        });
    }

    private void drop(Link link, Session session) throws Exception {
        Set<Long> dropped = Set.copyOf(ended);
        if (!dropped.isEmpty()) {
            calls.within(
                    link,
                    SILENCE,
                    same -> ask(
                            same,
                            "SELECT sereno.unwatch(?, ?)",
                            session,
                            statement -> Requests.array(statement, 2, "int8", dropped.toArray(Long[]::new))));
            ended.removeAll(dropped);
        }
    }

    /** A function whose first argument is the listener. */
    private static boolean ask(Link link, String sql, Session session, Link.Arguments others) throws SQLException {
        return link.askOne(
                sql,
                statement -> {
                    statement.setLong(1, session.listener());
                    others.to(statement);
                },
                row -> true);
    }

    /** {@code revision length directory+name}: the length is that of the directory, in code points; no name is a reset. */
    void receive(String notice) {
        int first = notice.indexOf(' ');
        int second = notice.indexOf(' ', first + 1);
        long revision = Long.parseLong(notice.substring(0, first));
        int length = Integer.parseInt(notice.substring(first + 1, second));
        int split = notice.offsetByCodePoints(second + 1, length);
        String directory = notice.substring(second + 1, split);
        String name = notice.substring(split);
        for (Watched watched : watches.values()) {
            NoticeQueue queue = watched.queue();
            if (name.isEmpty() && queue.target().directory().equals(directory)) {
                queue.reset();
            } else if (queue.target().covers(directory, name)) {
                queue.changed(name, revision);
            }
        }
    }
}
