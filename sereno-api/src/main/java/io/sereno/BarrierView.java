package io.sereno;

import java.time.Instant;
import java.util.List;

/**
 * Who waited at a barrier at the time of the read. For display: it may be outdated when it is looked at.
 *
 * @param crossings how often the barrier was crossed since it was first used or deleted
 * @param waiting the parties that wait, in the order of their arrivals; copied
 */
public record BarrierView(long crossings, List<Waiting> waiting) {
    /** Copies the list. */
    public BarrierView {
        waiting = List.copyOf(waiting);
    }

    /**
     * A party that waits.
     *
     * @param party its name
     * @param nodeId the node that called for it
     * @param since when it arrived, by that node's clock
     * @param parties how many parties have to wait, according to that call
     */
    public record Waiting(String party, String nodeId, Instant since, int parties) {}
}
