package io.sereno.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class StatsTest {
    @Test
    void theMedianIsTheWindowInTheMiddle() {
        assertThat(Stats.of(List.of(9.0, 1.0, 2.0))).isEqualTo(new Stats(2, 1, 9));
    }

    @Test
    void ofAnEvenNumberItIsTheMeanOfTwo() {
        assertThat(Stats.of(List.of(4.0, 1.0, 2.0, 8.0))).isEqualTo(new Stats(3, 1, 8));
    }

    @Test
    void noWindowsHaveNoMedian() {
        assertThatThrownBy(() -> Stats.of(List.of())).isInstanceOf(IllegalArgumentException.class);
    }
}
