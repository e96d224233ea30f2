package io.sereno.tck.proxy;

import java.time.Duration;

/** What a direction does to bytes; amount is nanoseconds, bytes a second, or bytes. */
record Mode(Kind kind, long amount) {
    enum Kind {
        PASS,
        DELAY,
        THROTTLE,
        HOLD,
        SWALLOW,
        RESET,
        CUT
    }

    static final Mode PASS = new Mode(Kind.PASS, 0);
    static final Mode HOLD = new Mode(Kind.HOLD, 0);
    static final Mode SWALLOW = new Mode(Kind.SWALLOW, 0);
    static final Mode RESET = new Mode(Kind.RESET, 0);

    @Override
    public String toString() {
        return switch (kind) {
            case PASS -> "pass";
            case DELAY -> "delay " + Duration.ofNanos(amount);
            case THROTTLE -> "throttle to " + amount + " bytes/s";
            case HOLD -> "hold";
            case SWALLOW -> "swallow";
            case RESET -> "reset";
            case CUT -> "cut after " + amount + " bytes";
        };
    }
}
