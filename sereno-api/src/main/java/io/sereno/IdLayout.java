package io.sereno;

import java.time.Duration;
import java.time.Instant;

public record IdLayout(int timeBits, Duration tick, int sequenceBits, int slotBits, Instant epoch) {
    public static final IdLayout SONYFLAKE =
            new IdLayout(39, Duration.ofMillis(10), 8, 16, Instant.parse("2014-09-01T00:00:00Z"));

    public record Parts(Instant time, int sequence, int slot) {}

    public Parts decode(long id) {
        return new Parts(
                epoch.plus(tick.multipliedBy(id >>> (sequenceBits + slotBits))),
                (int) (id >>> slotBits) & (1 << sequenceBits) - 1,
                (int) id & (1 << slotBits) - 1);
    }
}
