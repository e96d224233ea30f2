package io.sereno.backend.redis;

import java.time.Duration;

/**
 * Whether the server's clock is behind the revisions of the namespace. If it is, two processes that take over from one state can begin with the
 * same revision. The clock is checked with each connection, and a warning is logged once each time it falls behind.
 */
final class ServerClock {
    /** A clock that is behind by less counts as right: many revisions may be given within one moment. */
    private static final Duration TOLERANCE = Duration.ofSeconds(1);

    private final Address address;
    /** Guarded by this. */
    private boolean behind;

    /** @param first how far the clock was behind at the first connection, which {@link Setup} reports */
    ServerClock(Address address, Duration first) {
        this.address = address;
        this.behind = isBehind(first);
    }

    /** Takes how far the clock was behind at a later connection; zero or negative if it is right. */
    void check(Duration by) {
        boolean fellBehind;
        synchronized (this) {
            fellBehind = !behind && isBehind(by);
            behind = isBehind(by);
        }
        if (fellBehind) {
            Setup.warn(address, concern(by));
        }
    }

    static boolean isBehind(Duration by) {
        return by.compareTo(TOLERANCE) > 0;
    }

    static String concern(Duration by) {
        return "its clock was set back, or differs from that of the server before: revisions of this namespace are "
                + by.toSeconds()
                + " s ahead of it. Until it has caught up, restarts that lose writes may give fencing tokens twice";
    }
}
