package io.sereno.backend.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.StreamMessage;
import io.sereno.backend.redis.Errors.Meaning;
import io.sereno.backend.redis.Replies.Tick;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the change log for all watches of a client, over one connection, starting with the first watch.
 *
 * <ol>
 *   <li>Connect, and <em>tick</em>: the script removes what ended leases left, and returns the latest revision and when the next lease ends. The
 *       first time, reading begins after that revision. From here on the log is live: later changes are read.
 *   <li>Read after the last entry read. The server waits for the next entry until the next lease ends, 5 s at most.
 *   <li>Notify the watches. Each entry names the one before it. If that is not the last one read, entries are missing (trimmed, or lost with a
 *       server), and every watch gets {@code reset}.
 *   <li>When a lease is due, tick; then go to step 2.
 * </ol>
 *
 * When the connection ends, continue with step 1; reading continues where it was. Changes made meanwhile are in the log, or are found missing
 * there. Every watch gets {@code reset} all the same, since the end of the log may have been removed.
 *
 * <p>If a step fails for any reason, the connection is closed and reading begins again. An entry that Sereno did not write is skipped: it is
 * logged, and every watch gets {@code reset}.
 */
final class ChangeLog {
    private static final Logger LOG = System.getLogger(ChangeLog.class.getName());

    /** Together with the timeout, also how soon a watch is notified of a connection that died silently. */
    private static final Duration LONGEST_READ = Duration.ofSeconds(5);

    private static final Duration TICK_AGAIN = Duration.ofSeconds(1);
    /** An entry has up to 128 KiB of names, so an answer has 32 MiB at most. */
    private static final int MOST_ENTRIES = 256;

    private final Supplier<CompletionStage<Connection>> connector;
    private final TimeSource time;
    private final Duration timeout;
    private final Callbacks callbacks;

    private final Watches watches = new Watches();
    /** Watches that wait for the log to be live. Guarded by this. */
    private final Map<NoticeQueue, Opening> openings = new HashMap<>();
    /** Guarded by this. */
    private boolean started;
    /** Guarded by this. */
    private boolean closed;
    /** The connection in use. Guarded by this. */
    private @Nullable Connection connection;
    /** Whether changes from now on will be read on it. Guarded by this. */
    private boolean live;
    /** Cancels the next attempt to connect. Guarded by this. */
    private @Nullable Runnable retry;

    // From here on: used only by the reader. Its steps run one after another, each in the callback of the previous one.
    private final Backoff backoff = new Backoff();
    /** The revision of the last entry read; 0 before the first tick. */
    private volatile long position;
    /** The id of the last entry read. It differs from the position if Sereno did not write the entry. */
    private volatile String lastId = "0-0";
    /** Whether the current failure has been logged as a warning. */
    private volatile boolean warned;
    /** Whether Sereno did not write the last entry read: of several such entries in a row the first is logged. */
    private volatile boolean afterForeign;
    /** When to tick next, by the clock of the TimeSource; null for not before the log has a new entry. */
    private volatile @Nullable Long nextTick;

    private record Opening(CompletableFuture<Watch> stage, Runnable timer) {}

    ChangeLog(Supplier<CompletionStage<Connection>> connector, TimeSource time, Duration timeout, Callbacks callbacks) {
        this.connector = connector;
        this.time = time;
        this.timeout = timeout;
        this.callbacks = callbacks;
    }

