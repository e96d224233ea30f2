package io.sereno.backend.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KeysTest {
    /** Characters that could be mistaken for the end of a part, alone and joined. */
    private static final List<String> ODD = List.of("a", "b", ":", "a:", ":a", "a:b", "%", "%3A", "%25", "a%3Ab", "/");

    private static String key(String namespace, String directory, String name) {
        return Keys.entry(new Keys(namespace).directory(directory), name).toStringUtf8();
    }

    @Test
    void anOperatorCanReadThem() {
        assertThat(key("billing", "lock/close-month", "3kd82jD0aXq-1"))
                .isEqualTo("billing:lock/close-month:3kd82jD0aXq-1");
        assertThat(key("", "lock/order:42", "n:1")).isEqualTo(":lock/order%3A42:n:1");
    }

    @Test
    void noTwoPlacesMeet() {
        Map<String, List<String>> places = new HashMap<>();
        for (String namespace : ODD) {
            for (String directory : ODD) {
                for (String name : ODD) {
                    List<String> place = List.of(namespace, directory, name);
                    assertThat(places.putIfAbsent(key(namespace, directory, name), place))
                            .as("place with the key of %s", place)
                            .isNull();
                }
            }
        }
    }

    @Test
    void aRangeHasTheKeysOfItsDirectoryAndNoOthers() {
        List<String> directories = ODD.stream().filter(odd -> !odd.isEmpty()).toList();
        for (String namespace : ODD) {
            for (String ranged : directories) {
                ByteString from = new Keys(namespace).directory(ranged);
                ByteString to = Keys.end(from);
                for (String other : ODD) {
                    for (String directory : directories) {
                        for (String name : List.of("a", ":", "\uFFFF", "\u0001")) {
                            ByteString key = Keys.entry(new Keys(other).directory(directory), name);
                            boolean within = compare(from, key) <= 0 && compare(key, to) < 0;
                            assertThat(within)
                                    .as("%s in %s of %s", key.toStringUtf8(), ranged, namespace)
                                    .isEqualTo(namespace.equals(other) && ranged.equals(directory));
                        }
                    }
                }
            }
        }
    }

    private static int compare(ByteString left, ByteString right) {
        return ByteString.unsignedLexicographicalComparator().compare(left, right);
    }

    @Test
    void theNameComesBack() {
        ByteString directory = new Keys("a:b").directory("c%d");
        for (String name : ODD) {
            assertThat(Keys.name(directory, Keys.entry(directory, name))).isEqualTo(name);
        }
    }
}
