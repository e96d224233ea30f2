package io.sereno.recipes.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.simulation.ManualTime;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What revisions prove that the store has gone back, and what they do not. */
class AcknowledgedTest {
    private static final Commit HERE = Commit.to("here").put("v", Bytes.EMPTY).build();
    private static final Commit THERE = Commit.to("there").put("v", Bytes.EMPTY).build();

    private final Acknowledged storeWide = new Acknowledged(new ManualTime(), true);
    private final Acknowledged byDirectory = new Acknowledged(new ManualTime(), false);

    @Test
    void aLowerRevisionInAnotherDirectoryIsAProofOnlyWhereItIsPromisedThatThereIsNone() {
        assertThat(commit(storeWide, HERE, 7)).isTrue();
        assertThat(commit(storeWide, THERE, 7)).isFalse();
        assertThat(commit(byDirectory, HERE, 7)).isTrue();
        assertThat(commit(byDirectory, THERE, 3)).isTrue();
        assertThat(commit(byDirectory, HERE, 7)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void answersThatOvertakeEachOtherProveNothing(boolean isStoreWide) {
        Acknowledged acknowledged = isStoreWide ? storeWide : byDirectory;
        Acknowledged.Sent early = acknowledged.sent(HERE);
        Acknowledged.Sent late = acknowledged.sent(THERE);
        Acknowledged.Sent last = acknowledged.sent(HERE);

        assertThat(acknowledged.committed(last, HERE, 9)).isTrue();
        assertThat(acknowledged.committed(late, THERE, 8)).isTrue();
        assertThat(acknowledged.committed(early, HERE, 7)).isTrue();
        assertThat(commit(acknowledged, HERE, 10)).isTrue();
    }

    /** All that was acknowledged before the commit was sent counts, even if the latest answer had a lower revision. */
    @Test
    void theGreatestRevisionCounts() {
        Acknowledged.Sent late = storeWide.sent(THERE);
        assertThat(commit(storeWide, HERE, 9)).isTrue();
        assertThat(storeWide.committed(late, THERE, 5)).isTrue();

        assertThat(commit(storeWide, THERE, 6)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCommitThatChangesNothingHasNoRevisionAndProvesNothing(boolean isStoreWide) {
        Acknowledged acknowledged = isStoreWide ? storeWide : byDirectory;
        assertThat(commit(acknowledged, HERE, 7)).isTrue();
        assertThat(commit(acknowledged, HERE, 0)).isTrue();
        assertThat(commit(acknowledged, HERE, 7)).isFalse();
    }

    /** Otherwise the answers to commits that were under way would prove it again, and end sessions of the time after it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRestoreIsProvedOnce(boolean isStoreWide) {
        Acknowledged acknowledged = isStoreWide ? storeWide : byDirectory;
        assertThat(commit(acknowledged, HERE, 7)).isTrue();
        Acknowledged.Sent first = acknowledged.sent(HERE);
        Acknowledged.Sent second = acknowledged.sent(HERE);

        assertThat(acknowledged.committed(first, HERE, 1)).isFalse();
        assertThat(acknowledged.committed(second, HERE, 2)).isTrue();
        assertThat(commit(acknowledged, THERE, 3)).isTrue();
        assertThat(commit(acknowledged, HERE, 4)).isTrue();
    }

    private static boolean commit(Acknowledged acknowledged, Commit commit, long revision) {
        return acknowledged.committed(acknowledged.sent(commit), commit, revision);
    }
}
