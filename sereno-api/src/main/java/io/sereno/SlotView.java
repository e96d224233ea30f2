package io.sereno;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which clients had slots of a pool, and which waited for one, at the time of the read. For display: it may be outdated when it is looked at.
 *
 * @param holders the client that has it, by number; copied, cannot be changed
 * @param waiters the clients that wait, in the order in which they will be granted; also a client that was granted a slot a moment ago and
 *     has not stored its number yet; copied
 */
public record SlotView(SortedMap<Integer, LockView.Place> holders, List<LockView.Place> waiters) {
    /** Copies both. */
    public SlotView {
        holders = Collections.unmodifiableSortedMap(new TreeMap<>(holders));
        waiters = List.copyOf(waiters);
    }
}
