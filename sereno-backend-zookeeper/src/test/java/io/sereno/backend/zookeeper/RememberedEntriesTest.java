package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RememberedEntriesTest {
    private static final String DIRECTORY = "lock/orders";

    private final RememberedEntries remembered = new RememberedEntries();

    @Test
    void aDirectoryWhoseOnlyKnownEntryIsDeletedIsRemoved() {
        remembered.directory(DIRECTORY, List.of("a"));
        assertThat(remembered.shouldRemove(DIRECTORY, Set.of("a"))).isTrue();
        remembered.directory(DIRECTORY, List.of("a", "b"));
        assertThat(remembered.shouldRemove(DIRECTORY, Set.of("a"))).isFalse();
        remembered.existsWithUnknown(DIRECTORY);
        assertThat(remembered.shouldRemove(DIRECTORY, Set.of("a"))).isFalse();
    }

    /**
     * Clients that take turns: each lists those in front and itself, sees them leave, and then believes itself alone, though they are behind it again.
     * Each refusal cost a transaction more.
     */
    @Test
    void aDirectoryThatOthersUseIsNotTriedToBeRemovedEachTime() {
        int tried = 0;
        for (int turn = 0; turn < 170; turn++) {
            remembered.directory(DIRECTORY, List.of("ahead" + turn, "own" + turn));
            remembered.removed(DIRECTORY, Set.of("ahead" + turn));
            if (remembered.shouldRemove(DIRECTORY, Set.of("own" + turn))) {
                tried++;
                remembered.isShared(DIRECTORY);
                assertThat(remembered.shouldRemove(DIRECTORY, Set.of("own" + turn)))
                        .as("the same commit, planned again")
                        .isFalse();
            }
        }
        assertThat(tried).isEqualTo(10);
        remembered.directory("another", List.of("own"));
        assertThat(remembered.shouldRemove("another", Set.of("own"))).isTrue();
    }
}
