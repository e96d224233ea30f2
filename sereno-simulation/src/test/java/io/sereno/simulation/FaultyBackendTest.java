package io.sereno.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.backend.memory.MemoryStore;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class FaultyBackendTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration TTL = Duration.ofSeconds(10);

    private final ManualTime time = new ManualTime();
    private final MemoryStore store = new MemoryStore(time);
    private final Backend observer = store.connect(Runnable::run);
    private final FaultyBackend backend = new FaultyBackend(store.connect(Runnable::run), time, Runnable::run);

    @Test
    void changesNothingWithoutAFault() {
        assertThat(join(put("a"))).isInstanceOf(Committed.class);
        assertThat(join(backend.read(new Query.All("d"))).entries()).hasSize(1);
        Lease lease = join(backend.grantLease(TTL));
        assertThat(lease.ttl()).isEqualTo(TTL);
        assertThat(join(lease.renew())).isTrue();
        join(lease.revoke());
        assertThat(join(lease.renew())).isFalse();
        assertThat(backend.guarantees()).isEqualTo(observer.guarantees());
    }

    @Test
    void itShowsTheStoreAndHowManyRulesItHas() {
        assertThat(backend).hasToString("FaultyBackend[memory, 0 rules]");
        backend.each(Request.commits(), Fate.refuse());
        assertThat(backend).hasToString("FaultyBackend[memory, 1 rules]");
        assertThat(new Explorer("locks", world -> {}).schedules(7).seed(3))
                .hasToString("Explorer[locks, 7 schedules from seed 3]");
        List<String> worlds = new ArrayList<>();
        new Explorer("one", world -> worlds.add(world.toString()))
                .clients(1)
                .schedules(1)
                .run();
        assertThat(worlds).containsOnly("World[1 clients, 0 events, PT0S since the start]");
    }

    @Nested
    class Requests {
        @Test
        void aLostReplyLeavesACommitAppliedAndUnknown() {
            backend.next(Request.commits(), Fate.loseReply());
            assertFails(put("a"), Outcome.UNKNOWN);
            assertThat(names()).containsExactly("a");
        }

        @Test
        void aLostRequestLeavesACommitUnknownAndNotApplied() {
            backend.next(Request.commits(), Fate.loseRequest());
            assertFails(put("a"), Outcome.UNKNOWN);
            time.advance(TTL);
            assertThat(names()).isEmpty();
        }

        @Test
        void aRefusedRequestIsCertainlyNotApplied() {
            backend.next(Request.commits(), Fate.refuse());
            assertFails(put("a"), Outcome.NOT_APPLIED);
            assertThat(names()).isEmpty();
        }

        @Test
        void aListingOfDirectoriesIsARequestLikeOthers() {
            join(put("a"));
            Request listing = new Request.ListDirectories(Optional.empty(), 10);
            backend.next(listing::equals, Fate.loseReply());
            assertFails(backend.directories(Optional.empty(), 10), Outcome.NOT_APPLIED);
            assertThat(join(backend.directories(Optional.empty(), 10)))
                    .isEqualTo(new DirectoryPage(List.of("d"), Optional.empty()));
            assertThat(listing).hasToString("list up to 10 directories");
            assertThat(new Request.ListDirectories(Optional.of("d"), 1))
                    .hasToString("list up to 1 directories after 'd'");
        }

        @Test
        void anUnknownCommitMayBeAppliedLate() {
            backend.next(Request.commits(), Fate.applyLate(SECOND));
            assertFails(put("a"), Outcome.UNKNOWN);
            assertThat(names()).isEmpty();
            time.advance(SECOND);
            assertThat(names()).containsExactly("a");
        }

        @Test
        void aRequestThatIsAppliedLateMeetsTheStateOfThatMoment() {
            backend.next(Request.commits(), Fate.applyLate(SECOND));
            Commit create =
                    Commit.to("d").ifAbsent("a").put("a", Bytes.utf8("late")).build();
            assertFails(backend.commit(create), Outcome.UNKNOWN);
            join(put("a"));
            time.advance(SECOND);
            assertThat(join(observer.read(new Query.One("d", "a"))).entries())
                    .extracting(Entry::value)
                    .containsExactly(Bytes.EMPTY);
        }

        @Test
        void aCommitThatChangesNoEntryIsNeverUnknown() {
            backend.each(Request.any(), Fate.loseReply());
            assertFails(backend.read(new Query.All("d")), Outcome.NOT_APPLIED);
            assertFails(backend.commit(Commit.to("d").ifAbsent("a").build()), Outcome.NOT_APPLIED);
            assertFails(backend.grantLease(TTL), Outcome.NOT_APPLIED);
            assertFails(backend.watch(wholeDirectory(), listener(new ArrayList<>())), Outcome.NOT_APPLIED);
        }

        @Test
        void aLostRenewalSaysNothingAboutTheLeaseAndProlongsItIfOnlyTheReplyIsLost() {
            Lease lease = join(backend.grantLease(TTL));
            join(backend.commit(Commit.to("d").put("a", Bytes.EMPTY, lease.id()).build()));
            time.advance(TTL.minus(SECOND));
            backend.next(Request.renewals(), Fate.loseReply());
            assertFails(lease.renew(), Outcome.UNKNOWN);
            time.advance(TTL.minus(SECOND));
            assertThat(names()).containsExactly("a");
            backend.next(Request.renewals(), Fate.loseRequest());
            assertFails(lease.renew(), Outcome.UNKNOWN);
            time.advance(SECOND);
            assertThat(names()).isEmpty();
            assertThat(join(lease.renew())).isFalse();
        }

        @Test
        void theResultOfACommitMayLackItsSnapshot() {
            backend.each(Request.commits(), Fate.loseSnapshot());
            Commit.Builder create = Commit.to("d").ifAbsent("a").put("a", Bytes.EMPTY);
            assertThat(join(backend.commit(create.returningAll().build())))
                    .isInstanceOfSatisfying(Committed.class, result -> {
                        assertThat(result.revision()).isPositive();
                        assertThat(result.snapshot()).isEmpty();
                    });
            assertThat(join(backend.commit(create.build()))).isEqualTo(new CommitResult.Conflict(Optional.empty()));
        }

        @Test
        void aDelayedRequestTakesEffectLater() {
            backend.next(Request.commits(), Fate.delayRequest(SECOND));
            CompletableFuture<CommitResult> commit = put("a").toCompletableFuture();
            assertThat(names()).isEmpty();
            time.advance(SECOND);
            assertThat(names()).containsExactly("a");
            assertThat(join(commit)).isInstanceOf(Committed.class);
        }

        @Test
        void aDelayedReplyArrivesLater() {
            backend.next(Request.commits(), Fate.delayReply(SECOND));
            CompletableFuture<CommitResult> commit = put("a").toCompletableFuture();
            assertThat(names()).containsExactly("a");
            assertThat(commit).isNotDone();
            time.advance(SECOND);
            assertThat(join(commit)).isInstanceOf(Committed.class);
        }

        @Test
        void aClientThatGivesUpIgnoresTheReplyThatComesAfterwards() {
            backend.next(Request.commits(), Fate.delayReply(TTL).givenUpAfter(SECOND));
            CompletableFuture<CommitResult> commit = put("a").toCompletableFuture();
            time.advance(SECOND.minusNanos(1));
            assertThat(commit).isNotDone();
            time.advance(Duration.ofNanos(1));
            assertFails(commit, Outcome.UNKNOWN);
            time.advance(TTL);
            assertFails(commit, Outcome.UNKNOWN);
        }

        @Test
        void aLossIsReportedWhenTheClientGivesUp() {
            backend.next(Request.commits(), Fate.loseReply().givenUpAfter(SECOND));
            CompletableFuture<CommitResult> commit = put("a").toCompletableFuture();
            assertThat(commit).isNotDone();
            time.advance(SECOND);
            assertFails(commit, Outcome.UNKNOWN);
        }

        @Test
        void eachFateDecidesAboutOneRequestThatFits() {
            backend.next(Request.commitsTo("other"), Fate.refuse());
            backend.next(Request.reads(), Fate.refuse());
            assertThat(join(put("a"))).isInstanceOf(Committed.class);
            assertFails(backend.read(new Query.All("d")), Outcome.NOT_APPLIED);
            assertThat(join(backend.read(new Query.All("d"))).entries()).hasSize(1);
            assertFails(backend.commit(Commit.to("other").put("a", Bytes.EMPTY).build()), Outcome.NOT_APPLIED);
        }

        @Test
        void severalNextsMakeASeries() {
            backend.next(Request.commits(), Fate.refuse());
            backend.next(Request.commits(), Fate.pass());
            backend.next(Request.commits(), Fate.loseReply());
            assertFails(put("a"), Outcome.NOT_APPLIED);
            assertThat(join(put("b"))).isInstanceOf(Committed.class);
            assertFails(put("c"), Outcome.UNKNOWN);
            assertThat(names()).containsExactly("b", "c");
        }

        @Test
        void aLastingFateHoldsUntilItIsEnded() {
            Runnable end = backend.each(Request.commits(), Fate.refuse());
            assertFails(put("a"), Outcome.NOT_APPLIED);
            assertFails(put("a"), Outcome.NOT_APPLIED);
            end.run();
            end.run();
            assertThat(join(put("a"))).isInstanceOf(Committed.class);
        }

        @Test
        void durationsBelowZeroAreRefused() {
            assertThatThrownBy(() -> Fate.delayRequest(SECOND.negated())).hasMessageContaining("zero or more");
            assertThatThrownBy(() -> Fate.loseReply().givenUpAfter(SECOND.negated()))
                    .hasMessageContaining("zero or more");
            assertThatThrownBy(() -> backend.cutOff(SECOND.negated())).hasMessageContaining("zero or more");
        }
    }

    @Nested
    class Clients {
        private final List<String> seen = new ArrayList<>();

        @Test
        void aPausedClientSendsNothingAndReceivesNothing() {
            join(backend.watch(wholeDirectory(), listener(seen)));
            backend.next(Request.commits(), Fate.delayReply(SECOND));
            CompletableFuture<CommitResult> before = put("before").toCompletableFuture();
            seen.clear();
            backend.pause();
            CompletableFuture<CommitResult> during = put("during").toCompletableFuture();
            change("other");
            time.advance(SECOND);
            assertThat(names()).containsExactly("before", "other");
            assertThat(before).isNotDone();
            assertThat(during).isNotDone();
            assertThat(seen).isEmpty();
            backend.resume();
            assertThat(names()).containsExactly("before", "during", "other");
            assertThat(join(before)).isInstanceOf(Committed.class);
            assertThat(join(during)).isInstanceOf(Committed.class);
            assertThat(seen).containsExactlyInAnyOrder("other", "during");
        }

        @Test
        void aRequestOnItsWayWhenTheClientStopsStillTakesEffect() {
            backend.next(Request.commits(), Fate.delayRequest(SECOND));
            put("a");
            backend.pause();
            time.advance(SECOND);
            assertThat(names()).containsExactly("a");
        }

        @Test
        void theTimersOfAClientThatStandsStillFireWhenItGoesOnAndItsClockGoesOn() {
            long before = backend.time().nanoTime();
            backend.time().schedule(SECOND, Runnable::run, () -> seen.add("first"));
            backend.time()
                    .schedule(SECOND, Runnable::run, () -> seen.add("cancelled"))
                    .run();
            Runnable cancel = backend.time().schedule(SECOND, Runnable::run, () -> seen.add("cancelled in the pause"));
            backend.time().schedule(SECOND.multipliedBy(2), Runnable::run, () -> seen.add("second"));
            backend.pause();
            time.advance(SECOND.multipliedBy(3));
            cancel.run();
            assertThat(seen).isEmpty();
            assertThat(backend.time().nanoTime() - before).isEqualTo(3_000_000_000L);
            backend.resume();
            assertThat(seen).containsExactly("first", "second");
            backend.time().schedule(SECOND, Runnable::run, () -> seen.add("third"));
            time.advance(SECOND);
            assertThat(seen).containsExactly("first", "second", "third");
        }

        @Test
        void aLeaseRunsOutWhileItsOwnerStandsStill() {
            Lease lease = join(backend.grantLease(TTL));
            backend.pause();
            time.advance(TTL);
            CompletionStage<Boolean> renewed = lease.renew();
            backend.resume();
            assertThat(join(renewed)).isFalse();
        }

        @Test
        void aClientThatIsCutOffLosesEverythingInBothDirections() {
            join(backend.watch(wholeDirectory(), listener(seen)));
            backend.next(Request.commits(), Fate.delayReply(SECOND));
            CompletableFuture<CommitResult> before = put("before").toCompletableFuture();
            seen.clear();
            backend.cutOff(SECOND.multipliedBy(3));
            CompletableFuture<CommitResult> during = put("during").toCompletableFuture();
            change("other");
            time.advance(SECOND.multipliedBy(3));
            assertFails(during, Outcome.UNKNOWN);
            assertThat(before).isNotDone();
            time.advance(SECOND);
            assertFails(before, Outcome.UNKNOWN);
            assertThat(names()).containsExactly("before", "other");
            assertThat(seen).isEmpty();
            backend.heal();
            assertThat(seen).containsExactly("reset");
            assertThat(join(put("after"))).isInstanceOf(Committed.class);
            assertThat(seen).containsExactly("reset", "after");
        }

        @Test
        void aRequestThatIsUnderWayWhenTheNetworkGoesIsLost() {
            backend.next(Request.commits(), Fate.delayRequest(SECOND));
            CompletionStage<CommitResult> commit = put("a");
            backend.cutOff(SECOND);
            time.advance(SECOND.multipliedBy(2));
            assertFails(commit, Outcome.UNKNOWN);
            assertThat(names()).isEmpty();
        }

        @Test
        void theTimersOfAClientThatIsCutOffGoOn() {
            backend.cutOff(SECOND);
            backend.time().schedule(SECOND, Runnable::run, () -> seen.add("fired"));
            time.advance(SECOND);
            assertThat(seen).containsExactly("fired");
        }

        @Test
        void closingEndsWhatIsUnderWay() {
            backend.each(Request.any(), Fate.delayReply(SECOND));
            CompletionStage<CommitResult> commit = put("a");
            CompletionStage<?> read = backend.read(new Query.All("d"));
            backend.close();
            assertFails(commit, Outcome.UNKNOWN);
            assertFails(read, Outcome.NOT_APPLIED);
            assertFails(put("b"), Outcome.NOT_APPLIED);
            assertFails(backend.read(new Query.All("d")), Outcome.NOT_APPLIED);
            backend.close();
            time.advance(SECOND);
            assertThat(names()).containsExactly("a");
        }
    }

    @Nested
    class WatchesAndLeases {
        private final List<String> seen = new ArrayList<>();

        @Test
        void noticesArePassedOnAsTheStoreSendsThem() {
            join(backend.watch(wholeDirectory(), listener(seen)));
            change("a");
            change("b");
            assertThat(seen).containsExactly("a", "b");
        }

        @Test
        void everyWatchCanBeReset() {
            List<String> other = new ArrayList<>();
            join(backend.watch(wholeDirectory(), listener(seen)));
            join(backend.watch(new Target("e", Optional.of("x")), listener(other)));
            backend.resetWatches();
            assertThat(seen).containsExactly("reset");
            assertThat(other).containsExactly("reset");
        }

        @Test
        void noticesThatAreHeldBackAreMerged() {
            join(backend.watch(wholeDirectory(), listener(seen)));
            backend.holdNotices();
            change("a");
            change("b");
            change("a");
            assertThat(seen).isEmpty();
            backend.releaseNotices();
            assertThat(seen).containsExactly("a", "b");
            change("c");
            assertThat(seen).containsExactly("a", "b", "c");
        }

        @Test
        void aResetTakesThePlaceOfWhatIsHeldBack() {
            join(backend.watch(wholeDirectory(), listener(seen)));
            backend.holdNotices();
            change("a");
            backend.resetWatches();
            change("b");
            backend.releaseNotices();
            assertThat(seen).containsExactly("reset");
        }

        @Test
        void inventedNoticesGoToTheWatchesOfTheirTarget() {
            List<String> other = new ArrayList<>();
            join(backend.watch(wholeDirectory(), listener(seen)));
            join(backend.watch(new Target("d", Optional.of("x")), listener(other)));
            backend.inventNotice("d", "x");
            backend.inventNotice("d", "y");
            backend.inventNotice("e", "x");
            assertThat(seen).containsExactly("x", "y");
            assertThat(other).containsExactly("x");
        }

        @Test
        void aWatchIsCancelledForGoodAlsoWhileNoticesWait() {
            Watch watch = join(backend.watch(wholeDirectory(), listener(seen)));
            backend.holdNotices();
            change("a");
            watch.cancel();
            watch.cancel();
            backend.releaseNotices();
            backend.resetWatches();
            backend.inventNotice("d", "x");
            change("b");
            assertThat(seen).isEmpty();
        }

        @Test
        void aWatchIsNotLeftOpenIfTheClientMissesItsOpening() {
            for (Fate fate : List.of(
                    Fate.loseReply(),
                    Fate.applyLate(SECOND),
                    Fate.delayReply(SECOND).givenUpAfter(Duration.ZERO))) {
                backend.next(Request.OpenWatch.class::isInstance, fate);
                assertFails(backend.watch(wholeDirectory(), listener(seen)), Outcome.NOT_APPLIED);
                change("a");
                time.advance(SECOND);
                change("a");
                backend.resetWatches();
            }
            assertThat(seen).isEmpty();
        }

        @Test
        void aWatchThatOpensAfterItsClientGaveUpIsClosed() {
            int[] closed = {0};
            FaultyBackend faulty = new FaultyBackend(countingClosedWatches(closed), time, Runnable::run);
            faulty.next(Request.OpenWatch.class::isInstance, Fate.applyLate(SECOND));
            assertFails(faulty.watch(wholeDirectory(), listener(seen)), Outcome.NOT_APPLIED);
            time.advance(SECOND);
            assertThat(closed).containsExactly(1);
        }

        private Backend countingClosedWatches(int[] closed) {
            Backend inStore = store.connect(Runnable::run);
            return (Backend) Proxy.newProxyInstance(
                    Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                        Object result = method.invoke(inStore, arguments);
                        return method.getName().equals("watch")
                                ? ((CompletionStage<?>) result).thenApply(watch -> (Watch) () -> closed[0]++)
                                : result;
                    });
        }

        @Test
        void aListenerThatThrowsKeepsItsWatch() {
            join(backend.watch(wholeDirectory(), new WatchListener() {
                @Override
                public void changed(String name, long revision) {
                    seen.add(name);
                    throw new IllegalStateException("thrown by a test, to be seen in the log");
                }

                @Override
                public void reset() {}
            }));
            change("a");
            change("b");
            assertThat(seen).containsExactly("a", "b");
        }

        @Test
        void aLeaseCanBeEndedBehindItsOwnersBack() {
            Lease lease = join(backend.grantLease(TTL));
            join(backend.commit(Commit.to("d").put("a", Bytes.EMPTY, lease.id()).build()));
            assertThat(backend.leases()).containsExactly(lease.id());
            backend.cutOff(SECOND);
            join(backend.endLease(lease.id()));
            assertThat(names()).isEmpty();
            backend.heal();
            assertThat(join(lease.renew())).isFalse();
            assertThat(backend.leases()).isEmpty();
            assertThatThrownBy(() -> backend.endLease(lease.id())).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private CompletionStage<CommitResult> put(String name) {
        return backend.commit(Commit.to("d").put(name, Bytes.EMPTY).build());
    }

    private void change(String name) {
        join(observer.commit(Commit.to("d").put(name, Bytes.EMPTY).build()));
    }

    private List<String> names() {
        return join(observer.read(new Query.All("d"))).entries().stream()
                .map(Entry::name)
                .toList();
    }

    private static Target wholeDirectory() {
        return new Target("d", Optional.empty());
    }

    private static WatchListener listener(List<String> seen) {
        return new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                seen.add(name);
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

    private static void assertFails(CompletionStage<?> stage, Outcome outcome) {
        assertThat(stage.toCompletableFuture()).isDone();
        assertThatThrownBy(() -> stage.toCompletableFuture().join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        BackendException.class,
                        failure -> assertThat(failure.outcome()).isEqualTo(outcome));
    }
}
