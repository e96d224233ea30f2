package io.sereno.backend.etcd;

import static io.sereno.backend.etcd.Stages.await;
import static io.sereno.backend.etcd.Stages.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.CommitResult.Conflict;
import io.sereno.spi.CommitResult.LeaseDead;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each method of the SPI over a real etcd, without faults. */
@Tag("servers")
class EtcdBackendTest {
    private static final String DIRECTORY = "lock/orders";
    private static final Bytes VALUE = Bytes.utf8("value");

    private final Config config = Config.of(SharedEtcd.SERVER.endpoint());
    private final Backend backend = config.open();
    private final Backend other = config.open();

    @AfterEach
    void close() {
        backend.close();
        other.close();
    }

    private static Commit.Builder commit() {
        return Commit.to(DIRECTORY);
    }

    private Committed committed(Commit.Builder commit) {
        return (Committed) await(backend.commit(commit.build()));
    }

    private long put(String name) {
        return committed(commit().put(name, VALUE)).revision();
    }

    private List<Entry> entries() {
        return await(other.read(new Query.All(DIRECTORY))).entries();
    }

    private List<String> names() {
        return entries().stream().map(Entry::name).toList();
    }

    @Nested
    class Committing {
        @Test
        void aPutIsReadByOthersWithItsRevisions() {
            long created = put("a");
            long changed = put("a");
            assertThat(created).isPositive().isLessThan(changed);
            assertThat(entries()).containsExactly(new Entry("a", VALUE, created, changed, 0));
        }

        @Test
        void writesOfOneCommitShareARevision() {
            put("gone");
            long revision = committed(
                            commit().put("a", VALUE).put("b", Bytes.EMPTY).delete("gone"))
                    .revision();
            assertThat(entries())
                    .containsExactly(
                            new Entry("a", VALUE, revision, revision, 0),
                            new Entry("b", Bytes.EMPTY, revision, revision, 0));
        }

        @Test
        void conditionsAreAndedAndAFalseOneIsAConflict() {
            long created = put("a");
            long changed = put("a");
            assertThat(conflicts(commit().ifPresent("a").ifAbsent("b"))).isFalse();
            assertThat(conflicts(commit().ifCreateRevision("a", created))).isFalse();
            assertThat(conflicts(commit().ifModRevision("a", changed))).isFalse();
            assertThat(conflicts(commit().ifAbsent("a"))).isTrue();
            assertThat(conflicts(commit().ifPresent("b"))).isTrue();
            assertThat(conflicts(commit().ifCreateRevision("a", changed))).isTrue();
            assertThat(conflicts(commit().ifModRevision("a", created))).isTrue();
            assertThat(conflicts(commit().ifCreateRevision("b", created))).isTrue();
            assertThat(conflicts(commit().ifModRevision("b", changed))).isTrue();
            assertThat(conflicts(commit().ifPresent("a").ifPresent("b"))).isTrue();
        }

        private boolean conflicts(Commit.Builder conditions) {
            CommitResult check = await(backend.commit(conditions.build()));
            CommitResult write =
                    await(backend.commit(conditions.put("written", VALUE).build()));
            assertThat(check.getClass()).isEqualTo(write.getClass());
            assertThat(names().contains("written")).isEqualTo(write instanceof Committed);
            put("written");
            committed(commit().delete("written"));
            return write instanceof Conflict;
        }

        @Test
        void anEntryThatWasDeletedAndPutAgainIsAnotherIncarnation() {
            long first = put("a");
            committed(commit().delete("a"));
            long second = put("a");
            assertThat(second).isGreaterThan(first);
            assertThat(await(backend.commit(
                            commit().ifCreateRevision("a", first).delete("a").build())))
                    .isEqualTo(new Conflict(Optional.empty()));
            assertThat(await(backend.commit(
                            commit().ifModRevision("a", first).delete("a").build())))
                    .isEqualTo(new Conflict(Optional.empty()));
        }

        @Test
        void aCommitThatChangesNothingHasRevisionZero() {
            put("a");
            assertThat(committed(commit().ifPresent("a")).revision()).isZero();
            assertThat(committed(commit().delete("absent")).revision()).isZero();
            assertThat(committed(commit()).revision()).isZero();
        }

