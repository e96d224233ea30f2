package io.sereno.tck.recipes;

import io.sereno.tck.run.Bench;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * How long the callers of a run go on: for a number of rounds, and then until enough was seen, for 90 seconds at most. Chance
 * and faults decide how much a round shows.
 */
final class Rounds {
    /** Longer than a lease lives that nobody renews: a client that was cut off may keep what the others want. */
    private static final Duration LONGEST = Duration.ofSeconds(90);

    private final Bench bench;
    private final int number;
    private final BooleanSupplier enough;
    private final long began;

    Rounds(Bench bench, int number, BooleanSupplier enough) {
        this.bench = bench;
        this.number = number;
        this.enough = enough;
        this.began = bench.now();
    }

    /** Whether a caller that has made this many rounds begins another one. Waits before each additional round. */
    boolean goOn(int made) {
        if (made < number) {
            return true;
        }
        if (enough.getAsBoolean() || bench.since(began).compareTo(LONGEST) >= 0) {
            return false;
        }
        bench.pass(Duration.ofMillis(100));
        return true;
    }
}
