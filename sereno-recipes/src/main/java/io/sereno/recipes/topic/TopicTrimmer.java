package io.sereno.recipes.topic;

import io.sereno.Retention;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Strand;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the batches of a topic that retention does not keep, for the next commit to delete: whole ones, the oldest first, at most
 * {@value #AT_ONCE} with each commit. A publisher knows where its own batches begin and end. It looks up those of others: a new publisher
 * before its first commit, so that one which publishes seldom trims too; later in parallel with commits, which do not wait for the lookup.
 * Confined to the strand.
 */
final class TopicTrimmer {
    private static final int AT_ONCE = 8;
    private static final int MOST_KNOWN = 1_024;

    /** What a commit is to delete, and the offset at which the topic begins after it. */
    record Trim(long low, List<String> names) {}

    private record Kept(long first, long end, Instant at) {}

    private final TopicScan scan;
    /** In the order of their offsets; there may be unknown batches between them. */
    private final Deque<Kept> known = new ArrayDeque<>();

    private long stream;
    private boolean isNew = true;
    private boolean looking;
    /** Runs when the first lookup has ended; null if no commit waits for it. */
    private @Nullable Runnable onLooked;

    TopicTrimmer(Scope scope, Strand strand) {
        // Unreadable entries are not trimmed; readers of the topic report them.
        this.scan = new TopicScan(scope, strand, unreadable -> looked());
    }

    void close() {
        scan.close();
    }

    /** Whether the first commit has to wait for a lookup; if so, {@code then} runs after it. */
    boolean looksFirst(TopicHeader header, Retention retention, Runnable then) {
        if (isNew) {
            isNew = false;
            stream = header.stream();
            lookUp(header.low(), header.next() + 1, retention);
            onLooked = looking ? then : null;
        }
        return onLooked != null;
    }

    /** Plans a commit under this header, after which the topic ends at {@code end}. */
    Trim plan(TopicHeader header, long end, Instant now, Retention retention) {
        if (header.stream() != stream) {
            stream = header.stream();
            known.clear();
        }
        while (!known.isEmpty() && known.getFirst().first() < header.low()) {
            known.removeFirst();
        }
        List<String> names = new ArrayList<>(AT_ONCE);
        long low = header.low();
        Iterator<Kept> oldest = known.iterator();
        while (names.size() < AT_ONCE && low < header.next()) {
            Kept next = oldest.hasNext() ? oldest.next() : null;
            if (next == null || next.first() != low) {
                lookUp(low, end, retention);
                break;
            }
            if (!isTooOld(next, end, now, retention)) {
                break;
            }
            names.add(TopicBatch.nameOf(low));
            low = next.end();
        }
        return new Trim(low, names);
    }

    /** The store has lost some of the known batches. */
    void forget() {
        known.clear();
    }

    void published(long first, long end, Instant at) {
        if (known.size() < MOST_KNOWN) {
            known.addLast(new Kept(first, end, at));
        }
    }

    private static boolean isTooOld(Kept batch, long end, Instant now, Retention retention) {
        return batch.end() <= end - retention.maxMessages()
                || retention
                        .maxAge()
                        .filter(most -> Duration.between(batch.at(), now).compareTo(most) > 0)
                        .isPresent();
    }

    private void lookUp(long low, long end, Retention retention) {
        boolean worthIt =
                end - low > retention.maxMessages() || retention.maxAge().isPresent();
        if (looking || !worthIt) {
            return;
        }
        looking = true;
        long ofStream = stream;
        scan.from(ofStream, low, found -> {
            if (found instanceof TopicScan.Found.Batches batches && ofStream == stream) {
                learn(batches.batches());
            }
            looked();
        });
    }

    private void looked() {
        looking = false;
        Runnable then = onLooked;
        onLooked = null;
        if (then != null) {
            then.run();
        }
    }

    private void learn(List<TopicBatch> batches) {
        @Nullable Kept first = known.peekFirst();
        for (int i = batches.size() - 1; i >= 0; i--) {
            TopicBatch batch = batches.get(i);
            if (first == null || batch.end() <= first.first()) {
                known.addFirst(new Kept(batch.first(), batch.end(), batch.publishedAt()));
            }
        }
    }
}
