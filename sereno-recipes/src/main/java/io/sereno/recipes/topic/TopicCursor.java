package io.sereno.recipes.topic;

import io.sereno.From;
import io.sereno.Gap;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Strand;
import io.sereno.spi.BackendException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One reader's place in a topic, and the messages that are ready for it.
 *
 * <p>Invariant: each result of {@link #poll} follows the one before: the next message of the stream; or a gap and then the message after
 * it; or a gap of messages that the store has lost and then the messages published in their place.
 *
 * <ol>
 *   <li>A reader that was opened before the topic existed reads the first topic that is created later. While less than
 *       {@value #READY_BYTES} bytes are ready, take the next batch from the feed if the feed covers it; else search the store.
 *   <li>If messages were trimmed, a gap becomes ready, and the place moves after it.
 *   <li>If there is a sign that the store has lost messages that were read, {@linkplain TopicRetrace find out} from which offset. After
 *       what is ready, a gap that names the lost messages becomes ready, and the place moves back to where the topic continues.
 *   <li>When the reader takes what is ready, there is room again, and step 1 continues. A slow reader does not hold up others.
 * </ol>
 *
 * <p>{@link #poll} may be called by any thread, but one at a time; all else is confined to the strand of the feed.
 */
final class TopicCursor {
    static final int READY_BYTES = 1024 * 1024;

    /** The reader. Called on the strand. */
    interface Reader {
        /** There is something to poll. */
        void ready();

        /** No more messages follow: the topic was deleted, or cannot be read. */
        void failed(RuntimeException cause);
    }

    /** What {@link #poll} returns. */
    sealed interface Next {
        /** Its offset, or that of the first missing message. */
        long first();

        /** The offset that may follow. */
        long end();

        /** The {@linkplain TopicCursor#history history} to which it belongs. */
        int history();

        record One(TopicBatch batch, long offset, int history) implements Next {
            @Override
            public long first() {
                return offset;
            }

            @Override
            public long end() {
                return offset + 1;
            }
        }

        /**
         * Messages are missing. If retention removed them, {@code end} is the first offset after the gap. If the store has lost them, {@code end} is
         * lower, since other messages have their offsets, or will have.
         */
        record Missing(long stream, Gap gap, long end, int history) implements Next {
            boolean areLost() {
                return end <= gap.lastOffset();
            }

            /** The gap is reported before all messages that may follow. */
            @Override
            public long first() {
                return Math.min(gap.firstOffset(), end - 1);
            }
        }
    }

    private record Piece(
            int epoch, int history, @Nullable TopicBatch batch, long from, Next.@Nullable Missing missing) {
        int bytes() {
            return batch == null ? 0 : batch.bytes();
        }
    }

    private final TopicFeed feed;
    private final TopicLag lag;
    private final Strand strand;
    private final Scope scope;
    private final Reader reader;
    private final Queue<Piece> ready = new ConcurrentLinkedQueue<>();
    private final AtomicInteger readyBytes = new AtomicInteger();

    /** Pieces that were ready before a halt are not given out after it. */
    private final AtomicInteger epoch = new AtomicInteger();
    /** Waits for room; written on the strand, read by the thread that makes room. */
    private volatile boolean full;

    /** Changes each time the store is found to have lost what was read. */
    private final AtomicInteger history = new AtomicInteger();

    private long stream;
    private long next;
    /** The batches read up to {@code next}, if anything is known of them. */
    private final TopicTrail trail = new TopicTrail();
    /** There is a sign that the store has lost what was read. */
    private boolean lossSuspected;

    private boolean started;
    private boolean ended;
    private boolean searching;
    private @Nullable TopicScan scan;
    private Runnable onFound = () -> {};
    private Runnable onSame = () -> {};
    private LongConsumer onRewound = to -> {};

    // Confined to the thread that polls.
    private @Nullable Piece head;
    private long offset;

    TopicCursor(TopicFeed feed, Reader reader) {
        this.feed = feed;
        this.strand = feed.strand();
        this.scope = feed.scope();
        this.lag = new TopicLag(scope);
        this.reader = reader;
    }

    /**
     * Reads from a place that needs no stored position. {@code now} is the header at the time when the reader was opened, for
     * {@link From.Now}.
     */
    void open(From from, @Nullable TopicHeader now) {
        open();
        if (ended) {
            return;
        }
        if (from instanceof From.Now) {
            begin(now, now == null ? 1 : now.next());
            return;
        }
        searching().header(header -> {
            searching = false;
            if (from instanceof From.Offset place) {
                // A reader that asks for an offset waits for it, even if the topic is shorter.
                begin(header, place.offset(), false);
            } else {
                begin(header, header == null ? 1 : header.low());
            }
        });
    }

    /** Why the last read from the store failed; null if it succeeded. */
    @Nullable
    BackendException failure() {
        BackendException own = scan == null ? null : scan.failure();
        return own != null ? own : feed.failure();
    }

    /** Joins the feed, but reads nothing until {@link #begin}. */
    void open() {
        if (!ended) {
            feed.join(this);
        }
    }

    /** Runs {@code then} when there is a topic to read; at once if there is one already. */
    void whenFound(Runnable then) {
        if (stream != 0) {
            then.run();
        } else {
            onFound = then;
        }
    }

    /** {@code then} gets the offset from which on the store has lost what was read. Messages handled from there on do not count. */
    void whenRewound(LongConsumer then) {
        onRewound = then;
    }

    /**
     * Reads from this offset, which the topic had reached. A null header means that there was no topic yet: reads the first one created.
     */
    void begin(@Nullable TopicHeader header, long fromOffset) {
        begin(header, fromOffset, header != null);
    }

    /** Continues after what this cursor has read, unless the store has lost that meanwhile. */
    void resume(TopicHeader header, long fromOffset) {
        if (!ended && header.stream() == stream && fromOffset <= trail.end()) {
            next = fromOffset;
            trail.goBack(fromOffset);
            lossSuspected = true;
            started = true;
            lag.begin(fromOffset);
            step();
        } else {
            begin(header, fromOffset);
        }
    }

    private void begin(@Nullable TopicHeader header, long fromOffset, boolean isKnown) {
        if (ended) {
            return;
        }
        long ofStream = header == null ? 0 : header.stream();
        if (stream == 0) {
            stream = ofStream;
        } else if (ofStream != 0 && ofStream != stream) {
            streamDeleted(stream);
            return;
        }
        next = fromOffset;
        lossSuspected = false;
        if (isKnown && header != null) {
            trail.begin(next, next == header.next() ? header.last() : "");
        } else {
            trail.clear();
        }
        started = true;
        lag.begin(fromOffset);
        step();
    }

    /** The feed has searched, and followed this trail of a stream. */
    void looked(long feedStream, TopicTrail feedTrail) {
        if (feedStream == stream && stream != 0 && !trail.agreesWith(feedTrail)) {
            lossSuspected = true;
        }
        step();
    }

    /** The feed has found that the store lost messages of a stream. */
    void retrace(long ofStream) {
        if (ofStream == stream && trail.end() > 0) {
            lossSuspected = true;
            step();
        }
    }

    /** Finds out whether what was read is still there; then runs {@code ifSame}, unless the reader is notified that it was rewound. */
    void retrace(Runnable ifSame) {
        onSame = ifSame;
        retrace(stream);
    }

    /** The batch read before an offset; null if that is not known. */
    TopicTrail.@Nullable Step before(long offset) {
        return trail.before(offset);
    }

    /** Gives out nothing more until the next {@code begin}. */
    void halt() {
        epoch.incrementAndGet();
        started = false;
        lag.end();
        stopSearch();
        for (Piece dropped = ready.poll(); dropped != null; dropped = ready.poll()) {
            readyBytes.addAndGet(-dropped.bytes());
        }
    }

    void close() {
        ended = true;
        halt();
        feed.leave(this);
    }

    void streamDeleted(long deleted) {
        if (deleted == stream) {
            fail(new IllegalStateException(scope.about("reading") + ": the topic was deleted"));
        }
    }

    void fail(RuntimeException cause) {
        if (!ended) {
            close();
            reader.failed(cause);
        }
    }

    /** The next message, or the gap before it; null if nothing is ready. */
    @Nullable
    Next poll() {
        while (true) {
            Piece piece = head;
            if (piece == null) {
                piece = ready.poll();
                if (piece == null) {
                    return null;
                }
                head = piece;
                offset = piece.from();
            }
            boolean current = piece.epoch() == epoch.get();
            TopicBatch batch = piece.batch();
            if (current && batch != null && offset < batch.end()) {
                lag.given(offset + 1);
                return new Next.One(batch, offset++, piece.history());
            }
            head = null;
            int left = readyBytes.addAndGet(-piece.bytes());
            if (full && left < READY_BYTES / 2) {
                strand.execute(this::step);
            }
            if (current && piece.missing() != null) {
                lag.given(piece.missing().end());
                return piece.missing();
            }
        }
    }

    /** The stream that it reads, or will read; 0 while it knows of none. */
    long stream() {
        return stream;
    }

    /** Changes after each halt. Callable from any thread. */
    int epoch() {
        return epoch.get();
    }

    /** Changes each time the store is found to have lost what was read. Callable from any thread. */
    int history() {
        return history.get();
    }

    /** Whether something may be there to poll. Callable from any thread. */
    boolean isReady() {
        return !ready.isEmpty();
    }

    // Step 1.
    void step() {
        full = false;
        if (stream == 0) {
            adopt();
        }
        if (started && stream != 0 && feed.stream() == stream) {
            lag.stored(feed.tail());
        }
        if (lossSuspected && started && !searching && stream != 0) {
            retrace();
            return;
        }
        while (started && !searching && stream != 0 && feed.isKnown() && hasRoom()) {
            if (!feed.covers(stream, next)) {
                search();
                return;
            }
            TopicBatch batch = feed.find(next);
            if (batch == null) {
                return;
            }
            if (!trail.isFollowedBy(batch)) {
                retrace();
                feed.restart();
                return;
            }
            deliver(batch);
        }
    }

    /**
     * The stream that the feed follows may have been deleted before this reader was opened. If there was no topic then, the stream to read
     * is the one that exists now.
     */
    private void adopt() {
        if (ended || searching || feed.stream() == 0) {
            return;
        }
        searching().header(header -> {
            searching = false;
            if (stream == 0 && header != null) {
                stream = header.stream();
            }
            if (stream != 0) {
                onFound.run();
                step();
            }
        });
    }

    private boolean hasRoom() {
        if (readyBytes.get() < READY_BYTES) {
            return true;
        }
        full = true;
        // A thread that made room before full was set has not seen it.
        return readyBytes.get() < READY_BYTES / 2;
    }

    private void deliver(TopicBatch batch) {
        readyBytes.addAndGet(batch.bytes());
        ready.add(new Piece(epoch.get(), history.get(), batch, next, null));
        next = batch.end();
        trail.add(batch);
        reader.ready();
    }

    private void search() {
        searching().from(stream, next, found -> {
            searching = false;
            found(found);
        });
    }

    private TopicScan searching() {
        if (scan == null) {
            scan = feed.scan(this::fail);
        }
        searching = true;
        return scan;
    }

    private void found(TopicScan.Found found) {
        if (found instanceof TopicScan.Found.Batches batches) {
            if (trail.isFollowedBy(batches.batches().get(0))) {
                batches.batches().forEach(this::deliver);
            } else {
                lossSuspected = true;
            }
            step();
        } else if (found instanceof TopicScan.Found.Trimmed trimmed) {
            missing(trimmed.low());
            step();
        } else if (found instanceof TopicScan.Found.Nothing nothing) {
            lossSuspected |= !trail.agreesWith(nothing.header());
            if (lossSuspected || feed.covers(stream, next)) {
                // The batches that the feed found meanwhile were not taken, since a search was under way.
                step();
            } else if (feed.stream() == stream) {
                feed.restart(); // The feed begins after messages that nobody has published.
            }
        } else {
            streamDeleted(stream);
        }
    }

    // Step 2.
    private void missing(long low) {
        report(new Gap(next, low - 1), low, "were trimmed unread");
        trail.begin(low, "");
    }

    private void report(Gap gap, long goesOn, String why) {
        scope.kernel().events().gap(scope.name(), scope.about("reading"), gap, why);
        ready.add(new Piece(
                epoch.get(), history.get(), null, next, new Next.Missing(stream, gap, goesOn, history.get())));
        next = goesOn;
        reader.ready();
    }

    // Step 3.
    private void retrace() {
        lossSuspected = false;
        TopicRetrace.begin(searching(), stream, trail, found -> {
            searching = false;
            if (found instanceof TopicRetrace.Found.Deleted) {
                streamDeleted(stream);
                return;
            }
            trail.settle();
            Runnable then = onSame;
            onSame = () -> {};
            if (!(found instanceof TopicRetrace.Found.Lost lost)) {
                then.run();
            } else if (lost.to() > next) {
                missing(lost.to());
            } else {
                rewind(lost);
            }
            step();
        });
    }

    private void rewind(TopicRetrace.Found.Lost lost) {
        history.incrementAndGet();
        if (lost.changed() == lost.to()) {
            trail.cut(lost.to());
        } else {
            trail.begin(lost.to(), "");
        }
        onRewound.accept(lost.to());
        if (lost.changed() < next) {
            report(
                    new Gap(lost.changed(), next - 1),
                    lost.to(),
                    "were lost by the store; the reader goes on with offset " + lost.to());
        } else {
            next = lost.to();
        }
    }

    private void stopSearch() {
        searching = false;
        if (scan != null) {
            scan.close();
            scan = null;
        }
    }
}
