package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.redis.Replies.Tick;
import io.sereno.simulation.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests when a client sends a tick. */
class HeartbeatTest {
    private static final Duration LEASE = Duration.ofSeconds(2);
    private static final Duration MILLI = Duration.ofMillis(1);
    private static final String OPEN = "the connection";

    private final ManualTime time = new ManualTime();
    private final List<String> ticks = new ArrayList<>();
    private final Heartbeat<String> heartbeat = new Heartbeat<>(time, ticks::add);

    @Test
    void aReaperTicksAtTheEndOfTheNextLease() {
        first(LEASE, true);
        assertThat(untilTheNextTick()).isEqualTo(LEASE);
    }

    /** All reapers may have died. */
    @Test
    void anotherClientTicksAMomentAfterTheEndOfTheNextLease() {
        first(LEASE, false);
        assertThat(untilTheNextTick())
                .isBetween(LEASE.plus(Heartbeat.LEAST_AFTER_REAPERS), LEASE.plus(Heartbeat.MOST_AFTER_REAPERS));
    }

    @Test
    void aRefusedClientTicksAgainSoonAndNotAllClientsAtOnce() {
        Set<Duration> rests = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            begin();
            heartbeat.refused(OPEN);
            rests.add(untilTheNextTick());
        }
        assertThat(rests)
                .hasSizeGreaterThan(1)
                .allSatisfy(rest -> assertThat(rest)
                        .isBetween(Heartbeat.LEAST_REST_AFTER_REFUSAL, Heartbeat.MOST_REST_AFTER_REFUSAL));
    }

    @Test
    void everyClientTicksAfterTheLongestRestWhateverTheServerAnswers() {
        for (boolean reaper : List.of(true, false)) {
            for (long micros : List.of(-1L, Long.MAX_VALUE)) {
                begin();
                heartbeat.answered(OPEN, tick(micros, reaper));
                assertThat(untilTheNextTick()).isEqualTo(Heartbeat.LONGEST_REST);
            }
        }
    }

    @Test
    void aMessageMayBringTheNextTickForwardAndNeverDelaysIt() {
        first(LEASE, true);
        heartbeat.by(OPEN, Duration.ofSeconds(4));
        heartbeat.by(OPEN, Duration.ofSeconds(1));
        heartbeat.by("a former connection", Duration.ZERO);
        assertThat(untilTheNextTick()).isEqualTo(Duration.ofSeconds(1));
        time.advance(Duration.ofSeconds(1));
        assertThat(heartbeat.start(OPEN)).isTrue();
        heartbeat.by(OPEN, MILLI);
        time.advance(LEASE);
        assertThat(ticks).as("one tick at a time").containsExactly(OPEN);
        heartbeat.answered(OPEN, tick(-1, true));
        assertThat(untilTheNextTick()).as("due during the tick").isEqualTo(Duration.ZERO);
    }

    @Test
    void messagesOfAnyoneAreBounded() {
        for (Duration foreign : List.of(Duration.ofSeconds(Long.MIN_VALUE), Duration.ofMillis(-1))) {
            first(LEASE, true);
            heartbeat.by(OPEN, foreign);
            assertThat(untilTheNextTick()).isEqualTo(Duration.ZERO);
        }
        first(LEASE, true);
        heartbeat.by(OPEN, Duration.ofSeconds(Long.MAX_VALUE));
        assertThat(untilTheNextTick()).isEqualTo(LEASE);
    }

    @Test
    void noTickBeginsAfterTheEnd() {
        first(LEASE, true);
        heartbeat.end();
        heartbeat.by(OPEN, Duration.ZERO);
        assertThat(time.untilNext()).isEmpty();
        assertThat(heartbeat.start(OPEN)).isFalse();
    }

    private void begin() {
        heartbeat.begin(OPEN);
        assertThat(heartbeat.hasTicked(OPEN)).isFalse();
        assertThat(heartbeat.start(OPEN)).isTrue();
    }

    private void first(Duration toDeadline, boolean reaper) {
        begin();
        heartbeat.answered(OPEN, tick(toDeadline.toNanos() / 1_000, reaper));
        assertThat(heartbeat.hasTicked(OPEN)).isTrue();
    }

    private static Tick tick(long microsToDeadline, boolean reaper) {
        return new Tick(1, microsToDeadline, 1, reaper, "SSUBSCRIBE");
    }

    private Duration untilTheNextTick() {
        return time.untilNext().orElseThrow();
    }
}