        @Test
        void theReturnedReadShowsTheCommit() {
            long first = committed(commit().put("a", VALUE)).revision();
            Committed both = committed(commit().put("b", VALUE).returningAll());
            assertThat(both.snapshot())
                    .contains(new Snapshot(
                            List.of(
                                    new Entry("a", VALUE, first, first, 0),
                                    new Entry("b", VALUE, both.revision(), both.revision(), 0)),
                            false));
            CommitResult conflict = await(backend.commit(
                    commit().ifAbsent("a").delete("b").returningOne("a").build()));
            assertThat(conflict)
                    .isEqualTo(new Conflict(
                            Optional.of(new Snapshot(List.of(new Entry("a", VALUE, first, first, 0)), false))));
            CommitResult check = await(backend.commit(
                    commit().ifPresent("a").returningOne("absent").build()));
            assertThat(check).isEqualTo(new Committed(0, Optional.of(new Snapshot(List.of(), false))));
        }

        @Test
        void declaredSizesAreAcceptedAndLargerOnesAreRefused() {
            int conditions = backend.guarantees().maxConditions();
            int writes = backend.guarantees().maxWrites();
            long revision = committed(manyOperations(conditions, writes)).revision();
            assertThat(revision).isPositive();
            assertRefused(manyOperations(conditions + 1, 1), conditions + 1 + " conditions");
            assertRefused(manyOperations(1, writes + 1), writes + 1 + " writes");
            Bytes largest = Bytes.copyOf(new byte[backend.guarantees().maxValueBytes()]);
            committed(commit().put("large", largest));
            assertRefused(
                    commit().put("large", Bytes.copyOf(new byte[largest.size() + 1])), largest.size() + 1 + " bytes");
            int rest = backend.guarantees().maxCommitBytes() - largest.size() - 2;
            committed(commit().put("1", largest).put("2", Bytes.copyOf(new byte[rest])));
            assertRefused(
                    commit().put("1", largest).put("23", Bytes.copyOf(new byte[rest])),
                    backend.guarantees().maxCommitBytes() + 1 + " bytes");
        }

        private Commit.Builder manyOperations(int conditions, int writes) {
            Commit.Builder commit = commit().returningOne("w1");
            IntStream.range(0, conditions).forEach(i -> commit.ifAbsent("c" + i));
            IntStream.range(0, writes).forEach(i -> commit.put("w" + i, VALUE));
            return commit;
        }

        private void assertRefused(Commit.Builder commit, String why) {
            BackendException failure = failure(backend.commit(commit.build()));
            assertThat(failure).hasMessageContaining(why);
            assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(failure.permanent()).isTrue();
        }

        @Test
        void anyBytesAndAnyNamesComeBackAsTheyWere() {
            byte[] bytes = new byte[256];
            new Random(42).nextBytes(bytes);
            List<String> odd = List.of(
                    ".",
                    "..",
                    "/",
                    "//",
                    "%2F",
                    "%",
                    ":",
                    "a:b",
                    "a%3Ab",
                    " ",
                    "*",
                    "\u0001",
                    "\uFFFD",
                    "\uD83D\uDE00",
                    "x".repeat(200));
            for (String directory : odd) {
                for (String name : odd) {
                    Commit commit = Commit.to(directory)
                            .ifAbsent(name)
                            .put(name, Bytes.copyOf(bytes))
                            .build();
                    assertThat(await(backend.commit(commit))).isInstanceOf(Committed.class);
                }
            }
            for (String directory : odd) {
                List<Entry> entries =
                        await(other.read(new Query.All(directory))).entries();
                assertThat(entries).extracting(Entry::name).containsExactlyInAnyOrderElementsOf(odd);
                assertThat(entries).extracting(Entry::value).containsOnly(Bytes.copyOf(bytes));
            }
        }

