package io.sereno;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdLayoutTest {
    private static final Duration TICK = Duration.ofMillis(10);
    private static final Instant EPOCH = Instant.parse("2020-01-01T00:00:00Z");

    /** The bits as Sonyflake puts them: time << 24 | sequence << 16 | machine. */
    @Test
    void anIdOfSonyflakeIsDecoded() {
        long id = 34_551_360_000L << 24 | 0xA5L << 16 | 0xBEEF;
        assertThat(IdLayout.SONYFLAKE.decode(id))
                .isEqualTo(new IdLayout.Parts(Instant.parse("2025-08-13T00:00:00Z"), 0xA5, 0xBEEF));
    }

    @Test
    void theFirstAndTheLastIdOfSonyflakeAreDecoded() {
        assertThat(IdLayout.SONYFLAKE.decode(0))
                .isEqualTo(new IdLayout.Parts(Instant.parse("2014-09-01T00:00:00Z"), 0, 0));
        assertThat(IdLayout.SONYFLAKE.decode(Long.MAX_VALUE))
                .isEqualTo(new IdLayout.Parts(
                        Instant.parse("2014-09-01T00:00:00Z").plus(TICK.multipliedBy((1L << 39) - 1)), 255, 65_535));
    }

    /** All places at their greatest value, then each place alone, for layouts at the limits. */
    @ParameterizedTest
    @CsvSource({"39, 8, 16", "41, 12, 10", "1, 31, 31", "32, 0, 31", "32, 31, 0", "40, 0, 0", "1, 0, 0", "20, 5, 7"})
    void everyLayoutKeepsItsPlacesApart(int timeBits, int sequenceBits, int slotBits) {
        IdLayout layout = new IdLayout(timeBits, TICK, sequenceBits, slotBits, EPOCH);
        long time = (1L << timeBits) - 1;
        long sequence = (1L << sequenceBits) - 1;
        long slot = (1L << slotBits) - 1;
        Instant last = EPOCH.plus(TICK.multipliedBy(time));
        assertThat(layout.decode(time << (sequenceBits + slotBits) | sequence << slotBits | slot))
                .isEqualTo(new IdLayout.Parts(last, (int) sequence, (int) slot));
        assertThat(layout.decode(time << (sequenceBits + slotBits))).isEqualTo(new IdLayout.Parts(last, 0, 0));
        assertThat(layout.decode(sequence << slotBits)).isEqualTo(new IdLayout.Parts(EPOCH, (int) sequence, 0));
        assertThat(layout.decode(slot)).isEqualTo(new IdLayout.Parts(EPOCH, 0, (int) slot));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, 1L << 32, Long.MAX_VALUE})
    void anIdOutsideTheLayoutIsRefused(long id) {
        assertRefused(
                () -> new IdLayout(20, TICK, 5, 7, EPOCH).decode(id),
                "id " + id + " is not of this layout; 0 to 4294967295 is accepted");
    }

    @Test
    void impossibleLayoutsAreRefused() {
        assertRefused(() -> new IdLayout(0, TICK, 8, 16, EPOCH), "timeBits is 0; 1 to 63 is accepted");
        assertRefused(() -> new IdLayout(64, TICK, 0, 0, EPOCH), "timeBits is 64; 1 to 63 is accepted");
        assertRefused(() -> new IdLayout(30, TICK, -1, 16, EPOCH), "sequenceBits is -1; 0 to 31 is accepted");
        assertRefused(() -> new IdLayout(30, TICK, 32, 1, EPOCH), "sequenceBits is 32; 0 to 31 is accepted");
        assertRefused(() -> new IdLayout(30, TICK, 1, 32, EPOCH), "slotBits is 32; 0 to 31 is accepted");
        assertRefused(
                () -> new IdLayout(40, TICK, 8, 16, EPOCH), "40 + 8 + 16 = 64 bits; together at most 63 are accepted");
        assertRefused(() -> new IdLayout(39, Duration.ZERO, 8, 16, EPOCH), "tick is PT0S; more than zero is accepted");
        assertRefused(() -> new IdLayout(39, TICK.negated(), 8, 16, EPOCH), "tick is PT-0.01S; more than zero");
    }

    @Test
    void aLayoutWhoseTimeExceedsTheCalendarIsRefused() {
        assertRefused(
                () -> new IdLayout(63, Duration.ofSeconds(1), 0, 0, EPOCH), "go beyond the last Instant; fewer bits");
        assertRefused(
                () -> new IdLayout(63, Duration.ofDays(1), 0, 0, EPOCH), "go beyond the last Instant; fewer bits");
        assertRefused(
                () -> new IdLayout(60, Duration.ofSeconds(1), 0, 0, EPOCH), "go beyond the last Instant; fewer bits");
        assertThat(new IdLayout(63, Duration.ofNanos(1), 0, 0, EPOCH).decode(1).time())
                .isEqualTo(EPOCH.plusNanos(1));
    }

    private static void assertRefused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }
}
