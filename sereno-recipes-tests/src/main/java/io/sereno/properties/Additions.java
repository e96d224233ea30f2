package io.sereno.properties;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * CTR-2: an addition is made once, or its call reports another outcome. Each addition to one counter has a bit of its
 * own. So a value shows which additions were made, and an addition that was made twice clears its own bit. Safe for use
 * by multiple threads.
 */
public final class Additions extends Property {
    private final TakenBackBy taker;
    private int count;
    private long made;
    private long notApplied;
    private long seen;
    private long gone;

    public Additions(TakenBackBy taker) {
        this.taker = taker;
    }

    /** One addition, about to be requested. */
    public final class Addition {
        private final long bit;
        private final long before;

        private Addition(long bit, long before) {
            this.bit = bit;
            this.before = before;
        }

        /** The amount to add. */
        public long bit() {
            return bit;
        }

        /**
         * Ends this addition.
         *
         * @param sum what the counter returned; null if the call failed
         * @param failure null if the call succeeded
         */
        public void ended(@Nullable Long sum, @Nullable Throwable failure) {
            Additions.this.ended(this, sum, failure);
        }

        @Override
        public String toString() {
            return "the addition of " + Long.toHexString(bit);
        }
    }

    /** The next addition. An instance has 62 of them. */
    public synchronized Addition next() {
        return new Addition(1L << count++, made);
    }

    private synchronized void ended(Addition addition, @Nullable Long sum, @Nullable Throwable failure) {
        if (sum != null) {
            made |= addition.bit;
            long least = taker == TakenBackBy.NOTHING ? addition.before | addition.bit : 0;
            expect(
                    (sum & least) == least,
                    () -> addition + " returned " + Long.toHexString(sum) + " after acknowledged "
                            + Long.toHexString(addition.before));
        } else if (failure instanceof NotAppliedException) {
            notApplied |= addition.bit;
        } else {
            expect(failure instanceof OutcomeUnknownException, () -> addition + " ended as " + failure);
        }
    }

    /** What is wrong with the results so far and this value of the counter; empty if nothing is wrong. */
    public synchronized Optional<String> wrong(long value) {
        gone |= seen & ~value;
        seen |= value;
        // After a deletion, the additions that were ever seen count.
        long there = taker == TakenBackBy.DELETION ? seen : value;
        String of = " in " + Long.toHexString(value);
        expect(value >>> count == 0, () -> "an addition that nobody requested, or one that was made twice," + of);
        if (taker != TakenBackBy.STORE) {
            expect(
                    (there & made) == made,
                    () -> "not all acknowledged additions, " + Long.toHexString(made) + "," + of);
            expect(
                    (there & notApplied) == 0,
                    () -> "additions that were not applied, " + Long.toHexString(notApplied) + "," + of);
            expect((value & gone) == 0, () -> "additions that were gone, " + Long.toHexString(gone) + "," + of);
        }
        return wrong();
    }
}
