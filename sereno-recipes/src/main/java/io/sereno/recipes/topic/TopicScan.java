package io.sereno.recipes.topic;

import io.sereno.UnreadableEntryException;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Strand;
import io.sereno.spi.BackendException;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Searches the batches of a topic for one reader: from an offset on, page by page, in bounded reads.
 *
 * <p>Invariant: the found batches begin with the message asked for and have no hole. Messages are reported as gone only if the header, read
 * after they were missed, says so.
 *
 * <ol>
 *   <li>Read a page of batches from the offset on. If one of them has the offset, that batch and those that follow it without a hole are
 *       found.
 *   <li>If none has it, read the header. If there is no header, or it is of another stream, the topic was deleted. If {@code low} is above
 *       the offset, the message was trimmed. If {@code next} is not above the offset, nothing is there yet.
 *   <li>Else the message is kept: the page was read while it changed, or the batch begins before the offset. Read again, from further back
 *       each time. No batch has more than {@value #MOST_MESSAGES} messages, so a page that begins that far back must show it.
 *   <li>If it does not, somebody has removed entries by hand: the missing messages up to the next batch are reported as trimmed.
 * </ol>
 *
 * <p>Confined to the strand. Failed reads are retried without limit.
 */
final class TopicScan {
    /** The maximum number of messages in one batch. */
    static final int MOST_MESSAGES = 4_096;

    /** How far before the offset to begin, for each attempt. */
    private static final int[] BACK = {0, 1, 64, MOST_MESSAGES - 1};

    /** What there is from an offset on. */
    sealed interface Found {
        /** Consecutive batches; the first one has the offset. Never empty. {@code more}: there were more after them. */
        record Batches(List<TopicBatch> batches, boolean more) implements Found {}

        /** Nobody has published it yet; or the store has lost it, which the caller can see from the header. */
        record Nothing(TopicHeader header) implements Found {}

        /** Messages before this offset are gone. */
        record Trimmed(long low) implements Found {}

        /** The topic was deleted. */
        record Deleted() implements Found {}
    }

    private final String directory;
    private final Consumer<RuntimeException> onBroken;
    private final Requests requests;
    private final TopicPages pages = new TopicPages();

    /** {@code onBroken} is notified of unreadable entries: then nothing is found, now or later. */
    TopicScan(Scope scope, Strand strand, Consumer<RuntimeException> onBroken) {
        this.directory = scope.directory();
        this.onBroken = onBroken;
        Requests.OnFailure onFailure = (why, first) -> {
            pages.failed();
            if (first) {
                scope.retrying("reading", why);
            }
        };
        this.requests = new Requests(scope.kernel(), strand, directory, onFailure, () -> {});
    }

    /** Why the last read failed; null if it succeeded. */
    @Nullable
    BackendException failure() {
        return requests.failure();
    }

    void close() {
        requests.forget();
    }

    /** The header; null if there is none. */
    void header(Consumer<@Nullable TopicHeader> then) {
        read(() -> new Query.One(directory, TopicHeader.NAME), snapshot -> then.accept(headerIn(snapshot)));
    }

    static @Nullable TopicHeader headerIn(Snapshot snapshot) {
        for (Entry entry : snapshot.entries()) {
            if (entry.name().equals(TopicHeader.NAME)) {
                return TopicHeader.of(entry);
            }
        }
        return null;
    }

    /** Only one search at a time. */
    void from(long stream, long offset, Consumer<Found> then) {
        new Search(stream, offset, then).page(offset);
    }

    private final class Search {
        private final long stream;
        private final long offset;
        private final Consumer<Found> then;
        private int attempt;
        /** The first offset of the next batch after the missing messages. */
        private long seenBehind = Long.MAX_VALUE;

        Search(long stream, long offset, Consumer<Found> then) {
            this.stream = stream;
            this.offset = offset;
            this.then = then;
        }

        // Step 1.
        void page(long start) {
            read(() -> new Query.Range(directory, TopicBatch.nameOf(start - 1), pages.size()), snapshot -> {
                pages.seen(snapshot);
                List<TopicBatch> found = new ArrayList<>();
                boolean more = snapshot.more();
                long reached = start;
                for (Entry entry : snapshot.entries()) {
                    if (!TopicBatch.isBatch(entry)) {
                        more = false; // Batches come first in the order of names.
                        break;
                    }
                    TopicBatch batch = TopicBatch.decode(entry);
                    if (batch.stream() != stream) {
                        more = true; // Of another stream: this one was deleted.
                        break;
                    }
                    reached = batch.end();
                    if (found.isEmpty() ? batch.has(offset) : batch.first() == end(found)) {
                        found.add(batch);
                    } else if (!found.isEmpty()) {
                        more = true; // A hole: the page was read while it changed.
                        break;
                    } else if (batch.first() > offset) {
                        seenBehind = Math.min(seenBehind, batch.first());
                    }
                }
                if (!found.isEmpty()) {
                    then.accept(new Found.Batches(found, more));
                } else if (reached > start && reached <= offset && more) {
                    page(reached);
                } else {
                    header(this::judge);
                }
            });
        }

        // Steps 2 to 4.
        private void judge(@Nullable TopicHeader header) {
            if (header == null || header.stream() != stream) {
                then.accept(new Found.Deleted());
            } else if (header.low() > offset) {
                then.accept(new Found.Trimmed(header.low()));
            } else if (header.next() <= offset) {
                then.accept(new Found.Nothing(header));
            } else if (attempt < BACK.length) {
                page(Math.max(header.low(), offset - BACK[attempt++]));
            } else {
                then.accept(new Found.Trimmed(Math.min(seenBehind, header.next())));
            }
        }
    }

    private static long end(List<TopicBatch> batches) {
        return batches.get(batches.size() - 1).end();
    }

    private void read(Supplier<Query> query, Consumer<Snapshot> then) {
        requests.readUntilAnswered(query, snapshot -> {
            try {
                then.accept(snapshot);
            } catch (UnreadableEntryException unreadable) {
                onBroken.accept(unreadable);
            }
        });
    }
}
