package io.sereno;

/**
 * The right to lead an election; {@link #close()} and {@link #release()} do not end the candidacy: the candidate queues
 * again at the tail, as by {@link LeaderElection#resign()}, and may lead again. {@link LeaderElection#close()} ends the
 * candidacy.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface Leadership extends Grant {}
