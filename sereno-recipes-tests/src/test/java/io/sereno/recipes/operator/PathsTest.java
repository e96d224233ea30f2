package io.sereno.recipes.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "lock/x",
                "lock/@eu/lock/x",
                "lock//",
                "lock/\n\u202e<img>",
                "reader/a%2Fb/topic/with/slashes",
                "member/@",
                "@eu/lock/x",
                "@eu/@billing/topic/x",
                "@a%2Fb/rwlock/@c/x",
                "@%25/ids/x",
                "@%252F/ids/x",
                "@%2540/lock/x",
                "@sereno-operator/topic/audit"
            })
    void whatSerenoWritesIsReadAndWrittenAgain(String path) {
        assertThat(Paths.of(Paths.parse(path).orElseThrow())).isEqualTo(path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "@",
                "@/",
                "@/lock/x",
                "@@/",
                "lock",
                "lock/",
                "/lock/x",
                "LOCK/x",
                "vault/x",
                "session",
                "session/x",
                "@a%/lock/x",
                "@a%2f/lock/x",
                "@a%2/lock/x",
                "@eu",
                "@eu/",
                "@eu/lock",
                "@eu/lock/",
                "@eu//lock/x",
                "@eu/@/lock/x"
            })
    void whatSerenoDoesNotWriteIsNoResource(String path) {
        assertThat(Paths.parse(path)).isEmpty();
    }

    @Test
    void aNameThatLooksLikeAnotherNamespaceIsAName() {
        assertThat(Paths.parse("lock/@eu/lock/x")).contains(new Resource(Kind.LOCK, "@eu/lock/x"));
        assertThat(Paths.parse("@eu/lock/@eu/lock/x")).contains(new Resource(Kind.LOCK, List.of("eu"), "@eu/lock/x"));
    }

    @Test
    void theMarkersOfAPlaceAreInItsNamespaceOrAbove() {
        assertThat(Paths.sessionsAbove("lock/@x/session")).containsExactly("session");
        assertThat(Paths.sessionsAbove("@a/@b/lock/@x/y")).containsExactly("@a/@b/session", "@a/session", "session");
        assertThat(Paths.sessionsAbove("@a/")).containsExactly("@a/session", "session");
    }

    @Test
    void theDirectoriesOfSessionsAreKnown() {
        assertThat(List.of("session", "@a/session", "@a%2Fb/@c/session")).allMatch(Paths::isOfSessions);
        assertThat(List.of("session/x", "lock/session", "@a/lock/session", "@a%/session", "@/session", "@session"))
                .noneMatch(Paths::isOfSessions);
    }
}
