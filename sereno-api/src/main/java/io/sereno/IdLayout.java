package io.sereno;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;

/**
 * The layout of ids. From the top: the time in ticks since an epoch, a sequence within a tick, and a slot that no two
 * generators have at the same time.
 *
 * @param timeBits bits for the time, 1 to 63
 * @param tick how long a tick is; more than zero
 * @param sequenceBits bits for the sequence, 0 to 31
 * @param slotBits bits for the slot, 0 to 31; with the others at most 63, so that ids are positive
 * @param epoch when the time is 0
 */
public record IdLayout(int timeBits, Duration tick, int sequenceBits, int slotBits, Instant epoch) {
    /**
     * The layout of Sonyflake (github.com/sony/sonyflake): 39 bits of 10 ms since 2014-09-01 00:00 UTC, 8 bits of
     * sequence, 16 bits of slot, which it calls machine. Lasts for 174 years, and makes 25,600 ids per second and slot.
     */
    public static final IdLayout SONYFLAKE =
            new IdLayout(39, Duration.ofMillis(10), 8, 16, Instant.parse("2014-09-01T00:00:00Z"));

    private static final int MOST_BITS = 63;
    private static final int MOST_INT_BITS = 31;

    /**
     * Checks that ids fit into a long, and their time into an {@link Instant}.
     *
     * @throws IllegalArgumentException if they do not; the message says what is accepted
     */
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

    /**
     * The parts of an id.
     *
     * @param time the beginning of the tick in which it was made, by the generator's wall clock
     * @param sequence its number within that tick
     * @param slot of the generator
     */
    public record Parts(Instant time, int sequence, int slot) {}

    /**
     * Takes an id apart.
     *
     * @param id made with this layout
     * @return the parts of the id
     * @throws IllegalArgumentException if the id is negative, or larger than any id of this layout
     */
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