    CompletionStage<Watch> watch(Target target, WatchListener listener) {
        NoticeQueue watch = new NoticeQueue(target, listener, callbacks.executor(), time, watches::remove);
        CompletableFuture<Watch> stage = new CompletableFuture<>();
        boolean start;
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(Link.closedBackend());
            }
            watches.add(watch);
            if (live) {
                return CompletableFuture.completedFuture(watch);
            }
            openings.put(watch, new Opening(stage, time.schedule(timeout, callbacks, () -> giveUp(watch))));
            start = !started;
            started = true;
        }
        if (start) {
            connect();
        }
        return stage;
    }

    private void giveUp(NoticeQueue watch) {
        Opening opening;
        synchronized (this) {
            opening = openings.remove(watch);
        }
        if (opening != null) {
            watch.cancel();
            opening.stage.completeExceptionally(new BackendException(
                    Outcome.NOT_APPLIED,
                    false,
                    "the watch of " + watch.target() + " was not live within " + timeout,
                    null));
        }
    }

    // Step 1

    private void connect() {
        connector.get().whenComplete((made, failure) -> {
            if (failure == null) {
                try {
                    begin(made);
                } catch (RuntimeException | Error e) {
                    failed(made, e);
                }
            } else {
                LOG.log(Level.DEBUG, "watches wait for a connection", failure);
                connectLater();
            }
        });
    }

    /**
     * Runs the step when the answer is there. If the step throws, nothing would follow, and nobody would see why; so reading begins
     * again.
     */
    private <T> void then(
            CompletionStage<T> answer, Connection connection, BiConsumer<@Nullable T, @Nullable Throwable> step) {
        answer.whenComplete((reply, failure) -> {
            try {
                step.accept(reply, failure);
            } catch (RuntimeException | Error e) {
                failed(connection, e);
            }
        });
    }

    private void failed(Connection connection, Throwable failure) {
        warn("reading the log of changes failed; retrying over another connection", failure);
        lost(connection);
    }

    /** Warns once until reading goes on: a permanent failure repeats each second. */
    private void warn(String what, @Nullable Throwable failure) {
        LOG.log(warned ? Level.DEBUG : Level.WARNING, what, failure);
        warned = true;
    }

    private void connectLater() {
        synchronized (this) {
            if (!closed) {
                retry = time.schedule(backoff.next(), callbacks, this::connect);
            }
        }
    }

    private void begin(Connection made) {
        synchronized (this) {
            if (!closed) {
                connection = made;
            }
        }
        if (isAtWork(made)) {
            made.onEnd(() -> lost(made));
            tick(made);
        } else {
            made.close();
        }
    }

    private void tick(Connection connection) {
        then(within(timeout, connection, connection.run("tick", List.of())), connection, (reply, failure) -> {
            if (reply != null) {
                ticked(connection, Replies.tick(reply));
            } else if (isLive() && Errors.meaning(failure) == Meaning.NOT_NOW) {
                LOG.log(Level.DEBUG, "the server refuses to end leases now; retrying", failure);
                nextTick = time.nanoTime() + TICK_AGAIN.toNanos();
                read(connection);
            } else {
                drop(connection, failure);
            }
        });
    }

    private void ticked(Connection connection, Tick tick) {
        nextTick = tick.microsToDeadline() < 0 ? null : time.nanoTime() + 1_000 * tick.microsToDeadline();
        // If the revision is lower than the last one read, all stored data is gone, and revisions begin again with the
        // server's clock.
        boolean again = position != 0 && (!isLive() || tick.revision() < position);
        if (position == 0 || tick.revision() < position) {
            position = tick.revision();
            lastId = position + "-0";
        }
        if (goLive(connection)) {
            if (again) {
                watches.reset();
            }
            read(connection);
        }
    }

    /** False if the connection has ended meanwhile. */
    private boolean goLive(Connection connection) {
        Map<NoticeQueue, Opening> opened;
        synchronized (this) {
            if (this.connection != connection) {
                return false;
            }
            live = true;
            opened = Map.copyOf(openings);
            openings.clear();
        }
        opened.forEach((watch, opening) -> {
            opening.timer.run();
            callbacks.execute(() -> opening.stage.complete(watch));
        });
        return true;
    }

    private synchronized boolean isLive() {
        return live;
    }

    private synchronized boolean isAtWork(Connection candidate) {
        return connection == candidate;
    }

    // Steps 2 to 4

    private void read(Connection connection) {
        Long tick = nextTick;
        Duration wait = tick == null ? LONGEST_READ : min(LONGEST_READ, Duration.ofNanos(tick - time.nanoTime()));
        if (wait.isZero() || wait.isNegative()) {
            tick(connection);
            return;
        }
        // Round up: a tick just before the deadline would find nothing and have to be repeated.
        Duration millis = Duration.ofMillis(wait.plusNanos(999_999).toMillis());
        then(
                within(millis.plus(timeout), connection, connection.readLog(lastId, millis, MOST_ENTRIES)),
                connection,
                (entries, failure) -> {
                    if (entries == null) {
                        drop(connection, failure);
                        return;
                    }
                    // Not earlier: only this step finds out that a log cannot be read.
                    backoff.reset();
                    warned = false;
                    for (StreamMessage<String, byte[]> entry : entries) {
                        lastId = entry.getId();
                        try {
                            tell(entry);
                            afterForeign = false;
                        } catch (IllegalArgumentException e) {
                            foreign(entry, e);
                        }
                    }
                    read(connection);
                });
    }

    private void foreign(StreamMessage<String, byte[]> entry, IllegalArgumentException why) {
        LOG.log(
                afterForeign ? Level.DEBUG : Level.WARNING,
                "Sereno did not write entry {0} of the log of changes ({1}); the entry is skipped, and all watches are reset",
                entry.getId(),
                ForeignRecords.excerpt(String.valueOf(why.getMessage())));
        afterForeign = true;
        watches.reset();
        nextTick = time.nanoTime();
    }

    private void tell(StreamMessage<String, byte[]> entry) {
        String id = entry.getId();
        Map<String, byte[]> fields = entry.getBody();
        if (!id.endsWith("-0") || !fields.containsKey("p")) {
            throw new IllegalArgumentException("its fields are " + fields.keySet());
        }
        long revision = Long.parseLong(id.substring(0, id.length() - 2));
        boolean missed = Long.parseLong(text(fields, "p")) != position;
        position = revision;
        if (missed || fields.containsKey("b")) {
            watches.reset();
            nextTick = time.nanoTime();
        }
        if (fields.containsKey("g")) {
            tickBy(time.nanoTime()
                    + min(Duration.ofMillis(Long.parseLong(text(fields, "g"))), Limits.GREATEST_TTL)
                            .toNanos());
        } else if (fields.containsKey("m")) {
            tickBy(time.nanoTime());
        } else if (fields.containsKey("d")) {
            String directory = text(fields, "d");
            for (String name : text(fields, "n").split("\0", -1)) {
                watches.changed(directory, name, revision);
            }
        }
    }

    private void tickBy(long moment) {
        Long tick = nextTick;
        if (tick == null || moment - tick < 0) {
            nextTick = moment;
        }
    }

    private static String text(Map<String, byte[]> fields, String field) {
        byte[] value = fields.get(field);
        return value == null ? "0" : new String(value, StandardCharsets.UTF_8);
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    /** Calls use another connection now. If it leads to another process, no more changes will come from the former one. */
    void moved(Connection calls) {
        Connection mine;
        synchronized (this) {
            mine = connection;
        }
        if (mine != null && calls.isToAnotherProcessThan(mine)) {
            lost(mine);
        }
    }

    // When a connection ends

    /** Closes a connection that is silent for longer than it may. */
    private <T> CompletionStage<T> within(Duration patience, Connection connection, CompletionStage<T> answer) {
        Runnable timer = time.schedule(patience, Runnable::run, () -> giveUp(connection));
        return answer.whenComplete((reply, failure) -> timer.run());
    }

    private void giveUp(Connection connection) {
        LOG.log(Level.DEBUG, "the connection of the watches does not answer; it is replaced");
        connection.close();
    }

    private void drop(Connection connection, @Nullable Throwable failure) {
        boolean refused = failure != null
                && Errors.unwrap(failure) instanceof RedisCommandExecutionException
                && Errors.meaning(failure) != Meaning.ELSEWHERE;
        if (refused) {
            warn("the server refuses to read the log of changes; retrying over another connection", failure);
        } else {
            LOG.log(Level.DEBUG, "the connection of the watches is replaced", failure);
        }
        lost(connection);
    }

    private void lost(Connection ended) {
        synchronized (this) {
            if (connection != ended) {
                return;
            }
            connection = null;
            live = false;
        }
        ended.close();
        connectLater();
    }

    /** Ends all watches. The connection ends with the client that made it. */
    void close() {
        List<Opening> unfinished;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            connection = null;
            live = false;
            if (retry != null) {
                retry.run();
            }
            unfinished = List.copyOf(openings.values());
            openings.clear();
        }
        watches.end();
        for (Opening opening : unfinished) {
            opening.timer.run();
            callbacks.execute(() -> opening.stage.completeExceptionally(Link.closedBackend()));
        }
    }
}
