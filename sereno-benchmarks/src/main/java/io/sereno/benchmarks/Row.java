package io.sereno.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One row of the comparison.
 *
 * @param what for readers
 * @param sizes how large, in the order in which they are measured
 * @param stores where it is measured
 * @param targets for each store the ratio of Sereno to the best peer, or, on the store in memory, what Sereno has to reach
 */
record Row(
        String id,
        Group group,
        String what,
        Feature feature,
        Figure figure,
        List<Integer> sizes,
        List<String> stores,
        Map<String, Double> targets) {
    enum Group {
        W,
        GROWTH,
        MEMORY
    }

    enum Feature {
        LOCK,
        /** Of a lock with readers and writers, its writers. */
        WRITE_LOCK,
        /** A lock whose client has meters of Micrometer, beside one that has none. */
        METERED_LOCK,
        /** Three names at one moment. */
        LOCK_SET,
        /** The one slot of a pool. */
        SLOT,
        /** A permit of a pool. */
        PERMIT,
        ELECTION,
        COUNTER,
        /** A number that is read, and set if its version is the same. */
        VALUE,
        TOPIC,
        /** Parties that meet, by whatever a system has for that. */
        MEETING,
        /** A barrier of a fixed number of parties. */
        BARRIER,
        GROUP,
        IDS
    }

    /** What is compared, and its unit. */
    enum Figure {
        RATE("/s", true),
        MEDIAN_LATENCY("ms", false),
        /** Of the calling threads, for an operation: other programs on the machine change it little. */
        CPU("µs of CPU", false),
        FAIL_OVER("s", false),
        COLD_START("ms", false);

        final String unit;
        final boolean moreIsBetter;

        Figure(String unit, boolean moreIsBetter) {
            this.unit = unit;
            this.moreIsBetter = moreIsBetter;
        }
    }

    Optional<Double> target(String store) {
        return Optional.ofNullable(targets.get(store));
    }
}
