package io.sereno;

/**
 * The right to lead an election. To release it, by whichever method, is {@link LeaderElection#resign()}: the candidate
 * queues at the tail.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public interface Leadership extends Grant {}
