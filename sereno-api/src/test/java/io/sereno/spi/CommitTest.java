package io.sereno.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommitTest {
    @Test
    void theBuilderKeepsConditionsAndWritesInOrder() {
        Commit commit = Commit.to("lock/orders")
                .ifAbsent("a")
                .ifPresent("b")
                .ifCreateRevision("c", 3)
                .ifModRevision("d", 4)
                .put("a", Bytes.EMPTY)
                .put("b", Bytes.utf8("x"), -7)
                .delete("c")
                .returningAll()
                .build();
        assertThat(commit)
                .isEqualTo(new Commit(
                        "lock/orders",
                        List.of(
                                new Condition.Absent("a"),
                                new Condition.Present("b"),
                                new Condition.CreateRevision("c", 3),
                                new Condition.ModRevision("d", 4)),
                        List.of(
                                new Write.Put("a", Bytes.EMPTY, 0),
                                new Write.Put("b", Bytes.utf8("x"), -7),
                                new Write.Delete("c")),
                        Optional.of(new Query.All("lock/orders"))));
        assertThat(Commit.to("d").returningOne("n").build().returning()).contains(new Query.One("d", "n"));
    }

    @Test
    void theLeaseIsThatOfItsPuts() {
        assertThat(Commit.to("d").put("a", Bytes.EMPTY).delete("b").build().leaseId())
                .isZero();
        assertThat(Commit.to("d")
                        .delete("a")
                        .put("b", Bytes.EMPTY)
                        .put("c", Bytes.EMPTY, -7)
                        .put("d", Bytes.EMPTY, -7)
                        .build()
                        .leaseId())
                .isEqualTo(-7);
    }

    @Test
    void aCommitWithoutWritesAndOneWithoutAnythingAreAccepted() {
        assertThat(Commit.to("d").ifPresent("a").build().writes()).isEmpty();
        assertThat(Commit.to("d").build().conditions()).isEmpty();
    }

    @Test
    void changingTheListsPassedInChangesNothing() {
        List<Condition> conditions = new ArrayList<>(List.of(new Condition.Absent("a")));
        List<Write> writes = new ArrayList<>(List.of(new Write.Delete("a")));
        Commit commit = new Commit("d", conditions, writes, Optional.empty());
        conditions.clear();
        writes.clear();
        assertThat(commit.conditions()).hasSize(1);
        assertThat(commit.writes()).hasSize(1);
    }

    // Both sides of the size at which the search for a double name changes its way.
    @ParameterizedTest
    @ValueSource(ints = {2, 7, 8, 9, 32})
    void twoConditionsOnOneEntryAreRefused(int size) {
        Commit.Builder builder = Commit.to("d").ifAbsent("n0");
        for (int i = 1; i < size - 1; i++) {
            builder.ifAbsent("n" + i);
        }
        assertThat(builder.build().conditions()).hasSize(size - 1);
        assertThatThrownBy(builder.ifPresent("n0")::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("two conditions on entry 'n0' in one commit; one is accepted");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 7, 8, 9, 32})
    void twoWritesToOneEntryAreRefused(int size) {
        Commit.Builder builder = Commit.to("d");
        for (int i = 0; i < size - 1; i++) {
            builder.put("n" + i, Bytes.EMPTY);
        }
        String last = "n" + (size - 2);
        assertThatThrownBy(builder.delete(last)::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("two writes on entry '" + last + "' in one commit; one is accepted");
    }

    @Test
    void twoLeasesAreRefused() {
        Commit.Builder builder =
                Commit.to("d").put("a", Bytes.EMPTY, 1).put("b", Bytes.EMPTY).put("c", Bytes.EMPTY, 1);
        assertThat(builder.build().writes()).hasSize(3);
        assertThatThrownBy(builder.put("e", Bytes.EMPTY, 2)::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("two leases in one commit, 1 and 2; one is accepted");
    }

    @Test
    void aReadOfAnotherDirectoryIsRefused() {
        assertThatThrownBy(() -> new Commit("d", List.of(), List.of(), Optional.of(new Query.All("e"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a commit to directory 'd' cannot return a read of directory 'e'");
    }

    @Test
    void badNamesAreRefusedEverywhere() {
        assertRefused(Commit.to(""), "directory name takes 0 bytes");
        assertRefused(Commit.to("d").ifAbsent("a\0"), "entry name has U+0000 at index 1");
        assertRefused(Commit.to("d").ifAbsent("a").delete("\ud83d"), "half of a surrogate pair at index 0");
        assertRefused(
                Commit.to("d".repeat(500)).put("a".repeat(13), Bytes.EMPTY),
                "entry name takes 13 bytes of UTF-8 and its directory 500; together at most 512 are accepted");
    }

    private static void assertRefused(Commit.Builder builder, String message) {
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
