package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.zookeeper.common.PathUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "orders",
                ".",
                "..",
                "...",
                "/",
                "//",
                "a/b",
                "%2F",
                "%",
                "%%",
                "a b",
                "*?[",
                "\u0001",
                "\u007f",
                "\u0085",
                "é",
                "\ud83d\ude00",
                "\ue000",
                "\uf8ff",
                "\uf900",
                "\ufff0",
                "\uffff",
                "=",
                "!",
                "zookeeper",
                "quota"
            })
    void encodedNamesAreAcceptedByZooKeeperAndDecoded(String name) {
        String path = Paths.entry(new Paths("billing").directory(name), name);
        assertThatCode(() -> PathUtils.validatePath(path)).doesNotThrowAnyException();
        assertThat(path.chars().filter(c -> c == '/')).hasSize(3);
        assertThat(Paths.decode(Paths.encode(name))).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"%2", "%zz", "a%", "%2f", "%61", "%C3", "%2FG%", "a=b", "!", "\u0001", "%2Ex"})
    void aNodeNameThatWasNotEncodedIsNoName(String node) {
        assertThat(Paths.decode(node)).isNull();
    }

    @Test
    void noTwoNamesMeet() {
        Random random = new Random(20261124);
        int[] alphabet = {'a', '.', '/', '%', '2', 'F', 'E', '=', '!', ' ', 1, 0x7f, 0xe9, 0xe000, 0xfff1, 0x1f600};
        Set<String> names = new HashSet<>();
        Set<String> encoded = new HashSet<>();
        for (int i = 0; i < 50_000; i++) {
            int[] name = IntStream.generate(() -> alphabet[random.nextInt(alphabet.length)])
                    .limit(1 + random.nextInt(5))
                    .toArray();
            String text = new String(name, 0, name.length);
            names.add(text);
            encoded.add(Paths.encode(text));
        }
        assertThat(names).hasSizeGreaterThan(10_000);
        assertThat(encoded).hasSameSizeAs(names);
    }

    @Test
    void namespacesAndDirectoriesNeverMeet() {
        assertThat(new Paths("a").directory("b/c")).isNotEqualTo(new Paths("a/b").directory("c"));
        assertThat(new Paths("").directory("a")).isEqualTo("/=a");
        assertThat(new Paths("=a").clock()).isEqualTo("/%3Da/!sereno");
        assertThat(new Paths("zookeeper").clock()).isEqualTo("/%7Aookeeper/!sereno");
        assertThat(new Paths("a/zookeeper").clock()).isEqualTo("/a/zookeeper/!sereno");
    }

    @Test
    void theNodesOfANamespaceAreListedFromTheTop() {
        assertThat(new Paths("team/billing/eu").ancestors())
                .isEqualTo(List.of("/team", "/team/billing", "/team/billing/eu"));
        assertThat(new Paths("billing").ancestors()).containsExactly("/billing");
        assertThat(new Paths("").ancestors()).isEmpty();
    }

    /** The guard of an entry is part of the stored format: clients of all versions must agree on it. */
    @Test
    void guardsAreChosenTheSameWayForEver() {
        assertThat(Paths.shard("lock/orders", "k3x-1")).isEqualTo(180);
        assertThat(IntStream.range(0, 10_000)
                        .map(i -> Paths.shard("lock/orders", "session-" + Integer.toString(i, 36)))
                        .distinct()
                        .count())
                .isEqualTo(Paths.GUARDS);
    }
}
