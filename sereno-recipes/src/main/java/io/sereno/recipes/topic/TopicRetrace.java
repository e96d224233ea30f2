package io.sereno.recipes.topic;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether the store still has what a reader has read, and up to which offset.
 *
 * <ol>
 *   <li>Read the header. If its last batch is the one that was read last, all is there.
 *   <li>If the topic continues after that batch, read the batch: usually it is there, and so is all before it.
 *   <li>Else read on from the oldest batch that the {@link TopicTrail} knows, or from what retention has left. A batch of the trail that is
 *       found there, or is named by the batch or the header after it, is still part of the topic, and so is all before it.
 *   <li>Another batch in its place, or a topic that ends before it, proves a loss. The histories part after the newest batch that is still
 *       there. If none is left, the place is unknown, and all that is kept may be new. Without a proof nothing is lost: retention, or
 *       somebody's manual change, removed the rest.
 * </ol>
 *
 * <p>Confined to the strand.
 */
final class TopicRetrace {
    /** The fate of what was read. */
    sealed interface Found {
        /** It is there, or retention removed it. */
        record Same() implements Found {}

        /** The topic was deleted. */
        record Deleted() implements Found {}

        /**
         * The store has lost it from {@code to} on, and the topic continues there. {@code changed}: no message before this offset has been
         * replaced.
         */
        record Lost(long changed, long to) implements Found {}
    }

    private final TopicScan scan;
    private final long stream;
    private final TopicTrail trail;
    private final Consumer<Found> then;
    private final Map<Long, TopicTrail.Step> byFirst = new HashMap<>();
    private final Map<Long, TopicTrail.Step> byEnd = new HashMap<>();
    /** The offset up to which the histories are known to be the same; 0: of no offset. */
    private long common;
    /** Something else is where a batch of the trail should be. */
    private boolean proven;

    private TopicRetrace(TopicScan scan, long stream, TopicTrail trail, Consumer<Found> then) {
        this.scan = scan;
        this.stream = stream;
        this.trail = trail;
        this.then = then;
        for (TopicTrail.Step step : trail.steps()) {
            byFirst.put(step.first(), step);
            byEnd.put(step.end(), step);
        }
        if (!trail.last().isEmpty()) {
            byEnd.putIfAbsent(trail.end(), new TopicTrail.Step(trail.end(), trail.end(), trail.last(), 0));
        }
    }

    /** The scan may not be used otherwise meanwhile, nor the trail changed. */
    static void begin(TopicScan scan, long stream, TopicTrail trail, Consumer<Found> then) {
        new TopicRetrace(scan, stream, trail, then).header();
    }

    // Step 1.
    private void header() {
        scan.header(header -> {
            if (header == null || header.stream() != stream) {
                then.accept(new Found.Deleted());
                return;
            }
            ends(header);
            if (common >= trail.end() || header.low() >= trail.end()) {
                then.accept(new Found.Same());
                return;
            }
            if (header.next() > trail.end() && !trail.steps().isEmpty()) {
                newest(header);
            } else {
                walk(header);
            }
        });
    }

    // Step 2.
    private void newest(TopicHeader header) {
        List<TopicTrail.Step> steps = trail.steps();
        scan.from(stream, steps.get(steps.size() - 1).first(), found -> {
            if (found instanceof TopicScan.Found.Batches batches) {
                batches.batches().forEach(this::seen);
            }
            if (common >= trail.end()) {
                then.accept(new Found.Same());
            } else {
                walk(header);
            }
        });
    }

    // Step 3.
    private void walk(TopicHeader header) {
        walk(header, Math.max(header.low(), Math.min(oldest(), header.next())));
    }

    private void walk(TopicHeader header, long from) {
        scan.from(stream, from, found -> {
            if (found instanceof TopicScan.Found.Batches batches) {
                batches.batches().forEach(this::seen);
                long end = batches.batches().get(batches.batches().size() - 1).end();
                if (end > trail.end()) {
                    judge(header);
                } else {
                    walk(header, end);
                }
            } else if (found instanceof TopicScan.Found.Trimmed trimmed) {
                if (trimmed.low() > trail.end()) {
                    judge(header);
                } else {
                    walk(header, trimmed.low());
                }
            } else if (found instanceof TopicScan.Found.Nothing nothing) {
                ends(nothing.header());
                judge(nothing.header());
            } else {
                then.accept(new Found.Deleted());
            }
        });
    }

    private void seen(TopicBatch batch) {
        TopicTrail.Step there = byFirst.get(batch.first());
        proven |= there == null && batch.first() < trail.end() && batch.first() > oldest();
        isThere(there, batch.id());
        isThere(byEnd.get(batch.first()), batch.after());
    }

    private void ends(TopicHeader header) {
        proven |= header.next() < trail.end();
        isThere(byEnd.get(header.next()), header.last());
    }

    private void isThere(TopicTrail.@Nullable Step step, String id) {
        if (step != null && !id.isEmpty() && step.id().equals(id)) {
            common = Math.max(common, step.end());
        } else if (step != null && !id.isEmpty()) {
            proven = true;
        }
    }

    // Step 4.
    private void judge(TopicHeader header) {
        if (common >= trail.end() || !proven) {
            then.accept(new Found.Same());
        } else if (common > 0) {
            then.accept(new Found.Lost(common, common));
        } else {
            long to = Math.max(header.low(), Math.min(oldest(), header.next()));
            then.accept(new Found.Lost(header.low(), to));
        }
    }

    private long oldest() {
        return trail.steps().isEmpty() ? trail.end() : trail.steps().get(0).first();
    }
}
