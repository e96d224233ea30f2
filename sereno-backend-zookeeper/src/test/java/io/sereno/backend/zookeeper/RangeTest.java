package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RangeTest {
    @Test
    void anEnsembleWithZooKeepersUsualTickGivesFromThreeAndAQuarterSeconds() {
        Duration least = Duration.ofSeconds(4);
        Range range = new Range(least, Duration.ofSeconds(40), Range.usualSlack(least));
        assertThat(range.leastTtl()).isEqualTo(Duration.ofMillis(3_250));
        assertThat(range.greatestTtl()).isEqualTo(Duration.ofMillis(38_750));
        assertThat(range.expiryLateness()).isEqualTo(Duration.ofMillis(3_250));
        assertThat(range.signs()).isEqualTo(Duration.ofMillis(625));
    }

    @ParameterizedTest
    @CsvSource({"400, 1000", "4000, 1250", "12000, 3750"})
    void inAnEnsembleTheSlackIsMoreThanHalfATickAndASecondAtLeast(long leastSession, long slack) {
        assertThat(Range.usualSlack(Duration.ofMillis(leastSession))).isEqualTo(Duration.ofMillis(slack));
    }

    /** LEA-1a and LEA-3b with any configuration of a server. */
    @ParameterizedTest
    @CsvSource({"400, 0", "1000, 0", "1000, 1000", "1500, 1000", "4000, 0", "4000, 1000", "30000, 1000", "5000, 30000"})
    void latenessNeverExceedsTheLeastTtlAndSessionsAreNeverShorterThanAsked(long leastSession, long slack) {
        Range range = new Range(Duration.ofMillis(leastSession), Duration.ofMinutes(2), Duration.ofMillis(slack));
        assertThat(range.expiryLateness())
                .isLessThanOrEqualTo(
                        range.leastTtl().compareTo(Duration.ofSeconds(2)) > 0
                                ? range.leastTtl()
                                : Duration.ofSeconds(2));
        assertThat(range.session(range.leastTtl())).isGreaterThanOrEqualTo(Duration.ofMillis(leastSession));
        assertThat(range.ttl(range.session(Duration.ofNanos(5_000_000_001L)))).isEqualTo(Duration.ofMillis(5_001));
    }
}
