package io.sereno.recipes.topic;

import io.sereno.LossCause;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.Timer;
import io.sereno.recipes.kernel.Turn;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
    private static final String PREFIX = "position-";
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

        Bytes value() {
            return Bytes.utf8(FIRST_LINE + "stream " + stream + "\nnext " + next + "\n");
        }

        static Place of(Entry entry, int history) {
            return new Place(
                    TopicHeader.number(entry.value(), "stream"), TopicHeader.number(entry.value(), "next"), history);
        }
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
    private final AtomicBoolean due = new AtomicBoolean();
    private volatile @Nullable Session session;

    /** As it was read or committed last; revision 0: no position is stored. */
    private @Nullable Place stored;

    private long storedRevision;
    /** Whether {@code stored} is current enough to commit on; false before the first read, and after a conflict. */
    private boolean known;
    /** It has the turn, but has not begun to read. */
    private boolean beginning;
    /** Where to begin, if the name has no position yet. */
    private @Nullable Place first;
    /** There is no topic to read. */
    private boolean absent;
    /**
     * How often it had the turn: a read from before the last grant does not count, since another reader may have been active in between.
     */
    private int grants;

    /** The batch that was handled last, if known. */
    private TopicTrail.@Nullable Step handled;
    /** The same, if somebody has removed it. */
    private TopicTrail.@Nullable Step removed;
    /** Where the topic began when its header was read last. */
    private long low;
    /** The stored position is from before the store lost messages, and has to be moved back. */
    private boolean rewinding;
    /** How often in a row a commit conflicted with what was read just before. */
    private int conflicts;

    private boolean closing;
    /** Nothing more is stored. */
    private boolean givenUp;

    /** An entry is unreadable: nothing is loaded or stored any more. */
    private boolean broken;

    private final Timer givingUp = new Timer();

    TopicPosition(TopicFeed feed, String name, String queueDirectory, TopicCursor cursor) {
        this.kernel = feed.scope().kernel();
        this.strand = feed.strand();
        this.scope = feed.scope();
        this.directory = feed.directory();
        this.entryName = entryName(name);
        this.cursor = cursor;
        this.turn = new Turn(kernel, strand, queueDirectory, this);
        this.requests = new Requests(kernel, strand, directory, Requests.OnFailure.first(this::troubled), this::step);
    }

    static String entryName(String name) {
        return PREFIX + name;
    }

    /** Whether this reader has its turn; reads the clock. */
    boolean isActive() {
        Session under = session;
        return under != null && under.isAlive();
    }

    /** All messages of the stream before this offset were handled, in this history of the cursor. */
    void acknowledge(long stream, long next, int history) {
        acknowledged.set(new Place(stream, next, history));
        if (due.compareAndSet(false, true)) {
            kernel.time().schedule(PAUSE, strand, () -> {
                due.set(false);
                step();
            });
        }
    }

    /** The store has lost what was handled from this offset on. On the strand. */
    void rewound(long to) {
        Place done = acknowledged.get();
        Place before = done != null ? done : stored;
        if (before != null && before.stream() == cursor.stream()) {
            acknowledged.set(new Place(before.stream(), Math.min(before.next(), to), cursor.history()));
            rewinding = true;
        }
        known = false;
        step();
    }

    // Step 1.
    void open() {
        if (!closing) {
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
            if (!closing) {
                closing = true;
                cursor.close();
                givingUp.set(kernel.time(), kernel.operationTimeout(), strand, () -> {
                    givenUp = true;
                    session = null;
                    turn.leave();
                });
                step();
            }
        });
        return left;
    }

    @Override
    public Map<String, String> metadata() {
        return Map.of();
    }

    @Override
    public void waiting() {
        // Waiting behind others is normal.
    }

    @Override
    public void granted(Session under, long createRevision) {
        session = under;
        grants++;
        beginning = true;
        absent = false;
        step();
    }

    // Step 5.
    @Override
    public void lost(LossCause cause) {
        session = null;
        beginning = false;
        rewinding = false;
        first = null;
        cursor.halt();
    }

    @Override
    public void failed(BackendException why, boolean first) {
        if (first) {
            troubled(why);
        }
    }

    private void troubled(BackendException why) {
        scope.retrying("reading from a durable position", why);
    }

    @Override
    public void seen(List<Entry> queue) {
        // The other waiting readers do not matter.
    }

    @Override
    public void givenBack() {
        // The turn continues by itself.
    }

    @Override
    public void idle() {
        left.complete(null);
    }

    /** Starts the next action, if nothing is under way. */
    private void step() {
        if (!requests.isIdle() || givenUp || (broken && !closing)) {
            return;
        }
        Place wanted = wanted();
        if (wanted != null) {
            TopicTrail.Step last = cursor.before(wanted.next());
            handled = last != null ? last : handled;
        }
        if (closing && (broken || wanted == null || !wanted.isBeyond(stored))) {
            givenUp = true;
            givingUp.cancel();
            session = null;
            turn.leave();
        } else if (beginning && first != null) {
            store(first);
        } else if (beginning && !absent && !closing) {
            load();
        } else if (wanted != null && wanted.isBeyond(stored)) {
            if (known) {
                store(wanted);
            } else {
                load();
            }
        }
    }

    /** What was acknowledged, unless the store has lost it since. */
    private @Nullable Place wanted() {
        Place done = acknowledged.get();
        return done == null || done.history() == cursor.history() ? done : null;
    }

    // Steps 1 and 3. The header is read first: a position stored under another stream does not count.
    private void load() {
        int grant = grants;
        long followed = cursor.stream();
        read(TopicHeader.NAME, headers -> {
            TopicHeader header = TopicScan.headerIn(headers);
            read(entryName, positions -> {
                Entry entry = positions.entries().isEmpty()
                        ? null
                        : positions.entries().get(0);
                stored = entry == null ? null : Place.of(entry, cursor.history() - (rewinding ? 1 : 0));
                storedRevision = entry == null ? 0 : entry.modRevision();
                known = true;
                low = header == null ? 0 : header.low();
                Place done = acknowledged.get();
                if (done != null && (header == null || header.stream() != done.stream())) {
                    acknowledged.compareAndSet(done, null);
                }
                if (beginning && !closing && grant == grants) {
                    begin(header, followed);
                }
            });
        });
    }

    /** {@code followed}: the stream that was there before the header was read. */
    private void begin(@Nullable TopicHeader header, long followed) {
        if (header == null && followed != 0) {
            cursor.streamDeleted(followed);
            return;
        }
        if (header == null) {
            absent = true;
            cursor.whenFound(() -> {
                absent = false;
                step();
            });
        } else if (stored == null || stored.stream() != header.stream()) {
            first = new Place(header.stream(), header.low(), cursor.history());
        } else {
            beginning = false;
            Place done = wanted();
            if (done != null && done.isBeyond(stored)) {
                // Handled here before the turn was lost, but not stored yet.
                cursor.resume(header, done.next());
            } else {
                cursor.begin(header, stored.next());
            }
        }
    }

    // Step 2.
    private void store(Place wanted) {
        Commit.Builder commit = Commit.to(directory)
                .ifCreateRevision(TopicHeader.NAME, wanted.stream())
                .put(entryName, wanted.value());
        TopicTrail.Step batch = handled;
        if (batch != null && !batch.equals(removed) && batch.has(wanted.next() - 1) && batch.first() >= low) {
            // So a position never counts what the store has lost meanwhile.
            commit.ifCreateRevision(TopicBatch.nameOf(batch.first()), batch.revision());
        }
        if (storedRevision == 0) {
            commit.ifAbsent(entryName);
        } else {
            commit.ifModRevision(entryName, storedRevision);
        }
        requests.commit(commit, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> {
                    first = null;
                    stored = wanted;
                    storedRevision = outcome.revision();
                    rewinding = false;
                    conflicts = 0;
                    requests.calm();
                }
                case CONFLICT -> {
                    first = null;
                    known = false;
                    conflict();
                }
                case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> requests.pause(outcome.failure());
            }
        });
    }

    /** A single conflict is normal. After two, with the batch missing, the store has lost the batch or somebody has removed it. */
    private void conflict() {
        if (++conflicts < 2) {
            return;
        }
        if (closing || session == null) {
            acknowledged.set(null); // The messages are delivered again.
        } else {
            TopicTrail.Step batch = handled;
            cursor.retrace(() -> removed = batch);
            requests.pause(null);
        }
    }

    private void read(String name, Consumer<Snapshot> then) {
        requests.read(name, snapshot -> {
            try {
                then.accept(snapshot);
            } catch (UnreadableEntryException unreadable) {
                broken = true;
                cursor.fail(unreadable);
            }
        });
    }
}
