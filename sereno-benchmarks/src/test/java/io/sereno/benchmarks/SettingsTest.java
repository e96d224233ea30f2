package io.sereno.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SettingsTest {
    private static List<String> rows(String... words) {
        return Settings.parse(List.of(words)).rows().stream()
                .map(row -> row.group() + " " + row.id())
                .toList();
    }

    @Test
    void aGroupIsAllItsRows() {
        assertThat(rows("w")).hasSize(27).startsWith("W W1").endsWith("W W15b");
        assertThat(rows("growth"))
                .containsExactly(
                        "GROWTH waiting",
                        "GROWTH writers",
                        "GROWTH slots",
                        "GROWTH permits",
                        "GROWTH members",
                        "GROWTH kept",
                        "GROWTH locks",
                        "GROWTH idle",
                        "GROWTH neighbours");
    }

    @Test
    void aRowIsMeasuredOnServersUnlessTheStoreInMemoryIsNamed() {
        assertThat(rows("W5b", "w1")).containsExactly("W W1", "W W5b");
        assertThat(rows("w1", "memory")).containsExactly("MEMORY W1");
        assertThat(rows("ids")).containsExactly("MEMORY ids");
        assertThat(rows("members")).containsExactly("GROWTH members");
    }

    @Test
    void storesAndTimesMayBeChosen() {
        Settings settings = Settings.parse(List.of("W1", "redis", "warm-up=100", "window=200", "windows=1"));
        assertThat(settings.measures("redis")).isTrue();
        assertThat(settings.measures("etcd")).isFalse();
        assertThat(settings.warmUp()).isEqualTo(Duration.ofMillis(100));
        assertThat(settings.window()).isEqualTo(Duration.ofMillis(200));
        assertThat(settings.windows()).isEqualTo(1);
        assertThat(settings.publish()).isFalse();
    }

    @Test
    void anUnknownWordIsRefused() {
        assertThatThrownBy(() -> Settings.parse(List.of("W77")))
                .hasMessageStartingWith("'W77' is unknown; usage: sereno-benchmarks/run");
        assertThatThrownBy(() -> Settings.parse(List.of("W1", "window=0")))
                .hasMessageStartingWith("window=0 is no setting");
        assertThatThrownBy(() -> Settings.parse(List.of())).hasMessageStartingWith("nothing to measure");
    }
}
