package io.sereno.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiRecordsTest {
    @ParameterizedTest
    @ValueSource(longs = {0, -1, 1L << 53, Long.MAX_VALUE})
    void aRevisionOutsideOneTo2To53IsRefusedAndNotWrapped(long revision) {
        assertRefused(
                () -> new Entry("a", Bytes.EMPTY, revision, 1, 0), "createRevision is " + revision + "; 1 to 2^53 - 1");
        assertRefused(
                () -> new Entry("a", Bytes.EMPTY, 1, revision, 0), "modRevision is " + revision + "; 1 to 2^53 - 1");
        assertRefused(() -> new Condition.CreateRevision("a", revision), "revision is " + revision + "; 1 to 2^53 - 1");
        assertRefused(() -> new Condition.ModRevision("a", revision), "revision is " + revision + "; 1 to 2^53 - 1");
    }

    @Test
    void theGreatestRevisionTimes1024PlusAPlaceFitsIntoALong() {
        assertThat(new Entry("a", Bytes.EMPTY, 1, Entry.MAX_REVISION, 0).modRevision())
                .isEqualTo(9_007_199_254_740_991L);
        assertThat(Math.addExact(Math.multiplyExact(Entry.MAX_REVISION, 1024L), 1023))
                .isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void onlyACommitThatChangedNothingHasRevisionZero() {
        assertThat(new CommitResult.Committed(0, Optional.empty()).revision()).isZero();
        assertRefused(() -> new CommitResult.Committed(-1, Optional.empty()), "revision is -1; 0 to 2^53 - 1");
        assertRefused(() -> new CommitResult.Committed(1L << 53, Optional.empty()), "0 to 2^53 - 1");
    }

    @Test
    void aSnapshotKeepsItsOwnList() {
        List<Entry> entries = new ArrayList<>(List.of(new Entry("a", Bytes.EMPTY, 1, 1, 0)));
        Snapshot snapshot = new Snapshot(entries, false);
        entries.clear();
        assertThat(snapshot.entries()).hasSize(1);
        assertThatThrownBy(snapshot.entries()::clear).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void aSnapshotOfAnUnchangeableListCopiesNothing() {
        List<Entry> entries = List.of(new Entry("a", Bytes.EMPTY, 1, 1, 0));
        assertThat(new Snapshot(entries, false).entries()).isSameAs(entries);
    }

    @Test
    void queriesRefuseBadNamesAndLimits() {
        assertRefused(() -> new Query.All(""), "directory name takes 0 bytes");
        assertRefused(() -> new Query.One("d", ""), "entry name takes 0 bytes");
        assertRefused(() -> new Query.One("", "a"), "directory name takes 0 bytes");
        assertRefused(() -> new Query.Range("d", "\0", 1), "entry name has U+0000");
        assertRefused(() -> new Query.Range("d", "a", 0), "limit is 0; 1 or more is accepted");
        assertRefused(() -> new Query.Range("d", "a", -1), "limit is -1; 1 or more is accepted");
    }

    @Test
    void aRangeAfterTheEmptyNameBeginsAtTheFirstEntry() {
        assertThat(new Query.Range("d", "", 1).after()).isEmpty();
        assertRefused(() -> new Query.Range("", "", 1), "directory name takes 0 bytes");
    }

    @Test
    void targetsRefuseBadNames() {
        assertThat(new Target("d", Optional.of("a")).name()).contains("a");
        assertThat(new Target("d", Optional.empty()).covers("d", "a")).isTrue();
        assertThat(new Target("d", Optional.empty()).covers("d/a", "a")).isFalse();
        assertThat(new Target("d", Optional.of("a")).covers("d", "a")).isTrue();
        assertThat(new Target("d", Optional.of("a")).covers("d", "b")).isFalse();
        assertThat(new Target("d", Optional.of("a")).covers("e", "a")).isFalse();
        assertRefused(() -> new Target("", Optional.empty()), "directory name takes 0 bytes");
        assertRefused(() -> new Target("d", Optional.of("")), "entry name takes 0 bytes");
    }

    private static void assertRefused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }
}
