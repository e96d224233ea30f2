package io.sereno;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;

public record IdLayout(int timeBits, Duration tick, int sequenceBits, int slotBits, Instant epoch) {
    public static final IdLayout SONYFLAKE =
            new IdLayout(39, Duration.ofMillis(10), 8, 16, Instant.parse("2014-09-01T00:00:00Z"));

    private static final int MOST_BITS = 63;
    private static final int MOST_INT_BITS = 31;

    public IdLayout {
        requireBits("timeBits", timeBits, 1, MOST_BITS);
        requireBits("sequenceBits", sequenceBits, 0, MOST_INT_BITS);
        requireBits("slotBits", slotBits, 0, MOST_INT_BITS);
        int bits = timeBits + sequenceBits + slotBits;
        if (bits > MOST_BITS) {
            throw new IllegalArgumentException("time, sequence and slot take " + timeBits + " + " + sequenceBits + " + "
                    + slotBits + " = " + bits + " bits; together at most " + MOST_BITS + " are accepted");
        }
        if (tick.isNegative() || tick.isZero()) {
            throw new IllegalArgumentException("tick is " + tick + "; more than zero is accepted");
        }
        try {
            timeOf(epoch, tick, mask(timeBits));
        } catch (ArithmeticException | DateTimeException e) {
            throw new IllegalArgumentException(
                    timeBits + " bits of ticks of " + tick + " after " + epoch
                            + " go beyond the last Instant; fewer bits or shorter ticks are accepted",
                    e);
        }
    }

    public record Parts(Instant time, int sequence, int slot) {}

    public Parts decode(long id) {
        if (id < 0 || id > mask(timeBits + sequenceBits + slotBits)) {
            throw new IllegalArgumentException("id " + id + " is not of this layout; 0 to "
                    + mask(timeBits + sequenceBits + slotBits) + " is accepted");
        }
        return new Parts(
                timeOf(epoch, tick, id >>> (sequenceBits + slotBits)),
                (int) (id >>> slotBits & mask(sequenceBits)),
                (int) (id & mask(slotBits)));
    }

    private static void requireBits(String what, int bits, int least, int most) {
        if (bits < least || bits > most) {
            throw new IllegalArgumentException(what + " is " + bits + "; " + least + " to " + most + " is accepted");
        }
    }

    private static Instant timeOf(Instant epoch, Duration tick, long ticks) {
        return epoch.plus(tick.multipliedBy(ticks));
    }

    private static long mask(int bits) {
        return (1L << bits) - 1;
    }
}
