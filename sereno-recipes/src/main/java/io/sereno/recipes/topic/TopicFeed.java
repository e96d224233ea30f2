package io.sereno.recipes.topic;

import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.RearmingWatch;
import io.sereno.recipes.kernel.Strand;
import io.sereno.spi.BackendException;
import io.sereno.spi.Target;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The newest messages of a topic, fetched once for all readers of this client that keep up. There is one feed for a name ({@link InUse}),
 * which watches while it has readers.
 *
 * <p>Invariant: {@code recent} holds the batches of one stream from {@code start} to {@code tail}, without a hole.
 *
 * <ol>
 *   <li>When the first reader joins, watch the header. When the watch is live, after each notice, and once per ttl, look: search for
 *       batches from the tail on, until a page shows the last batch.
 *   <li>Append found batches to {@code recent}; at most {@value #RECENT_BYTES} bytes are kept. A reader that falls behind {@code start}
 *       reads alone from the store, and returns to the feed when it has caught up.
 *   <li>If batches were trimmed before they were fetched, {@code recent} starts again after them. Readers find out by themselves what they
 *       missed.
 *   <li>If the topic was deleted, readers of that stream end. Other readers, and later ones, wait for the next stream.
 *   <li>If the store has lost what was fetched, {@code recent} starts again at the end of the topic, and each reader finds out by itself
 *       what it has lost.
 * </ol>
 *
 * <p>Confined to its strand, which all readers of the topic share.
 */
final class TopicFeed {
    /** Feeds are closed by their readers, which are open. */
    static final Shared<InUse<String, TopicFeed>> FEEDS = new Shared<>(client -> new InUse<>(feed -> {}), InUse::close);

    static final int RECENT_BYTES = 4 * 1024 * 1024;

    /** The value of {@code tail} while the tail is not known. */
    private static final long UNKNOWN = -1;

    private final Kernel kernel;
    private final Scope scope;
    private final Strand strand = new Strand();
    private final Set<TopicCursor> readers = new LinkedHashSet<>();
    private final NavigableMap<Long, TopicBatch> recent = new TreeMap<>();

    private long recentBytes;
    /** 0: the topic has no header, so no messages either. */
    private long stream;

    private long start;
    private long tail = UNKNOWN;
    /** The batches read up to {@code tail}. */
    private final TopicTrail trail = new TopicTrail();

    private boolean looking;
    private boolean due;
    private @Nullable TopicScan scan;
    private @Nullable RearmingWatch watch;

    TopicFeed(Scope scope) {
        this.kernel = scope.kernel();
        this.scope = scope;
    }

    Strand strand() {
        return strand;
    }

    Scope scope() {
        return scope;
    }

    // Step 1.
    void join(TopicCursor reader) {
        readers.add(reader);
        if (watch == null) {
            scan = scan(this::broken);
            watch = new RearmingWatch(
                    kernel, strand, new Target(scope.directory(), Optional.of(TopicHeader.NAME)), this::look);
            watch.open();
            watch.lookEvery(scope.client().settings().sessionTtl());
        }
        look();
    }

    void leave(TopicCursor reader) {
        readers.remove(reader);
        if (readers.isEmpty() && watch != null && scan != null) {
            watch.close();
            watch = null;
            scan.close();
            scan = null;
            looking = false;
            forget();
        }
    }

    TopicScan scan(Consumer<RuntimeException> onBroken) {
        return new TopicScan(scope, strand, onBroken);
    }

    /** Whether the feed has looked, and knows where the topic ends. */
    boolean isKnown() {
        return tail != UNKNOWN;
    }

    /** The stream that the feed follows; 0 while there is none, or none is known. */
    long stream() {
        return stream;
    }

    /** The offset after the last known message of the stream. */
    long tail() {
        return tail;
    }

    /** Whether the feed has the messages from this offset on, or will have them. */
    boolean covers(long ofStream, long offset) {
        return isKnown() && ofStream == stream && offset >= start;
    }

    /** The batch that has this offset; null if it is not here. */
    @Nullable
    TopicBatch find(long offset) {
        Map.Entry<Long, TopicBatch> found = recent.floorEntry(offset);
        return found != null && found.getValue().has(offset) ? found.getValue() : null;
    }

    /**
     * Starts again: what a reader read from the store disagrees with this feed, so one of the two is of a history that the store has lost.
     */
    void restart() {
        forget();
        look();
    }

    /** Why the last read from the store failed; null if it succeeded. */
    @Nullable
    BackendException failure() {
        return scan == null ? null : scan.failure();
    }

    private void look() {
        if (looking) {
            due = true;
        } else if (scan != null) {
            looking = true;
            due = false;
            if (stream == 0) {
                scan.header(this::begin);
            } else {
                scan.from(stream, tail, this::found);
            }
        }
    }

    private void begin(@Nullable TopicHeader header) {
        if (header == null) {
            // The next message will be the first of its stream.
            tail = 1;
            start = 1;
            looked(false);
            return;
        }
        stream = header.stream();
        if (!isKnown()) {
            tail = header.next();
            trail.begin(tail, header.last());
        } else {
            trail.begin(tail, "");
        }
        start = tail;
        looked(true);
    }

    private void found(TopicScan.Found found) {
        if (!isKnown()) {
            looked(true); // restart() was called meanwhile.
        } else if (found instanceof TopicScan.Found.Batches batches) {
            if (!trail.isFollowedBy(batches.batches().get(0))) {
                lost();
                return;
            }
            batches.batches().forEach(this::append);
            // Later messages are announced by notices.
            looked(batches.more());
        } else if (found instanceof TopicScan.Found.Nothing nothing && !trail.agreesWith(nothing.header())) {
            lost();
        } else if (found instanceof TopicScan.Found.Trimmed trimmed) {
            recent.clear();
            recentBytes = 0;
            start = trimmed.low();
            tail = start;
            trail.begin(tail, "");
            looked(true);
        } else if (found instanceof TopicScan.Found.Deleted) {
            long gone = stream;
            forget();
            List.copyOf(readers).forEach(reader -> reader.streamDeleted(gone));
            looked(true);
        } else {
            looked(false);
        }
    }

    // Step 2.
    private void append(TopicBatch batch) {
        recent.put(batch.first(), batch);
        recentBytes += batch.bytes();
        tail = batch.end();
        trail.add(batch);
        while (recentBytes > RECENT_BYTES) {
            TopicBatch oldest = recent.pollFirstEntry().getValue();
            recentBytes -= oldest.bytes();
            start = oldest.end();
        }
    }

    // Step 5.
    private void lost() {
        long ofStream = stream;
        trail.settle();
        forget();
        List.copyOf(readers).forEach(reader -> reader.retrace(ofStream));
        looked(true);
    }

    private void forget() {
        recent.clear();
        recentBytes = 0;
        stream = 0;
        tail = UNKNOWN;
        trail.clear();
    }

    private void looked(boolean again) {
        looking = false;
        List.copyOf(readers).forEach(reader -> reader.looked(stream, trail));
        if (again || due) {
            look();
        }
    }

    private void broken(RuntimeException unreadable) {
        looking = false;
        List.copyOf(readers).forEach(reader -> reader.fail(unreadable));
    }
}
