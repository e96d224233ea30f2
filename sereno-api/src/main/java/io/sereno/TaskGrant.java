package io.sereno;

import java.time.Instant;

/**
 * The right to one run of a {@link ScheduledTask}, while its body runs. A body that releases it gives up the protection,
 * and the run goes on until the body returns: no other node begins before that.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface TaskGrant extends Grant {
    /**
     * The due time that this run is for.
     *
     * @return by the schedule; usually not later than the clock of this node shows
     */
    Instant due();

    /**
     * Which run of this due time it is.
     *
     * @return 1, and more if the due time is begun again after its runner was lost
     */
    int attempt();
}
