package io.sereno.backend.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class MemoryStoreTest {
    private static final Duration TTL = Duration.ofSeconds(10);

    private final TestTime time = new TestTime();
    private final MemoryStore store = new MemoryStore(time);
    private final Backend backend = store.connect(Runnable::run);

    @Test
    void itShowsHowMuchItHolds() {
        long revision = put("d", "a", "1");
        assertThat(store).hasToString("MemoryStore[revision " + revision + ", 1 directories, 0 leases, 1 connections]");
        assertThat(store.backup()).hasToString("MemoryBackup[revision " + revision + ", 1 entries, 0 leases]");
    }

    @Nested
    class Commits {
        @Test
        void putsAndReadsBack() {
            long revision = put("d", "a", "1");
            assertThat(all("d")).containsExactly(new Entry("a", Bytes.utf8("1"), revision, revision, 0));
            assertThat(one("d", "a")).isPresent();
            assertThat(one("d", "b")).isEmpty();
            assertThat(all("other")).isEmpty();
        }

        @Test
        void aPutKeepsTheCreateRevisionAndSetsTheModRevision() {
            long created = put("d", "a", "1");
            long changed = put("d", "a", "2");
            assertThat(changed).isGreaterThan(created);
            assertThat(all("d")).containsExactly(new Entry("a", Bytes.utf8("2"), created, changed, 0));
        }

        @Test
        void allConditionsHaveToHold() {
            long a = put("d", "a", "1");
            long b = put("d", "b", "1");
            put("d", "c", "1");
            committed(Commit.to("d")
                    .ifCreateRevision("a", a)
                    .ifModRevision("b", b)
                    .ifPresent("c")
                    .ifAbsent("e")
                    .put("f", Bytes.EMPTY));
            assertThat(one("d", "f")).isPresent();
        }

        @Test
        void anyUnmetConditionIsAConflictAndNothingIsWritten() {
            long first = put("d", "a", "1");
            long second = put("d", "a", "2");
            List<Commit.Builder> unmet = List.of(
                    Commit.to("d").ifPresent("a").ifPresent("b"),
                    Commit.to("d").ifAbsent("a"),
                    Commit.to("d").ifPresent("b"),
                    Commit.to("e").ifPresent("a"),
                    Commit.to("d").ifCreateRevision("a", second),
                    Commit.to("d").ifModRevision("a", first),
                    Commit.to("d").ifModRevision("b", first));
            for (Commit.Builder commit : unmet) {
                assertThat(commit(commit.put("x", Bytes.EMPTY).delete("a"))).isInstanceOf(Conflict.class);
            }
            assertThat(all("d")).extracting(Entry::name).containsExactly("a");
            assertThat(put("d", "a", "3")).isEqualTo(second + 1);
        }

        @Test
        void theOldRevisionsOfARecreatedEntryAreGone() {
            long first = put("d", "a", "1");
            delete("d", "a");
            put("d", "a", "1");
            assertThat(commit(Commit.to("d").ifCreateRevision("a", first))).isInstanceOf(Conflict.class);
            assertThat(commit(Commit.to("d").ifModRevision("a", first))).isInstanceOf(Conflict.class);
        }

        @Test
        void oneCommitHasOneRevision() {
            put("d", "gone", "1");
            Committed committed = committed(
                    Commit.to("d").put("a", Bytes.EMPTY).put("b", Bytes.EMPTY).delete("gone"));
            assertThat(all("d")).extracting(Entry::createRevision).containsOnly(committed.revision());
        }

        @Test
        void aCommitThatChangesNothingHasRevisionZero() {
            put("d", "a", "1");
            assertThat(committed(Commit.to("d").ifPresent("a")).revision()).isZero();
            assertThat(committed(Commit.to("d").delete("b")).revision()).isZero();
            assertThat(committed(Commit.to("never").delete("b")).revision()).isZero();
        }

        @Test
        void revisionsNeverGoBackWhenADirectoryIsEmptied() {
            long before = put("d", "a", "1");
            delete("d", "a");
            assertThat(put("d", "a", "1")).isGreaterThan(before + 1);
        }

        @Test
        void returnsTheStateAfterTheCommitOrOfTheDecision() {
            assertThat(committed(Commit.to("d").put("a", Bytes.EMPTY).returningAll())
                            .snapshot()
                            .orElseThrow()
                            .entries())
                    .extracting(Entry::name)
                    .containsExactly("a");
            CommitResult conflict =
                    commit(Commit.to("d").ifAbsent("a").put("b", Bytes.EMPTY).returningOne("a"));
            assertThat(((Conflict) conflict).snapshot().orElseThrow().entries()).hasSize(1);
            assertThat(committed(Commit.to("d").delete("a").returningAll())
                            .snapshot()
                            .orElseThrow()
                            .entries())
                    .isEmpty();
            assertThat(committed(Commit.to("d").put("a", Bytes.EMPTY)).snapshot())
                    .isEmpty();
        }

        @Test
        void namesAreOrderedByTheirBytesAndNotByTheirChars() {
            String supplementary = "\uD83D\uDE00";
            String privateUse = "\uE000";
            for (String name : List.of("b", supplementary, "a/b", privateUse, "a", "aa", "\u00e9", "\uD83D\uDE01")) {
                put("d", name, "1");
            }
            assertThat(all("d"))
                    .extracting(Entry::name)
                    .containsExactly("a", "a/b", "aa", "b", "\u00e9", privateUse, supplementary, "\uD83D\uDE01");
        }

        @Test
        void aRangeSaysExactlyWhetherThereIsMore() {
            for (String name : List.of("a", "b", "c", "d")) {
                put("d", name, "1");
            }
            assertThat(range("a", 2)).isEqualTo(new Snapshot(List.of(entry("b"), entry("c")), true));
            assertThat(range("b", 2)).isEqualTo(new Snapshot(List.of(entry("c"), entry("d")), false));
            assertThat(range("b", 9)).isEqualTo(new Snapshot(List.of(entry("c"), entry("d")), false));
            assertThat(range("aa", 1)).isEqualTo(new Snapshot(List.of(entry("b")), true));
            assertThat(range("d", 1)).isEqualTo(new Snapshot(List.of(), false));
        }

        @Test
        void connectionsSeeEachOthersCommits() {
            Backend other = store.connect(Runnable::run);
            put("d", "a", "1");
            assertThat(join(other.read(new Query.All("d"))).entries()).hasSize(1);
        }

        @Test
        void aThousandEntriesAndAMebibyteAreReadWhole() {
            Bytes value = Bytes.copyOf(new byte[1_050]);
            for (int i = 0; i < 1_000; i++) {
                committed(Commit.to("d").put("e" + i, value));
            }
            assertThat(all("d"))
                    .hasSize(1_000)
                    .allSatisfy(entry -> assertThat(entry.value()).isEqualTo(value));
        }

        private Snapshot range(String after, int limit) {
            return join(backend.read(new Query.Range("d", after, limit)));
        }

        private Entry entry(String name) {
            return one("d", name).orElseThrow();
        }
    }

    @Nested
    class Limits {
        @Test
        void theGreatestValueWorksAndOneByteMoreIsRefused() {
            int max = backend.guarantees().maxValueBytes();
            committed(Commit.to("d").put("a", Bytes.copyOf(new byte[max])));
            assertRefused(
                    backend.commit(Commit.to("d")
                            .put("b", Bytes.copyOf(new byte[max + 1]))
                            .build()),
                    "entry 'b' has " + (max + 1));
            assertThat(one("d", "b")).isEmpty();
        }

        @Test
        void theGreatestCommitWorksAndMoreIsRefused() {
            int max = backend.guarantees().maxCommitBytes();
            Bytes value = Bytes.copyOf(new byte[backend.guarantees().maxValueBytes()]);
            Commit.Builder commit = Commit.to("d").ifAbsent("\u00e9");
            int bytes = 2;
            for (int i = 0; bytes + 2 + value.size() <= max; i++) {
                commit.put("e" + i, value);
                bytes += 2 + value.size();
            }
            committed(commit.put("rest", Bytes.copyOf(new byte[max - bytes - 4])));
            assertRefused(backend.commit(commit.delete("x").build()), (max + 1) + " bytes together");
        }

        @Test
        void asManyOperationsAsDeclaredWorkAndMoreAreRefused() {
            int max = backend.guarantees().maxConditions();
            assertThat(max)
                    .isGreaterThanOrEqualTo(32)
                    .isEqualTo(backend.guarantees().maxWrites());
            committed(conditions(max));
            committed(writes(max));
            assertRefused(backend.commit(conditions(max + 1).build()), (max + 1) + " conditions");
            assertRefused(backend.commit(writes(max + 1).build()), (max + 1) + " writes");
        }

        @Test
        void ttlsOutOfRangeAreRefused() {
            Duration least = backend.guarantees().leastTtl();
            Duration greatest = backend.guarantees().greatestTtl();
            assertThat(join(backend.grantLease(least)).ttl()).isEqualTo(least);
            assertThat(join(backend.grantLease(greatest)).ttl()).isEqualTo(greatest);
            assertRefused(backend.grantLease(least.minusNanos(1)), "is accepted");
            assertRefused(backend.grantLease(greatest.plusNanos(1)), "is accepted");
            assertRefused(backend.grantLease(Duration.ZERO), "is accepted");
            assertRefused(backend.grantLease(TTL.negated()), "is accepted");
        }

        private Commit.Builder conditions(int count) {
            Commit.Builder commit = Commit.to("empty");
            IntStream.range(0, count).forEach(i -> commit.ifAbsent("e" + i));
            return commit;
        }

        private Commit.Builder writes(int count) {
            Commit.Builder commit = Commit.to("d");
            IntStream.range(0, count).forEach(i -> commit.put("e" + i, Bytes.EMPTY));
            return commit;
        }
    }

    @Nested
    class Leases {
        @Test
        void entriesStayUntilTheDeadlineAndAreGoneAtIt() {
            Lease lease = grant();
            putLeased("d", "a", lease);
            time.advance(TTL.minusNanos(1));
            assertThat(all("d")).hasSize(1);
            time.advance(Duration.ofNanos(1));
            assertThat(all("d")).isEmpty();
        }

        @Test
        void theDeadlineCountsEvenWhenTheTimerIsLate() {
            Lease lease = grant();
            putLeased("d", "a", lease);
            time.advanceWithoutTimers(TTL);
            assertThat(all("d")).isEmpty();
            assertThat(join(lease.renew())).isFalse();
        }

        @Test
        void renewingMovesTheDeadline() {
            Lease lease = grant();
            putLeased("d", "a", lease);
            for (int i = 0; i < 5; i++) {
                time.advance(TTL.minusMillis(1));
                assertThat(join(lease.renew())).isTrue();
            }
            assertThat(all("d")).hasSize(1);
            time.advance(TTL);
            assertThat(all("d")).isEmpty();
        }

        @Test
        void aDeadLeaseStaysDead() {
            Lease lease = grant();
            time.advance(TTL);
            assertThat(join(lease.renew())).isFalse();
            assertThat(commit(Commit.to("d").put("a", Bytes.EMPTY, lease.id()).put("b", Bytes.EMPTY)))
                    .isInstanceOf(LeaseDead.class);
            assertThat(all("d")).isEmpty();
            assertThat(join(lease.renew())).isFalse();
        }

        @Test
        void aCommitAtTheDeadlineIsTooLateEvenWhenTheTimerIsLater() {
            Lease lease = grant();
            time.advanceWithoutTimers(TTL);
            assertThat(commit(Commit.to("d").put("a", Bytes.EMPTY, lease.id()))).isInstanceOf(LeaseDead.class);
        }

        @Test
        void revokingRemovesTheEntriesAndMayBeRepeated() {
            Lease lease = grant();
            putLeased("d", "a", lease);
            put("d", "stays", "1");
            join(lease.revoke());
            join(lease.revoke());
            assertThat(all("d")).extracting(Entry::name).containsExactly("stays");
            assertThat(join(lease.renew())).isFalse();
        }

        @Test
        void theEndOfALeaseIsOneCommitForEachDirectory() {
            Lease lease = grant();
            putLeased("d", "a", lease);
            putLeased("d", "b", lease);
            putLeased("e", "a", lease);
            List<String> seen = new ArrayList<>();
            watch(new Target("d", Optional.empty()), seen);
            watch(new Target("e", Optional.empty()), seen);
            long before = put("other", "x", "1");
            time.advance(TTL);
            assertThat(seen).containsExactly("a@" + (before + 1), "b@" + (before + 1), "a@" + (before + 2));
            assertThat(put("other", "x", "1")).isEqualTo(before + 3);
        }

        @Test
        void leasesOfDifferentTtlsEndIndependently() {
            Lease shorter = join(backend.grantLease(Duration.ofSeconds(3)));
            Lease longer = join(backend.grantLease(Duration.ofSeconds(7)));
            putLeased("d", "longer", longer);
            putLeased("d", "shorter", shorter);
            time.advance(Duration.ofSeconds(3));
            assertThat(all("d")).extracting(Entry::name).containsExactly("longer");
            assertThat(join(longer.renew())).isTrue();
            time.advance(Duration.ofSeconds(7));
            assertThat(all("d")).isEmpty();
        }

        @Test
        void anEntryThatWasRecreatedWithoutTheLeaseSurvivesItsEnd() {
            Lease old = grant();
            putLeased("d", "a", old);
            delete("d", "a");
            put("d", "a", "unleased");
            Lease other = join(backend.grantLease(TTL.multipliedBy(2)));
            putLeased("d", "b", old);
            delete("d", "b");
            putLeased("d", "b", other);
            time.advance(TTL);
            assertThat(all("d")).extracting(Entry::name).containsExactly("a", "b");
        }

        @Test
        void onlyThePutsThatNameTheLeaseAreBoundToIt() {
            Lease lease = grant();
            committed(Commit.to("d").put("bound", Bytes.EMPTY, lease.id()).put("free", Bytes.EMPTY));
            time.advance(TTL);
            assertThat(all("d")).extracting(Entry::name).containsExactly("free");
        }

        @Test
        void aPutThatChangesTheLeaseOfAnEntryIsRefused() {
            Lease lease = grant();
            putLeased("d", "leased", lease);
            put("d", "free", "1");
            assertRefused(
                    backend.commit(Commit.to("d")
                            .put("new", Bytes.EMPTY)
                            .put("leased", Bytes.EMPTY)
                            .build()),
                    "bound to lease " + lease.id());
            assertRefused(
                    backend.commit(
                            Commit.to("d").put("free", Bytes.EMPTY, lease.id()).build()),
                    "bound to lease 0");
            assertThat(one("d", "new")).isEmpty();
            putLeased("d", "leased", lease);
        }

        @Test
        void aLeaseCountsOnlyForTheConnectionThatItWasGrantedTo() {
            Lease lease = grant();
            Backend other = store.connect(Runnable::run);
            Commit commit = Commit.to("d").put("a", Bytes.EMPTY, lease.id()).build();
            assertRefused(other.commit(commit), "another connection");
            assertRefused(other.commit(Commit.to("d").put("a", Bytes.EMPTY, 77).build()), "never granted");
        }

        @Test
        void idsAreNotUsedAgain() {
            Lease first = grant();
            join(first.revoke());
            assertThat(grant().id()).isNotEqualTo(first.id());
        }

        @Test
        void aThousandLeasesThatEndTogetherAreAllGoneAtTheDeadline() {
            for (int i = 0; i < 1_000; i++) {
                putLeased("d", "e" + i, grant());
            }
            time.advance(TTL);
            assertThat(all("d")).isEmpty();
        }
    }

    @Nested
    class Watches {
        private final List<String> seen = new ArrayList<>();

        @Test
        void aDirectoryWatchReportsEachChangeInIt() {
            long before = put("d", "a", "1");
            watch(new Target("d", Optional.empty()), seen);
            put("d", "a", "2");
            put("d", "b", "1");
            delete("d", "a");
            put("d/b", "a", "1");
            assertThat(seen).containsExactly("a@" + (before + 1), "b@" + (before + 2), "a@" + (before + 3));
        }

        @Test
        void anEntryWatchReportsThatEntryOnly() {
            watch(new Target("d", Optional.of("a")), seen);
            put("d", "b", "1");
            put("e", "a", "1");
            long revision = put("d", "a", "1");
            assertThat(seen).containsExactly("a@" + revision);
        }

        @Test
        void aCommitThatChangesNothingNotifiesNoWatch() {
            watch(new Target("d", Optional.empty()), seen);
            commit(Commit.to("d").ifAbsent("a").delete("b"));
            commit(Commit.to("d").ifPresent("a").put("b", Bytes.EMPTY));
            assertThat(seen).isEmpty();
        }

        @Test
        void aReadMadeOnANoticeSeesTheChange() {
            join(backend.watch(new Target("d", Optional.empty()), new WatchListener() {
                @Override
                public void changed(String name, long revision) {
                    seen.add(name + " " + one("d", name).map(Entry::modRevision));
                }

                @Override
                public void reset() {
                    seen.add("reset");
                }
            }));
            long revision = put("d", "a", "1");
            delete("d", "a");
            assertThat(seen).containsExactly("a Optional[" + revision + "]", "a Optional.empty");
        }

        @Test
        void noticesForOneNameAreMergedWhileTheyWait() {
            Queue<Runnable> waiting = new ArrayDeque<>();
            watch(store.connect(waiting::add), new Target("d", Optional.empty()), seen);
            put("d", "a", "1");
            put("d", "b", "1");
            long last = put("d", "a", "2");
            assertThat(waiting).hasSize(1);
            waiting.remove().run();
            assertThat(seen).containsExactly("a@" + last, "b@" + (last - 1));
            put("d", "a", "3");
            assertThat(waiting).hasSize(1);
        }

        @Test
        void tooManyNamesWaitingBecomeOneReset() {
            Queue<Runnable> waiting = new ArrayDeque<>();
            watch(store.connect(waiting::add), new Target("d", Optional.empty()), seen);
            for (int i = 0; i < 3 * NoticeQueue.MAX_NAMES; i++) {
                put("d", "e" + i, "1");
            }
            waiting.remove().run();
            assertThat(seen).containsExactly("reset");
            long revision = put("d", "a", "1");
            waiting.remove().run();
            assertThat(seen).containsExactly("reset", "a@" + revision);
        }

        @Test
        void aChangeMadeInsideAListenerIsReportedAfterItReturned() {
            join(backend.watch(new Target("d", Optional.empty()), new WatchListener() {
                @Override
                public void changed(String name, long revision) {
                    seen.add("begin " + name);
                    if (name.equals("a")) {
                        put("d", "b", "1");
                    }
                    seen.add("end " + name);
                }

                @Override
                public void reset() {}
            }));
            put("d", "a", "1");
            assertThat(seen).containsExactly("begin a", "end a", "begin b", "end b");
        }

        @Test
        void theWatchGoesOnWhenItsListenerThrows() {
            join(backend.watch(new Target("d", Optional.empty()), new WatchListener() {
                @Override
                public void changed(String name, long revision) {
                    seen.add(name);
                    throw new IllegalStateException("thrown by a test, to be seen in the log");
                }

                @Override
                public void reset() {}
            }));
            put("d", "a", "1");
            put("d", "b", "1");
            assertThat(seen).containsExactly("a", "b");
        }

        @Test
        void cancellingIsFinalAndMayBeRepeated() {
            Queue<Runnable> waiting = new ArrayDeque<>();
            Watch watch = watch(store.connect(waiting::add), new Target("d", Optional.empty()), seen);
            put("d", "a", "1");
            watch.cancel();
            watch.cancel();
            waiting.remove().run();
            put("d", "b", "1");
            assertThat(seen).isEmpty();
            assertThat(waiting).isEmpty();
        }

        @Test
        void aListenerMayCancelItsOwnWatch() {
            List<Watch> watch = new ArrayList<>();
            Queue<Runnable> waiting = new ArrayDeque<>();
            watch.add(join(store.connect(waiting::add).watch(new Target("d", Optional.empty()), new WatchListener() {
                @Override
                public void changed(String name, long revision) {
                    seen.add(name);
                    watch.get(0).cancel();
                }

                @Override
                public void reset() {}
            })));
            put("d", "a", "1");
            put("d", "b", "1");
            waiting.remove().run();
            assertThat(seen).containsExactly("a");
        }

        @Test
        void anExecutorThatRefusesCostsTheOthersNothingAndIsAskedAgain() {
            List<Runnable> waiting = new ArrayList<>();
            boolean[] refusing = {true};
            Backend busy = store.connect(task -> {
                if (refusing[0]) {
                    throw new RejectedExecutionException("thrown by a test, to be seen in the log");
                }
                waiting.add(task);
            });
            List<String> other = new ArrayList<>();
            watch(busy, new Target("d", Optional.empty()), seen);
            watch(new Target("d", Optional.empty()), other);
            put("d", "a", "1");
            put("d", "b", "1");
            assertThat(other).hasSize(2);
            refusing[0] = false;
            time.advance(Duration.ofSeconds(1));
            waiting.forEach(Runnable::run);
            assertThat(seen).hasSize(2);
        }
    }

    @Nested
    class Life {
        @Test
        void aClosedConnectionRefusesEveryCall() {
            Lease lease = grant();
            backend.close();
            backend.close();
            assertRefused(backend.read(new Query.All("d")), "closed");
            assertRefused(backend.commit(Commit.to("d").put("a", Bytes.EMPTY).build()), "closed");
            assertRefused(backend.grantLease(TTL), "closed");
            assertRefused(lease.renew(), "closed");
            assertRefused(lease.revoke(), "closed");
            assertRefused(backend.watch(new Target("d", Optional.empty()), listener(new ArrayList<>())), "closed");
        }

        @Test
        void aClosedConnectionGetsNoMoreNotices() {
            List<String> seen = new ArrayList<>();
            Backend other = store.connect(Runnable::run);
            watch(other, new Target("d", Optional.empty()), seen);
            other.close();
            put("d", "a", "1");
            assertThat(seen).isEmpty();
        }

        @Test
        void theLeasesOfAClosedConnectionRunOut() {
            Backend other = store.connect(Runnable::run);
            List<String> seen = new ArrayList<>();
            putLeased("d", "a", grant());
            watch(other, new Target("d", Optional.empty()), seen);
            backend.close();
            assertThat(join(other.read(new Query.All("d"))).entries()).hasSize(1);
            time.advance(TTL);
            assertThat(seen).hasSize(1);
            assertThat(join(other.read(new Query.All("d"))).entries()).isEmpty();
        }

        @Test
        void emptiedDirectoriesLeaveNothingBehind() {
            Lease lease = grant();
            for (int i = 0; i < 100_000; i++) {
                putLeased("lock/" + i, "a", lease);
                Watch watch = watch(new Target("lock/" + i, Optional.of("a")), new ArrayList<>());
                assertThat(store.isEmpty()).isFalse();
                delete("lock/" + i, "a");
                watch.cancel();
            }
            putLeased("e", "a", lease);
            time.advance(TTL);
            assertThat(store.isEmpty()).isTrue();
        }

        @Test
        void thereIsOneTimerAndNoneWithoutALeaseOrAConnection() {
            assertThat(time.timers()).isZero();
            List<Lease> leases = IntStream.range(0, 10).mapToObj(i -> grant()).toList();
            assertThat(time.timers()).isEqualTo(1);
            leases.forEach(lease -> join(lease.renew()));
            assertThat(time.timers()).isEqualTo(1);
            leases.forEach(lease -> join(lease.revoke()));
            assertThat(time.timers()).isZero();
            grant();
            backend.close();
            assertThat(time.timers()).isZero();
            store.connect(Runnable::run);
            assertThat(time.timers()).isEqualTo(1);
        }

        @Test
        void aTimerThatWasCancelledTooLateLeavesItsSuccessorAlone() {
            Lease lease = grant();
            Runnable old = time.lastTask();
            time.advance(Duration.ofSeconds(1));
            join(lease.renew());
            old.run();
            assertThat(time.timers()).isEqualTo(1);
        }

        @Test
        void aStoreLivesOnByTheClockOfTheConnectionsThatAreLeft() {
            TestTime second = new TestTime();
            MemoryConnection left = store.connect(second, Runnable::run, () -> {});
            putLeased("d", "a", grant());
            List<String> seen = new ArrayList<>();
            watch(left, new Target("d", Optional.empty()), seen);
            backend.close();
            assertThat(time.timers()).isZero();
            second.advance(TTL);
            assertThat(seen).hasSize(1);
        }

        @Test
        void aClientWhoseClockShowsAnotherTimeIsRefused() {
            TestTime other = new TestTime();
            other.advance(Duration.ofNanos(1));
            assertThatThrownBy(() -> store.connect(other, Runnable::run, () -> {}))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("clocks with the same time");
        }
    }

    private void putLeased(String directory, String name, Lease lease) {
        committed(Commit.to(directory).put(name, Bytes.EMPTY, lease.id()));
    }

    private Lease grant() {
        return join(backend.grantLease(TTL));
    }

    private long put(String directory, String name, String value) {
        return committed(Commit.to(directory).put(name, Bytes.utf8(value))).revision();
    }

    private void delete(String directory, String name) {
        committed(Commit.to(directory).delete(name));
    }

    private Committed committed(Commit.Builder commit) {
        CommitResult result = commit(commit);
        assertThat(result).isInstanceOf(Committed.class);
        return (Committed) result;
    }

    private CommitResult commit(Commit.Builder commit) {
        return join(backend.commit(commit.build()));
    }

    private List<Entry> all(String directory) {
        return join(backend.read(new Query.All(directory))).entries();
    }

    private Optional<Entry> one(String directory, String name) {
        return join(backend.read(new Query.One(directory, name))).entries().stream()
                .findFirst();
    }

    private Watch watch(Target target, List<String> seen) {
        return watch(backend, target, seen);
    }

    private static Watch watch(Backend backend, Target target, List<String> seen) {
        return join(backend.watch(target, listener(seen)));
    }

    private static WatchListener listener(List<String> seen) {
        return new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                seen.add(name + "@" + revision);
            }

            @Override
            public void reset() {
                seen.add("reset");
            }
        };
    }

    private static <T> T join(CompletionStage<T> stage) {
        assertThat(stage.toCompletableFuture()).isDone();
        return stage.toCompletableFuture().join();
    }

    private static void assertRefused(CompletionStage<?> stage, String why) {
        assertThatThrownBy(() -> stage.toCompletableFuture().join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .hasMessageContaining(why)
                .isInstanceOfSatisfying(BackendException.class, refused -> {
                    assertThat(refused.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                    assertThat(refused.permanent()).isTrue();
                });
    }
}
