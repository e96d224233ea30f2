package io.sereno.recipes;

import io.sereno.From;
import io.sereno.Gap;
import io.sereno.recipes.kernel.Strand;
import io.sereno.spi.BackendException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One reader's place in a topic, and what is ready for it.
 *
 * <p>Invariant: what {@link #poll} gives out follows on what it gave out before: the next message of the stream, or a gap and the message behind it.
 *
 * <ol>
 *   <li>A reader that came when there was no topic reads the first one that is there later. While less than {@value #READY_BYTES} bytes are ready, take the next batch from the feed, if that covers it; else search the store.
 *   <li>Trimmed: a gap is ready, and the place moves behind it.
 *   <li>A reader that takes what is ready makes room, and step 1 goes on. One that does not holds up nobody else.
 * </ol>
 *
 * <p>{@link #poll} is for one thread at a time, whichever; all else is confined to the strand of the feed.
 */
final class TopicCursor {
    static final int READY_BYTES = 1024 * 1024;

    /** Who reads. Called on the strand. */
    interface Reader {
        /** There is something to poll. */
        void ready();

        /** Nothing comes any more: the topic was deleted, or cannot be read. */
        void failed(RuntimeException cause);
    }

    /** What comes next. */
    sealed interface Next {
        /** Its offset, or that of the first that is missing. */
        long first();

        /** The offset behind it. */
        long end();

        record One(TopicBatch batch, long offset) implements Next {
            @Override
            public long first() {
                return offset;
            }

            @Override
            public long end() {
                return offset + 1;
            }
        }

        record Missing(long stream, Gap gap) implements Next {
            @Override
            public long first() {
                return gap.firstOffset();
            }

            @Override
            public long end() {
                return gap.lastOffset() + 1;
            }
        }
    }

    private record Piece(int epoch, @Nullable TopicBatch batch, long from, Next.@Nullable Missing missing) {
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

    /** What was ready before a halt is not given out after it. */
    private final AtomicInteger epoch = new AtomicInteger();
    /** Waits for room; written on the strand, read by whoever makes room. */
    private volatile boolean full;

    private long stream;
    private long next;
    private boolean started;
    private boolean ended;
    private boolean searching;
    private @Nullable TopicScan scan;
    private Runnable onFound = () -> {};

    // Of the thread that polls.
    private @Nullable Piece head;
    private long offset;

    TopicCursor(TopicFeed feed, Reader reader) {
        this.feed = feed;
        this.strand = feed.strand();
        this.scope = feed.scope();
        this.lag = TopicLag.of(scope);
        this.reader = reader;
    }

    /** Reads from a place that is known by itself. {@code now} is the header as it was when the reader came, if it counts. */
    void open(From from, @Nullable TopicHeader now) {
        open();
        if (ended) {
            return;
        }
        if (from instanceof From.Now) {
            begin(now == null ? 0 : now.stream(), now == null ? 1 : now.next());
            return;
        }
        searching().header(header -> {
            searching = false;
            long asked = from instanceof From.Offset place ? place.offset() : header == null ? 1 : header.low();
            begin(header == null ? 0 : header.stream(), asked);
        });
    }

    /** Why the store could not be asked; null when it could. */
    @Nullable
    BackendException failure() {
        BackendException own = scan == null ? null : scan.failure();
        return own != null ? own : feed.failure();
    }

    /** Stands by, until {@link #begin}. */
    void open() {
        if (!ended) {
            feed.join(this);
        }
    }

    /** Runs when it knows of a topic that it will read; now, if it does. */
    void whenFound(Runnable then) {
        if (stream != 0) {
            then.run();
        } else {
            onFound = then;
        }
    }

    /** Reads from this place on. Stream 0: there was none yet, so of the first that there is. */
    void begin(long ofStream, long fromOffset) {
        if (ended) {
            return;
        }
        if (stream == 0) {
            stream = ofStream;
        } else if (ofStream != 0 && ofStream != stream) {
            streamDeleted(stream);
            return;
        }
        next = fromOffset;
        started = true;
        lag.begin(fromOffset);
        step();
    }

    /** Gives out nothing more, until it begins anew. */
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

    /** The next message, or what is missing before it; null when nothing is ready. */
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
                return new Next.One(batch, offset++);
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

    /** The stream that it reads, or will; 0 while it knows of none. */
    long stream() {
        return stream;
    }

    /** Another one after each halt. For every thread. */
    int epoch() {
        return epoch.get();
    }

    /** Whether something may be there to poll. For every thread. */
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
        while (started && !searching && stream != 0 && feed.isKnown() && hasRoom()) {
            if (!feed.covers(stream, next)) {
                search();
                return;
            }
            TopicBatch batch = feed.find(next);
            if (batch == null) {
                return;
            }
            hand(batch);
        }
    }

    /** What the feed follows may have been deleted before this reader came. What is there now, after there was nothing, is the one to read. */
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
        // Whoever made room before it was raised has not seen it.
        return readyBytes.get() < READY_BYTES / 2;
    }

    private void hand(TopicBatch batch) {
        readyBytes.addAndGet(batch.bytes());
        ready.add(new Piece(epoch.get(), batch, next, null));
        next = batch.end();
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
            batches.batches().forEach(this::hand);
            step();
        } else if (found instanceof TopicScan.Found.Trimmed trimmed) {
            missing(trimmed.low());
            step();
        } else if (found instanceof TopicScan.Found.Deleted) {
            streamDeleted(stream);
        }
        // Nothing there: the feed steps when there is.
    }

    // Step 2.
    private void missing(long low) {
        Gap gap = new Gap(next, low - 1);
        scope.kernel().events().gap(scope.name(), scope.about("reading"), gap);
        ready.add(new Piece(epoch.get(), null, next, new Next.Missing(stream, gap)));
        next = low;
        reader.ready();
    }

    private void stopSearch() {
        searching = false;
        if (scan != null) {
            scan.close();
            scan = null;
        }
    }
}
