package io.sereno.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Counter;
import io.sereno.Sereno;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdditionsTest {
    private final Sereno sereno = Sereno.connect("memory:");
    private final Counter counter = sereno.counter("x");

    @AfterEach
    void close() {
        sereno.close();
    }

    @Test
    void allAdditionsCount() throws Exception {
        Additions additions = new Additions(counter);
        assertThat(additions.async(100)).isPositive();
        assertThat(additions.blocking(4, Duration.ofMillis(5))).isPositive();
        assertThat(counter.get()).isGreaterThan(100);
    }

    @Test
    void anAdditionTooManyIsNoticed() {
        counter.set(1);
        assertThatThrownBy(() -> new Additions(counter).async(10)).hasMessage("10 were added, and the sum is 11");
        assertThatThrownBy(() -> new Additions(counter).blocking(1, Duration.ofMillis(1)))
                .hasMessageContaining("were added, and the sum is");
    }
}
