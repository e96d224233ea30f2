package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.NotAppliedException;
import io.sereno.SerenoConfigurationException;
import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

    /** The scripts cannot test this one without servers that have users. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "get: PERMISSION_DENIED, etcdserver: permission denied",
                "create: ZooKeeper answered NOAUTH",
                "the listing failed: NOPERM this user has no permissions",
                "failed: ERR The user executing the script can't run this command or subcommand"
            })
    void missingRightsHaveACodeOfTheirOwn(String message) {
        assertThat(Main.exitCode(new NotAppliedException("x", refusal(message, null))))
                .isEqualTo(77);
        assertThat(Main.exitCode(new SerenoConfigurationException("x", refusal(message, null))))
                .isEqualTo(77);
    }

    /** The messages of PostgreSQL are in the language of the server. */
    @ParameterizedTest
    @CsvSource({"42501, 77", "28P01, 77", "42P01, 69", "22001, 69"})
    void missingRightsAreKnownByTheStateOfSql(String state, int code) {
        BackendException refusal = refusal("keine Berechtigung", new SQLException("keine Berechtigung", state));
        assertThat(Main.exitCode(new NotAppliedException("x", refusal))).isEqualTo(code);
    }

    @Test
    void otherFailuresAreNoMatterOfRights() {
        assertThat(Main.exitCode(new NotAppliedException("x", refusal("too large, 2000 bytes are accepted", null))))
                .isEqualTo(69);
        assertThat(Main.exitCode(new SerenoConfigurationException("x"))).isEqualTo(78);
        assertThat(Main.exitCode(new IllegalArgumentException("x"))).isEqualTo(64);
        assertThat(Main.exitCode(new IllegalStateException("x"))).isEqualTo(70);
    }

    /** What a start of a store loads comes from the archive of the launcher. */
    @Test
    void theArchiveHasTheClassesOfEachStore() {
        for (BackendProvider provider : ServiceLoader.load(BackendProvider.class)) {
            if (provider.schemes().contains("memory")) {
                continue; // Of the tests; it is not in the jar.
            }
            assertThat(Main.NOWHERE)
                    .as(provider.schemes().toString())
                    .anyMatch(uri -> provider.schemes().contains(uri.substring(0, uri.indexOf(':'))));
        }
    }

    private static BackendException refusal(String message, @Nullable Throwable cause) {
        return new BackendException(BackendException.Outcome.NOT_APPLIED, true, message, cause);
    }
}
