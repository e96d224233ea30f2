package io.sereno.backend.zookeeper;

import java.time.Duration;

/**
 * Which ttls the servers give, and what that takes. In an ensemble it is the leader who counts the time of a session, and it asks
 * each follower twice a tick whom it has heard of; a follower that dies in between takes acknowledged renewals with it. So a
 * lease {@linkplain #signs() shows a sign of life} between any two of these questions, and its session is longer than its ttl by
 * the slack: by more than what the last sign that the leader knows of can be older than a renewal.
 *
 * @param leastSession the shortest session that was offered
 * @param greatestSession the longest; what is asked beyond it is shortened by the server without a word
 * @param slack see above; zero for a standalone server
 */
record Range(Duration leastSession, Duration greatestSession, Duration slack) {
    private static final Duration LATENESS = Duration.ofSeconds(2);
    private static final Duration LEAST_SLACK = Duration.ofSeconds(1);

    /** In an ensemble: the time between two questions, by what the least session says of it, and a quarter more. */
    static Duration usualSlack(Duration leastSession) {
        Duration slack = leastSession.multipliedBy(5).dividedBy(16);
        return slack.compareTo(LEAST_SLACK) < 0 ? LEAST_SLACK : slack;
    }

    /** How far apart the signs of life are; zero if there need not be any. */
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

    /** Servers look for sessions whose time is over once a tick, and their least session is two of them, unless they were told otherwise. */
    Duration expiryLateness() {
        Duration lateness = tick().plus(slack);
        return lateness.compareTo(LATENESS) < 0 ? LATENESS : lateness;
    }

    private Duration tick() {
        return leastSession.dividedBy(2);
    }

    /** The session to ask for, in whole milliseconds. */
    Duration session(Duration ttl) {
        return Duration.ofMillis(ttl.plusNanos(999_999).toMillis()).plus(slack);
    }

    Duration ttl(Duration session) {
        return session.minus(slack);
    }
}