        @Test
        void oneOfManyWhoCreateAnEntrySucceeds() {
            List<CompletionStage<CommitResult>> racing = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                racing.add((i % 2 == 0 ? backend : other)
                        .commit(commit().ifAbsent("a").put("a", VALUE).build()));
            }
            assertThat(racing.stream().map(Stages::await).filter(Committed.class::isInstance))
                    .hasSize(1);
        }
    }

    @Nested
    class Reading {
        @Test
        void anAbsentEntryIsAnEmptyList() {
            assertThat(await(backend.read(new Query.All("never")))).isEqualTo(new Snapshot(List.of(), false));
            assertThat(await(backend.read(new Query.One("never", "a")))).isEqualTo(new Snapshot(List.of(), false));
        }

        @Test
        void namesComeInTheOrderOfTheirBytes() {
            List<String> ordered = List.of("%", "/", "0", ":", ":a", "Z", "a", "a/b", "é", "\uFFFD", "\uD83D\uDE00");
            List<String> mixed = new ArrayList<>(ordered);
            Collections.shuffle(mixed, new Random(1));
            mixed.forEach(EtcdBackendTest.this::put);
            assertThat(names()).isEqualTo(ordered);
        }

        @Test
        void aRangeHasTheFirstBehindANameAndSaysWhetherThereAreMore() {
            List.of("a", "b", "c").forEach(EtcdBackendTest.this::put);
            assertThat(range("", 2)).isEqualTo("[a, b] more");
            assertThat(range("", 3)).isEqualTo("[a, b, c]");
            assertThat(range("a", 1)).isEqualTo("[b] more");
            assertThat(range("a", 2)).isEqualTo("[b, c]");
            assertThat(range("aa", 5)).isEqualTo("[b, c]");
            assertThat(range("c", 5)).isEqualTo("[]");
        }

        private String range(String after, int limit) {
            Snapshot snapshot = await(backend.read(new Query.Range(DIRECTORY, after, limit)));
            return snapshot.entries().stream().map(Entry::name).toList() + (snapshot.more() ? " more" : "");
        }

        @Test
        void directoriesAndNamespacesShareNothing() {
            put("a");
            for (String directory : List.of("lock", "lock/order", "lock/orders/", "lock/orders:a", "lock/orders:")) {
                assertThat(await(backend.read(new Query.All(directory))).entries())
                        .isEmpty();
            }
            for (String namespace :
                    List.of("", config.namespace() + "/", config.namespace() + ":lock", config.namespace() + "x")) {
                try (Backend elsewhere = config.namespace(namespace).open()) {
                    assertThat(await(elsewhere.read(new Query.All(DIRECTORY))).entries())
                            .isEmpty();
                }
            }
        }

        @Test
        void aListingThatIsTooLargeFailsClearlyAndTheCommitStands() {
            byte[] large = new byte[backend.guarantees().maxValueBytes()];
            int count = backend.guarantees().maxListingBytes() / large.length;
            for (int i = 0; i <= count; i++) {
                committed(commit().put("n" + i, Bytes.copyOf(large)));
            }
            BackendException failure = failure(backend.read(new Query.All(DIRECTORY)));
            assertThat(failure).hasMessageContaining(DIRECTORY).hasMessageContaining("page by page");
            assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            Committed committed = committed(commit().put("more", VALUE).returningAll());
            assertThat(committed.snapshot()).isEmpty();
            assertThat(await(other.read(new Query.One(DIRECTORY, "more"))).entries())
                    .hasSize(1);
        }
    }

    @Nested
    class Leasing {
        private Lease grant(Duration ttl) {
            return await(backend.grantLease(ttl));
        }

        @Test
        void aTtlIsRoundedUpToWholeSecondsAndToTheLeastTtl() {
            assertThat(backend.guarantees().leastTtl()).isEqualTo(Duration.ofSeconds(1));
            assertThat(grant(Duration.ofMillis(1)).ttl()).isEqualTo(Duration.ofSeconds(1));
            assertThat(grant(Duration.ofMillis(2_001)).ttl()).isEqualTo(Duration.ofSeconds(3));
            assertThat(grant(Duration.ofSeconds(7)).ttl()).isEqualTo(Duration.ofSeconds(7));
        }

        @Test
        void aTtlBeyondTheDeclaredRangeIsRefused() {
            for (Duration ttl : List.of(
                    Duration.ZERO,
                    Duration.ofSeconds(-1),
                    backend.guarantees().greatestTtl().plusNanos(1))) {
                assertThat(failure(backend.grantLease(ttl)).permanent()).isTrue();
            }
            grant(backend.guarantees().greatestTtl());
        }

        @Test
        void aRevocationRemovesTheEntriesAndTheLeaseStaysDead() {
            Lease lease = grant(Duration.ofSeconds(30));
            committed(commit().put("leased", VALUE, lease.id()).put("other", VALUE));
            assertThat(entries()).extracting(Entry::leaseId).containsExactly(lease.id(), 0L);
            assertThat(await(lease.renew())).isTrue();
            await(lease.revoke());
            assertThat(names()).containsExactly("other");
            await(lease.revoke());
            assertThat(await(lease.renew())).isFalse();
            assertThat(await(backend.commit(commit().put("leased", VALUE, lease.id())
                            .put("other2", VALUE)
                            .build())))
                    .isEqualTo(new LeaseDead());
            assertThat(names()).containsExactly("other");
        }

        @Test
        void aCommitUnderALeaseThatWasRevokedElsewhereIsRefused() {
            Lease lease = grant(Duration.ofSeconds(30));
            revokeBehindItsBack(lease.id());
            Commit commit = commit().put("leased", VALUE, lease.id())
                    .put("plain", VALUE)
                    .build();
            assertThat(await(backend.commit(commit))).isEqualTo(new LeaseDead());
            assertThat(await(backend.commit(commit))).isEqualTo(new LeaseDead());
            assertThat(names()).isEmpty();
            assertThat(await(lease.renew())).isFalse();
        }

        @Test
        void aRenewalOfALeaseThatWasRevokedElsewhereReturnsFalse() {
            Lease lease = grant(Duration.ofSeconds(30));
            revokeBehindItsBack(lease.id());
            assertThat(await(lease.renew())).isFalse();
        }

        private void revokeBehindItsBack(long id) {
            try (Outsider outsider = new Outsider(SharedEtcd.SERVER)) {
                outsider.revoke(id);
            }
        }

        @Test
        void aLeaseOfAnotherClientIsDeadHere() {
            Lease lease = grant(Duration.ofSeconds(30));
            assertThat(await(other.commit(commit().put("a", VALUE, lease.id()).build())))
                    .isEqualTo(new LeaseDead());
            assertThat(names()).isEmpty();
        }

        @Test
        void aLeaseExpiresAndNeverWithinItsTtlAfterTheLastRenewal() throws Exception {
            Received received = new Received();
            await(other.watch(new Target(DIRECTORY, Optional.empty()), received));
            Lease renewed = grant(Duration.ofSeconds(3));
            committed(commit().put("renewed", VALUE, renewed.id()));
            Lease brief;
            long sent;
            CommitResult put;
            do {
                brief = grant(Duration.ofSeconds(1));
                sent = System.nanoTime();
                put = await(brief.renew())
                        ? await(backend.commit(
                                commit().put("brief", VALUE, brief.id()).build()))
                        : new LeaseDead();
                // If the disk stood still for a second, the lease had ended before it was used.
            } while (put instanceof LeaseDead);
            long renewedSent = System.nanoTime();
            assertThat(await(renewed.renew())).isTrue();
            while (names().contains("brief")) {
                Thread.onSpinWait();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - sent)).isGreaterThanOrEqualTo(brief.ttl());
            while (names().contains("renewed")) {
                Thread.onSpinWait();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - renewedSent)).isGreaterThanOrEqualTo(renewed.ttl());
            assertThat(await(brief.renew())).isFalse();
            // The two puts, and the deletions at the end of each lease.
            assertThat(Arrays.asList(received.next(), received.next(), received.next(), received.next()))
                    .containsExactly("renewed", "brief", "brief", "renewed");
        }
    }

    @Nested
    class Watching {
        private final Received received = new Received();

        private Watch watch(String name) {
            return await(other.watch(
                    new Target(DIRECTORY, name.isEmpty() ? Optional.empty() : Optional.of(name)), received));
        }

        @Test
        void everyChangeOfADirectoryIsAnnounced() throws Exception {
            watch("");
            put("a");
            assertThat(received.next()).isEqualTo("a");
            put("b:c/d");
            assertThat(received.next()).isEqualTo("b:c/d");
            committed(commit().delete("a"));
            assertThat(received.next()).isEqualTo("a");
            Lease lease = await(backend.grantLease(Duration.ofSeconds(30)));
            committed(commit().put("leased", VALUE, lease.id()));
            assertThat(received.next()).isEqualTo("leased");
            await(lease.revoke());
            assertThat(received.next()).isEqualTo("leased");
        }

        @Test
        void anEntryIsWatchedExactly() throws Exception {
            watch("b");
            for (String name : List.of("a", "b", "ba", "c", "b:")) {
                put(name);
            }
            await(backend.commit(Commit.to("other").put("b", VALUE).build()));
            assertThat(received.next()).isEqualTo("b");
            committed(commit().ifPresent("b"));
            committed(commit().delete("absent"));
            // The notice of another watch comes after those of the first: no notice came in between.
            watch("sentinel");
            put("sentinel");
            assertThat(received.next()).isEqualTo("sentinel");
            committed(commit().delete("b"));
            assertThat(received.next()).isEqualTo("b");
        }

        @Test
        void aCancelledWatchGetsNoMoreNoticesAndTheOthersContinue() throws Exception {
            Received second = new Received();
            Watch first = watch("");
            await(other.watch(new Target(DIRECTORY, Optional.empty()), second));
            put("a");
            assertThat(received.next()).isEqualTo("a");
            first.cancel();
            first.cancel();
            put("b");
            put("sentinel");
            assertThat(second.upTo("sentinel")).containsExactly("a", "b", "sentinel");
            Watch again = watch("");
            put("c");
            assertThat(received.next()).isEqualTo("c");
            again.cancel();
        }
    }

    @Test
    void serverVersionAndPromisesAreReported() {
        assertThat(backend.guarantees().backend()).isEqualTo("etcd");
        assertThat(backend.guarantees().serverVersion()).matches("3\\.\\d+\\.\\d+");
        assertThat(backend.guarantees().promises()).containsExactlyInAnyOrder(Promise.values());
    }
}
