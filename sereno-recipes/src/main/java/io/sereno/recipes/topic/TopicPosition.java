package io.sereno.recipes.topic;

import io.sereno.LossCause;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Outcome;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.Timer;
import io.sereno.recipes.kernel.Turn;
import io.sereno.recipes.kernel.View;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A durable place in a topic: the offset up to which the messages read under one name were handled.
 *
 * <p>Stored: the entry {@code position-<name>} in the directory of the topic, with the stream and the next offset; and, in a directory of
 * its own, the queue of the readers that want to read under the name, with one {@link Turn} for each.
 *
 * <p>Invariant: the stored offset never decreases within a stream, and no message below it is unacknowledged; unless the store loses
 * messages, which moves the position back to where the topic continues.
 *
 * <ol>
 *   <li>Wait for the turn. Then read header and position, and begin there. Without a position, first store one at the first message that is
 *       kept: messages trimmed unread from then on are a gap. Without a topic, wait for one.
 *   <li>Store an acknowledgement after {@value #PAUSE_MILLIS} ms, together with those that came meanwhile; one commit at a time, under the
 *       condition that the stream is the same, the position unchanged, and the batch that was handled last still there.
 *   <li>On a conflict, another reader was active in between, or an earlier attempt was applied after all. Read the stored position. If it
 *       is as far or farther, there is nothing to do; else commit again, without the batch if retention has removed that. If the topic was
 *       deleted, forget the acknowledgement.
 *   <li>If the store has lost what was handled, the acknowledgement is cut to where the topic continues, and a stored position beyond that
 *       is moved back.
 *   <li>When the turn is lost, halt, and wait for the next turn. When closing, store what is acknowledged, then leave.
 * </ol>
 *
 * <p>All but {@link #isActive}, {@link #acknowledge} and {@link #close} is confined to the strand.
 */
final class TopicPosition implements Turn.Owner {
    private static final String FIRST_LINE = "sereno/1 position\n";
    private static final int PAUSE_MILLIS = 50;
    private static final Duration PAUSE = Duration.ofMillis(PAUSE_MILLIS);

    /** The offset up to which a stream was handled, in a history of the cursor. */
    private record Place(long stream, long next, int history) {
        boolean isBeyond(@Nullable Place other) {
            return other == null
                    || stream != other.stream
                    || history > other.history
                    || (history == other.history && next > other.next);
        }

        boolean isOf(@Nullable TopicHeader header) {
            return header != null && stream == header.stream();
        }

        Bytes value() {
            return Bytes.utf8(FIRST_LINE + "stream " + stream + "\nnext " + next + "\n");
        }

        static Place of(Entry entry, int history) {
            return new Place(
                    TopicHeader.number(entry.value(), "stream"), TopicHeader.number(entry.value(), "next"), history);
        }
    }

    /**
     * What was read or committed last.
     *
     * @param place null if no position is stored
     * @param revision of the entry; 0 if no position is stored
     * @param low where the topic began when its header was read
     */
    private record Stored(@Nullable Place place, long revision, long low) {}

    private sealed interface State {
        /** Another reader may have the turn. */
        record Waiting() implements State {}

        /** It has the turn. */
        sealed interface Active extends State {
            Session under();
        }

        /** Reads header and position, by the place {@code createRevision} in the queue. */
        record Beginning(Session under, long createRevision) implements Active {}

        /** There is no topic to read. */
        record Absent(Session under) implements Active {}

        record Reading(Session under) implements Active {}

        /** It will never read again. */
        sealed interface Ending extends State {}

        /** An entry is unreadable: nothing is loaded or stored any more. */
        record Broken() implements Ending {}

        /** Acknowledgements are stored before the place is given back. */
        record Closing() implements Ending {}

        record Left() implements Ending {}
    }

    private final Kernel kernel;
    private final Strand strand;
    private final Scope scope;
    private final String directory;
    private final String entryName;
    private final TopicCursor cursor;
    private final Turn turn;
    private final Requests requests;
    private final CompletableFuture<Void> left = new CompletableFuture<>();

    private final AtomicReference<@Nullable Place> acknowledged = new AtomicReference<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    /** Written on the strand only. */
    private volatile State state = new State.Waiting();

    /** Null if it is not known: before the first read, and after a conflict. */
    private @Nullable Stored stored;

    /** The batch that was handled last, if known. */
    private TopicTrail.@Nullable Step handled;
    /** The same, if somebody has removed it. */
    private TopicTrail.@Nullable Step removed;
    /** The history of the stored position. If it is older than the cursor's, the store has lost messages, and the position is moved back. */
    private int history;
    /** How often in a row a commit conflicted with what was read just before. */
    private int conflicts;

    private final Timer givingUp = new Timer();

    TopicPosition(TopicFeed feed, String name, String queueDirectory, TopicCursor cursor) {
        this.kernel = feed.scope().kernel();
        this.strand = feed.strand();
        this.scope = feed.scope();
        this.directory = scope.directory();
        this.entryName = entryName(name);
        this.cursor = cursor;
        this.turn = new Turn(scope.client().sessions(), strand, queueDirectory, this);
        cursor.whenRewound(this::rewound);
        this.requests =
                new Requests(kernel, strand, directory, Requests.OnFailure.first(this::reportFailure), this::step);
    }

    static String entryName(String name) {
        return TopicRecipe.POSITION + name;
    }

    /** Whether this reader has its turn; reads the clock. */
    boolean isActive() {
        return state instanceof State.Active active && active.under().isAlive();
    }

    /** All messages of the stream before this offset were handled, in this history of the cursor. */
    void acknowledge(long stream, long next, int history) {
        acknowledged.set(new Place(stream, next, history));
        if (scheduled.compareAndSet(false, true)) {
            kernel.time().schedule(PAUSE, strand, () -> {
                scheduled.set(false);
                step();
            });
        }
    }

    /** The store has lost what was handled from this offset on. */
    private void rewound(long to) {
        Place done = acknowledged.get();
        Place before = done == null && stored != null ? stored.place() : done;
        if (before != null && before.stream() == cursor.stream()) {
            acknowledged.set(new Place(before.stream(), Math.min(before.next(), to), cursor.history()));
        }
        stored = null;
        step();
    }

    // Step 1.
    void open() {
        if (!(state instanceof State.Ending)) {
            cursor.open();
            turn.enter();
        }
    }

    /**
     * Stores what is acknowledged, and leaves the queue. Completes when that is done, or an operation timeout has passed, and the next
     * reader may have its turn.
     */
    CompletableFuture<Void> close() {
        strand.execute(() -> {
            if (state instanceof State.Broken) {
                leave();
            } else if (!(state instanceof State.Ending)) {
                state = new State.Closing();
                cursor.close();
                givingUp.set(kernel.time(), kernel.operationTimeout(), strand, this::leave);
                step();
            }
        });
        return left;
    }

    private void leave() {
        state = new State.Left();
        givingUp.cancel();
        turn.leave();
    }

    @Override
    public void granted(Session under, long createRevision) {
        if (!(state instanceof State.Ending)) {
            state = new State.Beginning(under, createRevision);
            step();
        }
    }

    // Step 5.
    @Override
    public void lost(LossCause cause) {
        if (!(state instanceof State.Ending)) {
            state = new State.Waiting();
        }
        history = cursor.history();
        cursor.halt();
    }

    @Override
    public void failed(BackendException why, boolean first) {
        if (first) {
            reportFailure(why);
        }
    }

    private void reportFailure(BackendException why) {
        scope.retrying("reading from a durable position", why);
    }

    @Override
    public void idle() {
        left.complete(null);
    }

    /** Starts the next action, if nothing is under way. */
    private void step() {
        if (!requests.isIdle() || state instanceof State.Broken || state instanceof State.Left) {
            return;
        }
        Place due = due();
        if (due != null) {
            TopicTrail.Step last = cursor.before(due.next());
            handled = last != null ? last : handled;
        }
        if (due == null && state instanceof State.Closing) {
            leave();
        } else if (state instanceof State.Beginning || (due != null && stored == null)) {
            load();
        } else if (due != null && stored != null) {
            store(due, stored);
        }
    }

    /** The acknowledged place; null if it is known to be stored, or if the store has lost messages since it was acknowledged. */
    private @Nullable Place due() {
        Place done = acknowledged.get();
        boolean counts =
                done != null && done.history() == cursor.history() && (stored == null || done.isBeyond(stored.place()));
        return counts ? done : null;
    }

    // Steps 1 and 3. The header is read first: a position stored under another stream does not count.
    private void load() {
        State before = state;
        long followed = cursor.stream();
        read(TopicHeader.NAME, headers -> {
            TopicHeader header = TopicScan.headerIn(headers);
            read(entryName, positions -> {
                Entry entry = View.first(positions);
                Place place = entry == null ? null : Place.of(entry, history);
                Stored found =
                        new Stored(place, entry == null ? 0 : entry.modRevision(), header == null ? 0 : header.low());
                stored = found;
                Place done = acknowledged.get();
                if (done != null && !done.isOf(header)) {
                    acknowledged.compareAndSet(done, null);
                }
                // Another reader may have been active before the last grant.
                if (before instanceof State.Beginning beginning && state.equals(before)) {
                    begin(beginning, header, found, followed);
                }
            });
        });
    }

    /** {@code followed}: the stream that was there before the header was read. */
    private void begin(State.Beginning beginning, @Nullable TopicHeader header, Stored found, long followed) {
        Place place = found.place();
        if (header == null && followed != 0) {
            cursor.streamDeleted(followed);
        } else if (header == null) {
            state = new State.Absent(beginning.under());
            cursor.whenFound(() -> {
                if (state instanceof State.Absent) {
                    state = beginning;
                    step();
                }
            });
        } else if (place == null || !place.isOf(header)) {
            // Header and position are read again after any outcome.
            store(new Place(header.stream(), header.low(), cursor.history()), found);
        } else {
            state = new State.Reading(beginning.under());
            Place due = due();
            if (due != null) {
                // Handled here before the turn was lost, but not stored yet.
                cursor.resume(header, due.next());
            } else {
                cursor.begin(header, place.next());
            }
        }
    }

    // Step 2.
    private void store(Place wanted, Stored before) {
        Commit.Builder commit = Commit.to(directory)
                .ifCreateRevision(TopicHeader.NAME, wanted.stream())
                .put(entryName, wanted.value());
        TopicTrail.Step batch = handled;
        if (batch != null && !batch.equals(removed) && batch.has(wanted.next() - 1) && batch.first() >= before.low()) {
            // So a position never counts what the store has lost meanwhile.
            commit.ifCreateRevision(TopicBatch.nameOf(batch.first()), batch.revision());
        }
        if (before.place() == null) {
            commit.ifAbsent(entryName);
        } else {
            commit.ifModRevision(entryName, before.revision());
        }
        requests.commitOrPause(commit, outcome -> {
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                stored = new Stored(wanted, outcome.revision(), before.low());
                history = wanted.history();
                conflicts = 0;
                requests.calm();
            } else {
                stored = null;
                conflict();
            }
        });
    }

    /** A single conflict is normal. After two, with the batch missing, the store has lost the batch or somebody has removed it. */
    private void conflict() {
        if (++conflicts < 2) {
            return;
        }
        if (state instanceof State.Active) {
            TopicTrail.Step batch = handled;
            cursor.retrace(() -> removed = batch);
            requests.pause(null);
        } else {
            acknowledged.set(null); // The messages are delivered again.
        }
    }

    private void read(String name, Consumer<Snapshot> then) {
        requests.read(name, snapshot -> {
            try {
                then.accept(snapshot);
            } catch (UnreadableEntryException unreadable) {
                cursor.fail(unreadable);
                if (state instanceof State.Ending) {
                    leave();
                } else {
                    state = new State.Broken();
                }
            }
        });
    }
}
