package io.sereno.recipes.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.recipes.Threads;
import io.sereno.recipes.kernel.Card;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import java.time.Instant;
import java.util.AbstractSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ClaimsTest {
    @Test
    void theyConflictIfTheyShareANameThatEitherWrites() {
        Claims writesA = Claims.ofWriter(Set.of("a"), Set.of("b"));
        assertThat(writesA.conflictsWith(Claims.ofWriter(Set.of("a"), Set.of())))
                .isTrue();
        assertThat(writesA.conflictsWith(Claims.ofReader(Set.of("a")))).isTrue();
        assertThat(Claims.ofReader(Set.of("a")).conflictsWith(writesA)).isTrue();
        assertThat(writesA.conflictsWith(Claims.ofWriter(Set.of("b"), Set.of())))
                .isTrue();
        assertThat(writesA.conflictsWith(Claims.ofReader(Set.of("b")))).isFalse();
        assertThat(writesA.conflictsWith(Claims.ofWriter(Set.of("c"), Set.of("b"))))
                .isFalse();
        assertThat(Claims.READ_LOCK.conflictsWith(Claims.READ_LOCK)).isFalse();
        assertThat(Claims.WRITE_LOCK.conflictsWith(Claims.WRITE_LOCK)).isTrue();
    }

    @Test
    void anyNameIsStoredAndReadAgain() {
        Set<String> odd = Set.of("a b", "a\nwrite b", "100%", "\u00e9\ud83d\ude00", "write");
        Claims claims = Claims.ofWriter(odd, Set.of("r 1"));
        Bytes value = new Card("node", Instant.EPOCH, Map.of("write", "no")).encode(claims.lines());
        assertThat(Claims.of(entry(value, 1))).isEqualTo(claims);
        assertThat(Card.decode(value).nodeId()).isEqualTo("node");
        assertThat(Card.decode(value).metadata()).isEqualTo(Map.of("write", "no"));
    }

    @Test
    void theFormatIsThis() {
        assertThat(Claims.ofWriter(Set.of("b", "a"), Set.of("c d")).lines())
                .isEqualTo("write a\nwrite b\nread c%20d\n");
        assertThat(Claims.WRITE_LOCK.lines()).isEqualTo("write lock\n");
        assertThat(Claims.READ_LOCK.lines()).isEqualTo("read lock\n");
        assertThat(Claims.ofWriter(Set.of("a"), Set.of("b")).weakened()).isEqualTo(Claims.ofReader(Set.of("a", "b")));
    }

    @Test
    void anEntryThatDoesNotSayWhatItClaimsConflictsWithAll() {
        Bytes silent = new Card("node", Instant.EPOCH, Map.of()).encode();
        Bytes reader = new Card("node", Instant.EPOCH, Map.of()).encode(Claims.READ_LOCK.lines());
        assertThat(Claims.READ_LOCK.conflictsWith(entry(silent, 1))).isTrue();
        assertThat(Claims.READ_LOCK.conflictsWith(entry(reader, 1))).isFalse();
        assertThat(Claims.READ_LOCK.conflictsWith(entry(reader, 0))).isTrue();
    }

    /** As a later version may write it. */
    @Test
    void anEntryWithAClaimThatCannotBeReadConflictsWithAll() {
        for (String unreadable : new String[] {"write b optional", "read b 2", "write", "read"}) {
            Bytes later = new Card("node", Instant.EPOCH, Map.of()).encode("read a\n" + unreadable + "\n");
            assertThat(Claims.ofReader(Set.of("c")).conflictsWith(entry(later, 1)))
                    .as(unreadable)
                    .isTrue();
        }
        Bytes later = new Card("node", Instant.EPOCH, Map.of()).encode("read a\nexpires 12 30\n");
        assertThat(Claims.ofReader(Set.of("a")).conflictsWith(entry(later, 1))).isFalse();
    }

    /** The set changes while it is checked, so that a second look shows other names than the first. */
    @Test
    void theNamesThatAreCheckedAreThoseThatAreClaimed() {
        Set<String> changing = new AbstractSet<>() {
            private int looks;

            @Override
            public Iterator<String> iterator() {
                return Set.of(looks++ == 0 ? "a" : "a\0").iterator();
            }

            @Override
            public int size() {
                return 1;
            }
        };
        assertThat(Claims.ofReader(changing).read()).containsExactly("a");
    }

    @Test
    void badNamesAreRefusedWithAClearError() {
        assertThatThrownBy(() -> Claims.ofWriter(Set.of(), Set.of("a")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no name to write");
        assertThatThrownBy(() -> Claims.ofReader(Set.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 to 16 names");
        assertThatThrownBy(() -> Claims.ofWriter(Set.of("a", "b"), Set.of("b")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'b' is both");
        Set<String> many = new TreeSet<>();
        for (int i = 0; i < 17; i++) {
            many.add("n" + i);
        }
        assertThatThrownBy(() -> Claims.ofWriter(many, Set.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("17 names");
        assertThatThrownBy(() -> Claims.ofWriter(Set.of("a".repeat(400), "b".repeat(113)), Set.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("513 bytes");
        assertThat(Claims.ofWriter(Set.of("a".repeat(400)), Set.of("b".repeat(112)))
                        .isShared())
                .isFalse();
        assertThatThrownBy(() -> Claims.ofReader(Set.of(""))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Claims.ofReader(Set.of("a\0"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Claims.ofReader(Threads.nothing())).isInstanceOf(NullPointerException.class);
        Set<String> withNull = new HashSet<>();
        withNull.add(Threads.nothing());
        assertThatThrownBy(() -> Claims.ofReader(withNull))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("a name to read is null");
    }

    private static Entry entry(Bytes value, long lease) {
        return new Entry("AAAAAAAAAAA-1", value, 1, 1, lease);
    }
}
