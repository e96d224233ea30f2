package io.sereno.backend.postgresql;

import io.sereno.blocking.BlockingCalls;
import io.sereno.blocking.BlockingListener;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.postgresql.PGNotification;

/**
 * Watches that the server notifies. Each has a row in {@code sereno.watch}, with the process that serves the listening
 * connection, so that commits notify only those who watch what they change.
 */
final class NotifiedWatches extends Watches<NotifiedWatches.Watched> {
    private final TimeSource time;
    /** The server's process of the listening connection; 0 before the first. */
    private volatile int attached;
    /** Watches that have ended, whose rows are deleted with the next look. */
    private final Set<Long> ended = ConcurrentHashMap.newKeySet();

    /** A watch, and the stage of its beginning. */
    record Watched(NoticeQueue queue, CompletableFuture<Watch> live) {}

    NotifiedWatches(BlockingCalls<Link> calls, String namespace, TimeSource time, Executor executor) {
        super(calls, namespace, time, executor);
        this.time = time;
    }

    /** Begins at once if there is a listening connection, and otherwise with the next one. */
    @Override
    CompletionStage<Watch> begin(long number, NoticeQueue queue) {
        Watched watched = new Watched(queue, new CompletableFuture<>());
        // Before it is sent: a connection that listens later sets it again.
        watches.put(number, watched);
        int process = attached;
        if (process != 0) {
            var unused = calls.read(describe(queue.target()), link -> set(link, process, Map.of(number, watched)))
                    .thenAccept(isSet -> {
                        if (!watches.containsKey(number)) {
                            ended.add(number);
                        }
                        if (attached == process) {
                            watched.live().complete(queue);
                        }
                    });
        }
        return calls.await(describe(queue.target()), watched.live());
    }

    @Override
    void forget(long number) {
        watches.remove(number);
        ended.add(number);
    }

    @Override
    NoticeQueue queue(Watched watch) {
        return watch.queue();
    }

    /** Over each new connection: listens, sets all watches again, resets them, then receives. */
    @Override
    void serve(Link link, BlockingListener<Link> listener) throws Exception {
        ended.clear(); // The rows of the last connection are dropped.
        int process = calls.within(
                link, SILENCE, same -> same.askOne("SELECT sereno.listen()", s -> {}, row -> row.getInt(1)));
        attached = process;
        // A watch that is not in this copy sees the new process, and sets itself.
        Map<Long, Watched> all = Map.copyOf(watches);
        calls.within(link, SILENCE, same -> set(same, process, all));
        all.values().forEach(watched -> {
            // A watch that was live may have missed a change. To the others nothing was promised so far.
            if (!watched.live().complete(watched.queue())) {
                watched.queue().reset();
            }
        });
        long next = time.nanoTime();
        while (!listener.isClosed()) {
            long wait = next - time.nanoTime();
            if (wait <= 0) {
                int pause = calls.within(link, SILENCE, Requests::reap);
                drop(link);
                next = time.nanoTime() + Duration.ofMillis(pause).toNanos();
                wait = next - time.nanoTime();
            }
            for (PGNotification notice : link.notifications(Duration.ofNanos(wait))) {
                receive(notice.getParameter());
            }
        }
        calls.within(link, SILENCE, Link::unlisten); // It may return to a pool.
    }

    private boolean set(Link link, int process, Map<Long, Watched> all) throws SQLException {
        List<Map.Entry<Long, Watched>> rows = List.copyOf(all.entrySet());
        List<Target> targets =
                rows.stream().map(row -> row.getValue().queue().target()).toList();
        return link.askOne(
                "SELECT sereno.watch(?, ?, ?, ?, ?)",
                statement -> {
                    statement.setInt(1, process);
                    statement.setString(2, namespace);
                    Requests.array(
                            statement,
                            3,
                            "int8",
                            rows.stream().map(Map.Entry::getKey).toArray(Long[]::new));
                    Requests.array(
                            statement,
                            4,
                            "text",
                            targets.stream().map(Target::directory).toArray(String[]::new));
                    Requests.array(
                            statement,
                            5,
                            "text",
                            targets.stream().map(Watches::name).toArray(String[]::new));
                },
                row -> true);
    }

    private void drop(Link link) throws Exception {
        Set<Long> dropped = Set.copyOf(ended);
        if (!dropped.isEmpty()) {
            calls.within(
                    link,
                    SILENCE,
                    same -> same.askOne(
                            "SELECT sereno.unwatch(?)",
                            statement -> Requests.array(statement, 1, "int8", dropped.toArray(Long[]::new)),
                            row -> true));
            ended.removeAll(dropped);
        }
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
