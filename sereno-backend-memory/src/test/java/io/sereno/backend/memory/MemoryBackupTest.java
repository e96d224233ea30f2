package io.sereno.backend.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A store that goes back to an earlier state. */
class MemoryBackupTest {
    private static final Duration TTL = Duration.ofSeconds(10);

    private final TestTime time = new TestTime();
    private final MemoryStore store = new MemoryStore(time);
    private final Backend backend = store.connect(Runnable::run);

    @ParameterizedTest
    @EnumSource
    void entriesAreTheSameAfterEachRestore(MemoryBackup.Revisions revisions) {
        put("a", 0);
        List<Entry> before = entries();
        MemoryBackup backup = store.backup();
        for (int i = 0; i < 2; i++) {
            put("a", 0);
            put("b", 0);
            store.restore(backup, revisions);
            assertThat(entries()).isEqualTo(before);
        }
    }

    @Test
    void revisionsGoOnOrAreRepeated() {
        put("a", 0);
        MemoryBackup backup = store.backup();
        long lost = put("b", 0);

        store.restore(backup, MemoryBackup.Revisions.GO_ON);
        assertThat(put("b", 0)).isGreaterThan(lost);

        store.restore(backup, MemoryBackup.Revisions.REPEAT);
        assertThat(put("b", 0)).isEqualTo(lost);
    }

    @ParameterizedTest
    @EnumSource
    void aLeaseThatWasGrantedLaterIsDeadAndOneThatEndedLaterLives(MemoryBackup.Revisions revisions) {
        Lease kept = join(backend.grantLease(TTL));
        put("kept", kept.id());
        MemoryBackup backup = store.backup();
        Lease later = join(backend.grantLease(TTL));
        put("later", later.id());
        join(kept.revoke());

        store.restore(backup, revisions);

        assertThat(join(later.renew())).isFalse();
        assertThat(entries()).extracting(Entry::name).containsExactly("kept");
        assertThat(join(kept.renew())).isTrue();
        time.advance(TTL);
        assertThat(entries()).isEmpty();
    }

    @Test
    void aLeaseEndsWhenItWouldHaveOrHasItsFullTtl() {
        Lease lease = join(backend.grantLease(TTL));
        put("leased", lease.id());
        MemoryBackup backup = store.backup();
        time.advance(TTL);

        store.restore(backup, MemoryBackup.Revisions.GO_ON);
        assertThat(entries()).isEmpty();

        store.restore(backup, MemoryBackup.Revisions.REPEAT);
        assertThat(entries()).hasSize(1);
        time.advance(TTL);
        assertThat(entries()).isEmpty();
    }

    @Test
    void watchesAreReset() {
        List<String> received = new ArrayList<>();
        var unused = backend.watch(new Target("d", Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                received.add(name);
            }

            @Override
            public void reset() {
                received.add("reset");
            }
        });
        MemoryBackup backup = store.backup();
        store.restore(backup, MemoryBackup.Revisions.GO_ON);
        put("a", 0);
        assertThat(received).containsExactly("reset", "a");
    }

    @Test
    void aBackupOfAnotherStoreIsRefused() {
        MemoryBackup other = new MemoryStore(time).backup();
        assertThatThrownBy(() -> store.restore(other, MemoryBackup.Revisions.GO_ON))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("another store");
    }

    private long put(String name, long lease) {
        Commit.Builder commit = Commit.to("d");
        if (lease == 0) {
            commit.put(name, Bytes.EMPTY);
        } else {
            commit.put(name, Bytes.EMPTY, lease);
        }
        return ((Committed) join(backend.commit(commit.build()))).revision();
    }

    private List<Entry> entries() {
        return join(backend.read(new Query.All("d"))).entries();
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
