package io.sereno.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiRecordsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

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
        assertRefused(() -> new Target("", Optional.empty()), "directory name takes 0 bytes");
        assertRefused(() -> new Target("d", Optional.of("")), "entry name takes 0 bytes");
    }

    @Test
    void guaranteesAtTheLeastThatIsAskedOfEveryBackendAreAccepted() {
        assertThatCode(() -> guarantees(SECOND, SECOND, 16, 131_072, 65_536, 131_072, 1_048_576, 32, 32))
                .doesNotThrowAnyException();
    }

    @Test
    void guaranteesBelowWhatIsAskedOfEveryBackendAreRefusedByRule() {
        assertRefused(
                () -> guarantees(SECOND, SECOND, 15, 131_072, 65_536, 131_072, 1_048_576, 32, 32),
                "maxLeases is 15; every backend accepts at least 16 (LEA-15a)");
        assertRefused(
                () -> guarantees(SECOND, SECOND, 16, 131_071, 65_536, 131_072, 1_048_576, 32, 32),
                "maxLeaseBytes is 131071; every backend accepts at least 131072 (LEA-15b)");
        assertRefused(
                () -> guarantees(SECOND, SECOND, 16, 131_072, 65_535, 131_072, 1_048_576, 32, 32),
                "maxValueBytes is 65535; every backend accepts at least 65536 (VAL-1b)");
        assertRefused(
                () -> guarantees(SECOND, SECOND, 16, 131_072, 65_536, 131_071, 1_048_576, 32, 32),
                "maxCommitBytes is 131071; every backend accepts at least 131072 (COM-10a)");
        assertRefused(
                () -> guarantees(SECOND, SECOND, 16, 131_072, 65_536, 131_072, 1_048_575, 32, 32),
                "maxListingBytes is 1048575; every backend accepts at least 1048576 (READ-7a)");
        assertRefused(
                () -> guarantees(SECOND, SECOND, 16, 131_072, 65_536, 131_072, 1_048_576, 31, 32),
                "maxConditions is 31; every backend accepts at least 32 (COM-10a)");
        assertRefused(
                () -> guarantees(SECOND, SECOND, 16, 131_072, 65_536, 131_072, 1_048_576, 32, 31),
                "maxWrites is 31; every backend accepts at least 32 (COM-10a)");
    }

    @Test
    void guaranteesWithImpossibleTimesAreRefused() {
        assertRefused(
                () -> guarantees(Duration.ZERO, SECOND, 16, 131_072, 65_536, 131_072, 1_048_576, 32, 32),
                "leastTtl is PT0S; more than zero is accepted");
        assertRefused(
                () -> guarantees(SECOND.plusNanos(1), SECOND, 16, 131_072, 65_536, 131_072, 1_048_576, 32, 32),
                "greatestTtl is PT1S; at least leastTtl, PT1.000000001S, is accepted");
    }

    @Test
    void guaranteesKeepTheirOwnSetOfPromises() {
        Set<Promise> promises = EnumSet.of(Promise.DURABLE);
        Guarantees guarantees = new Guarantees(
                "memory", "1", promises, SECOND, SECOND, SECOND, SECOND, SECOND, SECOND, 16, 131_072, 65_536, 131_072,
                1_048_576, 32, 32);
        promises.clear();
        assertThat(guarantees.promises()).containsExactly(Promise.DURABLE);
    }

    private static Guarantees guarantees(
            Duration leastTtl,
            Duration greatestTtl,
            int leases,
            int leaseBytes,
            int valueBytes,
            int commitBytes,
            int listingBytes,
            int conditions,
            int writes) {
        return new Guarantees(
                "memory",
                "1",
                Set.of(),
                leastTtl,
                greatestTtl,
                SECOND,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                leases,
                leaseBytes,
                valueBytes,
                commitBytes,
                listingBytes,
                conditions,
                writes);
    }

    private static void assertRefused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }
}
