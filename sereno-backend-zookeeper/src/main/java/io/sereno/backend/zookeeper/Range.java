package io.sereno.backend.zookeeper;

import java.time.Duration;

/**
 * Which ttls the servers grant, and what that requires. In an ensemble the leader times each session. Twice a tick it
 * asks each follower which sessions have sent something. A follower that dies in between loses acknowledged renewals.
 * So a lease {@linkplain #signs() sends a sign of life} between any two of these requests, and its session is longer
 * than its ttl by the slack: by more than the last sign that the leader knows of can be older than a renewal.
 *
 * @param leastSession the shortest session that was offered
 * @param greatestSession the longest; the server silently shortens a longer request
 * @param slack see above; zero for a standalone server
 */
record Range(Duration leastSession, Duration greatestSession, Duration slack) {
    private static final Duration LATENESS = Duration.ofSeconds(2);
    private static final Duration LEAST_SLACK = Duration.ofSeconds(1);

    /** The slack in an ensemble: the time between two requests, derived from the least session, plus a quarter. */
    static Duration usualSlack(Duration leastSession) {
        Duration slack = leastSession.multipliedBy(5).dividedBy(16);
        return slack.compareTo(LEAST_SLACK) < 0 ? LEAST_SLACK : slack;
    }

    /** The time between two signs of life; zero if none are needed. */
    Duration signs() {
        return slack.dividedBy(2);
    }

    Duration leastTtl() {
        Duration least = leastSession.minus(slack);
        Duration other = tick().plus(slack);
        return least.compareTo(other) < 0 ? other : least;
    }

    Duration greatestTtl() {
        return greatestSession.minus(slack);
    }

    /** Servers look for expired sessions once a tick, and unless configured otherwise their least session is two ticks. */
    Duration expiryLateness() {
        Duration lateness = tick().plus(slack);
        return lateness.compareTo(LATENESS) < 0 ? LATENESS : lateness;
    }

    private Duration tick() {
        return leastSession.dividedBy(2);
    }

    /** The session time to request, in whole milliseconds. */
    Duration session(Duration ttl) {
        return Duration.ofMillis(ttl.plusNanos(999_999).toMillis()).plus(slack);
    }

    Duration ttl(Duration session) {
        return session.minus(slack);
    }
}
