package io.sereno.recipes.topic;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The batches that a reader has read last: from them it sees that the store has lost some of them, and where the two histories part.
 *
 * <p>Confined to the strand.
 */
final class TopicTrail {
    /** This many batches are remembered. */
    private static final int MOST = 1_024;

    private static final int MOST_SETTLED = 16;

    /** A batch that was read; {@code revision} is the createRevision of its entry. */
    record Step(long first, long end, String id, long revision) {
        boolean has(long offset) {
            return first <= offset && offset < end;
        }
    }

    /** Where, and with which batch, this trail ends, and what disagrees with that. */
    private record Disagreement(long end, String last, long otherEnd, String otherLast) {}

    private final Deque<Step> steps = new ArrayDeque<>();
    /** The topic was seen to reach this offset; 0 while nothing is known of it. */
    private long end;
    /** Id of the batch that ends there; empty if it is not known. */
    private String last = "";
    /** Disagreements already checked: they are not checked again if the store contradicts itself. */
    private final Set<Disagreement> settled = new LinkedHashSet<>();

    private @Nullable Disagreement unsettled;

    long end() {
        return end;
    }

    String last() {
        return last;
    }

    /** The batches that were read, the oldest first. */
    List<Step> steps() {
        return List.copyOf(steps);
    }

    /** The batch that has the message before this offset; null if it was not read, or is not remembered. */
    @Nullable
    Step before(long offset) {
        Iterator<Step> newest = steps.descendingIterator();
        while (newest.hasNext()) {
            Step step = newest.next();
            if (step.first() < offset) {
                return step.has(offset - 1) ? step : null;
            }
        }
        return null;
    }

    /** Nothing is known of the topic. */
    void clear() {
        begin(0, "");
    }

    /** The topic was seen to reach this offset; {@code idBefore} is the id of the batch before it, empty if unknown. */
    void begin(long at, String idBefore) {
        steps.clear();
        end = at;
        last = idBefore;
    }

    void add(TopicBatch batch) {
        if (batch.first() > end) {
            steps.clear(); // The gap between them was reported.
        }
        steps.addLast(new Step(batch.first(), batch.end(), batch.id(), batch.revision()));
        if (steps.size() > MOST) {
            steps.removeFirst();
        }
        end = batch.end();
        last = batch.id();
    }

    /** Whether the batch may follow what was read; false proves that the store has lost some of that. */
    boolean isFollowedBy(TopicBatch batch) {
        if (batch.first() >= end) {
            return batch.first() > end || agreesWith(batch.first(), batch.after());
        }
        return last.isEmpty() || last.equals(batch.id()) || isSettled(batch.first(), batch.id());
    }

    /** Whether this header, read later, may be of the same history; false proves that the store has lost some of what was read. */
    boolean agreesWith(TopicHeader header) {
        return agreesWith(header.next(), header.last());
    }

    /** The same for another reader's trail, which may be older; so false proves nothing. */
    boolean agreesWith(TopicTrail other) {
        return agreesWith(other.end, other.last);
    }

    private boolean agreesWith(long otherEnd, String otherLast) {
        return otherEnd > end
                || (otherEnd == end && (last.isEmpty() || otherLast.isEmpty() || last.equals(otherLast)))
                || isSettled(otherEnd, otherLast);
    }

    private boolean isSettled(long otherEnd, String otherLast) {
        Disagreement found = new Disagreement(end, last, otherEnd, otherLast);
        if (settled.contains(found)) {
            return true;
        }
        unsettled = found;
        return false;
    }

    /** The last disagreement has been checked. */
    void settle() {
        if (unsettled != null) {
            if (settled.size() == MOST_SETTLED) {
                settled.clear();
            }
            settled.add(unsettled);
            unsettled = null;
        }
    }

    /** The messages from this offset on must be read again. */
    void goBack(long to) {
        while (!steps.isEmpty() && steps.getLast().first() >= to) {
            steps.removeLast();
        }
        end = to;
        last = !steps.isEmpty() && steps.getLast().end() == to ? steps.getLast().id() : "";
    }

    /** The messages that were read from this offset on are no longer in the store. */
    void cut(long at) {
        Iterator<Step> newest = steps.descendingIterator();
        while (newest.hasNext() && newest.next().end() > at) {
            newest.remove();
        }
        end = at;
        last = !steps.isEmpty() && steps.getLast().end() == at ? steps.getLast().id() : "";
    }
}
