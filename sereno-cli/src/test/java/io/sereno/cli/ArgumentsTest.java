package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.NotAppliedException;
import io.sereno.SerenoConfigurationException;
import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import io.sereno.spi.BackendException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

class ArgumentsTest {
    @Test
    void timesHaveAUnit() {
        assertThat(Durations.parse("500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(Durations.parse("30s")).isEqualTo(Duration.ofSeconds(30));
        assertThat(Durations.parse("5m")).isEqualTo(Duration.ofMinutes(5));
        assertThat(Durations.parse("2h")).isEqualTo(Duration.ofHours(2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "s", "-1s", "1.5s", "5 s", "99999999999s", "5d"})
    void otherTimesAreRefused(String text) {
        assertThatThrownBy(() -> Durations.parse(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("as in 30s");
    }

    /** The library refuses a setting that the URI and the program give. */
    @Test
    void theTtlIsThatOfTheOptionOrOfTheUri() {
        Store store = new Store();
        assertThat(store.ttl(Map.of("SERENO_URI", "etcd://a/b"))).isEqualTo(Duration.ofSeconds(10));
        Map<String, String> four = Map.of("SERENO_URI", "etcd://a/b?require=durable&session-ttl=4s");
        assertThat(store.ttl(four)).isEqualTo(Duration.ofSeconds(4));
        store.ttl = Duration.ofSeconds(5);
        assertThat(store.ttl(Map.of("SERENO_URI", "etcd://a/b?connect-timeout=9s")))
                .isEqualTo(Duration.ofSeconds(5));
        assertThatThrownBy(() -> store.ttl(four)).hasMessageContaining("leave one out");
    }

    @Test
    void resourcesAreAKindAndAName() {
        assertThat(Target.parse("lock/a/b")).isEqualTo(new Resource(Kind.LOCK, "a/b"));
        assertThat(Target.parse("@eu/topic/t")).isEqualTo(new Resource(Kind.TOPIC, List.of("eu"), "t"));
        assertThat(Target.parse("lock/@eu/topic/t")).isEqualTo(new Resource(Kind.LOCK, "@eu/topic/t"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "lock", "lock/", "vault/x", "@eu", "@eu/", "@/lock/x", "/lock/x"})
    void otherResourcesAreRefused(String text) {
        assertThatThrownBy(() -> Target.parse(text)).isInstanceOf(TypeConversionException.class);
    }

    /** picocli would put the words of a file in place of its name, also after {@code --}. */
    @Test
    void anArgumentWithAnAtSignIsNoFile(@TempDir Path folder) throws IOException {
        String file = "@" + Files.writeString(folder.resolve("words"), "other words");
        CommandLine lock = Main.commandLine()
                .parseArgs("lock", file, "--", "echo", file, "--", file)
                .subcommand()
                .commandSpec()
                .commandLine();
        LockCommand command = lock.getCommand();
        assertThat(command.options.name).isEqualTo(file);
        assertThat(command.options.command).containsExactly("echo", file, "--", file);
    }

    @Test
    void columnsAreAlignedAndControlCharactersEscaped() {
        assertThat(Text.columns(List.of(List.of("a", "b", "c"), List.of("long", "\u001b[2J", ""))))
                .containsExactly("a     b          c", "long  \\u001b[2J");
    }

    @Test
    void jsonIsEscaped() {
        assertThat(Json.of("a\"b\\\n\u202e\ud83d\ude00")).isEqualTo("\"a\\\"b\\\\\\u000a\\u202e\\ud83d\\ude00\"");
    }

    @Test
    void agesAreShort() {
        Instant now = Instant.parse("2026-01-02T00:00:00Z");
        assertThat(Text.ago(now.minusSeconds(7), now)).isEqualTo("7s");
        assertThat(Text.ago(now.minusSeconds(130), now)).isEqualTo("2m10s");
        assertThat(Text.ago(now.minusSeconds(7_260), now)).isEqualTo("2h1m");
        assertThat(Text.ago(now.minusSeconds(180_000), now)).isEqualTo("2d2h");
        assertThat(Text.ago(now.plusSeconds(5), now)).isEqualTo("0s");
    }

    /** Of the codes, the scripts cannot test this one without a server that has users. */
    @Test
    void whatTheStoreRefusesForGoodIsAMatterOfRights() {
        assertThat(Main.exitCode(new NotAppliedException("x", refusal(true)))).isEqualTo(77);
        assertThat(Main.exitCode(new NotAppliedException("x", refusal(false)))).isEqualTo(69);
        assertThat(Main.exitCode(new SerenoConfigurationException("x"))).isEqualTo(78);
        assertThat(Main.exitCode(new IllegalArgumentException("x"))).isEqualTo(64);
    }

    private static BackendException refusal(boolean permanent) {
        return new BackendException(BackendException.Outcome.NOT_APPLIED, permanent, "no", null);
    }
}
