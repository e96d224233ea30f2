package io.sereno.backend.zookeeper;

import java.time.Duration;

/**
 * Which ttls the servers give. A lease asks for a session that is longer by the slack: in an ensemble a renewal through a follower
 * reaches the leader, which counts the time, with the follower's next ping only, half a tick later; a follower that dies
 * in between takes an acknowledged renewal with it.
 *
 * @param leastSession the shortest session that was offered
 * @param greatestSession the longest; what is asked beyond it is shortened by the server without a word
 * @param slack see above; zero for a standalone server
 */
record Range(Duration leastSession, Duration greatestSession, Duration slack) {
    private static final Duration LATENESS = Duration.ofSeconds(2);

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
