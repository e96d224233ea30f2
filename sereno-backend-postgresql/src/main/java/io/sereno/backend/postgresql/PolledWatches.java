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
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Watches behind a pooler, which keeps no session to notify: all are polled, in one statement. */
final class PolledWatches extends Watches<PolledWatches.Polled> {
    /** In milliseconds: what has changed often changes again soon. Without a change the pauses double. */
    private static final long SHORTEST = 25;

    /** A watch, and the number that stood for its target at the last look. */
    static final class Polled {
        private final NoticeQueue queue;
        private volatile String state;

        Polled(NoticeQueue queue, String state) {
            this.queue = queue;
            this.state = state;
        }
    }

    PolledWatches(BlockingCalls<Link> calls, String namespace, TimeSource time, Executor executor) {
        super(calls, namespace, time, executor);
    }

    @Override
    CompletionStage<Watch> begin(long number, NoticeQueue queue) {
        return calls.read(describe(queue.target()), link -> {
            watches.put(
                    number,
                    new Polled(queue, poll(link, List.of(queue.target())).get(0)));
            return queue;
        });
    }

    @Override
    void forget(long number) {
        watches.remove(number);
    }

    @Override
    NoticeQueue queue(Polled watch) {
        return watch.queue;
    }

    @Override
    void serve(Link link, BlockingListener<Link> listener) throws Exception {
        long pause = SHORTEST;
        while (!listener.isClosed()) {
            int due = calls.within(link, SILENCE, Requests::reap);
            pause = Math.min(2 * pause, Limits.POLL.toMillis());
            List<Polled> all = List.copyOf(watches.values());
            if (!all.isEmpty()) {
                List<Target> targets =
                        all.stream().map(watch -> watch.queue.target()).toList();
                List<String> states = calls.within(link, SILENCE, same -> poll(same, targets));
                for (int i = 0; i < all.size(); i++) {
                    if (isChanged(all.get(i), states.get(i))) {
                        pause = SHORTEST;
                    }
                }
            }
            listener.pause(Duration.ofMillis(Math.min(due, pause)));
        }
    }

    private static boolean isChanged(Polled watch, String state) {
        boolean isChanged = !watch.state.equals(state);
        if (isChanged) {
            watch.state = state;
            watch.queue.target().name().ifPresentOrElse(name -> watch.queue.changed(name, 0), watch.queue::reset);
        }
        return isChanged;
    }

    private List<String> poll(Link link, List<Target> targets) throws SQLException {
        return link.ask(
                "SELECT * FROM sereno.poll(?, ?, ?)",
                statement -> {
                    statement.setString(1, namespace);
                    Requests.array(
                            statement,
                            2,
                            "text",
                            targets.stream().map(Target::directory).toArray(String[]::new));
                    Requests.array(
                            statement,
                            3,
                            "text",
                            targets.stream().map(Watches::name).toArray(String[]::new));
                },
                row -> row.getString(1));
    }
}
