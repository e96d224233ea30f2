package io.sereno.recipes.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.DuplicateMemberException;
import io.sereno.KeepAlive;
import io.sereno.KeepAlive.State;
import io.sereno.Member;
import io.sereno.Membership;
import io.sereno.Membership.IfPresent;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.SerenoException;
import io.sereno.SerenoObserver;
import io.sereno.Subscription;
import io.sereno.backend.memory.MemoryBackup;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.ManualTime;
import io.sereno.simulation.Request;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One thread, the store answers in it, notices come in it, and time stands until the test moves it; only callbacks have threads of their own. */
@Timeout(60)
class MembershipTest {
    private static final Duration TTL = Clients.TTL;
    private static final Duration OTHER_TTL = Duration.ofSeconds(15);
    private static final Map<String, String> NORTH = Map.of("zone", "north");
    private static final Map<String, String> SOUTH = Map.of("zone", "south");

    private final Clients clients = new Clients();
    private final ManualTime time = clients.time;
    private final MemoryStore store = clients.store;
    private final BlockingQueue<State> states = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        Thread.interrupted();
        clients.close();
    }

    @Test
    void aMemberIsListedUntilItCloses() throws Exception {
        Membership group = connect("a").membership("g");
        KeepAlive one = group.join("one", TTL, NORTH, IfPresent.WAIT);
        KeepAlive two = connect("b").membership("g").join("two", TTL);

        assertThat(one.id()).isEqualTo("one");
        assertThat(one.state()).isEqualTo(State.LISTED);
        assertThat(group.members().current()).isTrue();
        assertThat(group.members().list())
                .containsExactly(
                        new Member("one", one.incarnation(), NORTH), new Member("two", two.incarnation(), Map.of()));

        one.close();
        one.close();

        assertThat(one.state()).isEqualTo(State.CLOSED);
        assertThat(ids(group)).containsExactly("two");
        two.close();
        assertThat(entries()).isEmpty();
    }

    @Test
    void anIdMayBeAnyText() throws Exception {
        Sereno a = connect("a");
        Membership group = a.membership("g/h");
        for (String id : List.of("m-one", "x-session-1", "a/b c\n", "\u00e4\u20ac", "-", "sereno/1 withdrawn\n")) {
            group.join(id, TTL);
            assertThat(ids(group)).contains(id);
        }
        assertThat(group.members().list()).hasSize(6);
    }

    @Test
    void metadataIsReplacedInPlace() throws Exception {
        Membership group = connect("a").membership("g");
        KeepAlive one = group.join("one", TTL, NORTH, IfPresent.FAIL);
        long incarnation = one.incarnation();

        one.update(SOUTH);

        assertThat(group.members().list()).containsExactly(new Member("one", incarnation, SOUTH));
    }

    @Test
    void aTakenIdIsADuplicateAtOnceIfItMayNotWait() throws Exception {
        connect("a").membership("g").join("one", TTL);
        Membership group = connect("b").membership("g");

        assertThatThrownBy(() -> group.join("one", TTL, Map.of(), IfPresent.FAIL))
                .isInstanceOf(DuplicateMemberException.class)
                .hasMessageContaining("'one'")
                .hasMessageContaining("put by node 'a'");
        assertThat(time.elapsed()).isZero();
        assertThat(group.members().list()).hasSize(1);
    }

    @Test
    void aMemberThatDiesAndReturnsInTheSameSecondWaitsForItsOwnDeadEntry() throws Exception {
        FaultyBackend line = clients.line();
        KeepAlive first = clients.connect("a", line).membership("g").join("one", TTL);
        line.cutOff(Duration.ofMillis(10));
        ListedMember second = member("a", "one", TTL);

        assertThat(passUntilDone(second.join())).isBetween(TTL.minusMillis(10), TTL.plusSeconds(1));

        assertThat(second.state()).isEqualTo(State.LISTED);
        assertThat(second.incarnation()).isGreaterThan(first.incarnation());
        assertThat(entries()).hasSize(1);
        assertThat(first.state()).isEqualTo(State.LOST);
    }

    @Test
    void aDeadPredecessorIsWaitedForAsLongAsItsOwnTtlSays() throws Exception {
        FaultyBackend line = clients.line();
        clients.connect("a", line).membership("g").join("one", OTHER_TTL);
        line.cutOff(Duration.ofMillis(10));
        ListedMember second = member("b", "one", TTL);

        assertThat(passUntilDone(second.join())).isBetween(OTHER_TTL.minusMillis(10), OTHER_TTL.plusSeconds(1));

        assertThat(second.state()).isEqualTo(State.LISTED);
    }

    @Test
    void aLivePredecessorIsADuplicateAfterTheWait() throws Exception {
        connect("a").membership("g").join("one", TTL);
        ListedMember second = member("b", "one", TTL);
        CompletableFuture<Void> joined = second.join();

        assertThat(passUntilDone(joined))
                .isBetween(
                        TTL,
                        TTL.plus(connect("c").guarantees().expiryLateness()).plusMillis(20));

        assertThatThrownBy(joined::join).hasCauseInstanceOf(DuplicateMemberException.class);
        assertThat(second.state()).isEqualTo(State.CLOSED);
        assertThat(entries()).hasSize(1);
    }

    @Test
    void aWaitingMemberIsListedAsSoonAsTheOtherLeaves() throws Exception {
        KeepAlive first = connect("a").membership("g").join("one", TTL);
        Membership group = connect("b").membership("g");
        FutureTask<KeepAlive> second = inThread(() -> group.join("one", TTL));
        awaitParked();

        first.close();

        assertThat(second.get(10, TimeUnit.SECONDS).state()).isEqualTo(State.LISTED);
        assertThat(time.elapsed()).isZero();
    }

    @Test
    void aTakeOverGetsTheIdAndTheFormerMemberIsNotifiedAndWaits() throws Exception {
        KeepAlive first = connect("a").membership("g").join("one", TTL);
        first.onState(states::add);
        Membership group = connect("b").membership("g");

        KeepAlive second = group.join("one", TTL, SOUTH, IfPresent.TAKE_OVER);

        assertThat(states.poll(10, TimeUnit.SECONDS)).isEqualTo(State.LOST);
        assertThat(first.state()).isEqualTo(State.LOST);
        time.advance(TTL);
        assertThat(group.members().list()).containsExactly(new Member("one", second.incarnation(), SOUTH));

        second.close();

        assertThat(states.poll(10, TimeUnit.SECONDS)).isEqualTo(State.LISTED);
        assertThat(first.incarnation()).isGreaterThan(second.incarnation());
    }

    /** A take over needs three commits. */
    private FaultyBackend lineWithASlowThirdCommit() {
        FaultyBackend line = clients.line();
        line.next(Request.commitsTo("member/g"), Fate.pass());
        line.next(Request.commitsTo("member/g"), Fate.pass());
        line.next(Request.commitsTo("member/g"), Fate.delayRequest(Duration.ofMillis(200)));
        return line;
    }

    /** Of the three commits of a take over, the last is slower than the removed member. */
    @Test
    void aRemovedMemberThatIsListedFirstIsRemovedAgain() throws Exception {
        KeepAlive first = connect("a").membership("g").join("one", TTL);
        long removed = first.incarnation();
        Client b = clients.client("b", lineWithASlowThirdCommit(), time, Runnable::run);
        ListedMember second = member(b, "one", TTL, IfPresent.TAKE_OVER);

        CompletableFuture<Void> joined = second.join();
        time.advance(Duration.ofMillis(150));
        assertThat(first.state()).isEqualTo(State.LISTED);
        assertThat(first.incarnation()).isGreaterThan(removed);
        passUntilDone(joined);

        assertThat(second.state()).isEqualTo(State.LISTED);
        assertThat(first.state()).isEqualTo(State.LOST);
        assertThat(connect("c").membership("g").members().list())
                .containsExactly(new Member("one", second.incarnation(), Map.of()));
        b.close();
    }

    /** Nor if the member that was removed first has left meanwhile. */
    @Test
    void aTakeOverRemovesNoThirdMember() throws Exception {
        KeepAlive first = connect("a").membership("g").join("one", TTL);
        Client b = clients.client("b", lineWithASlowThirdCommit(), time, Runnable::run);
        ListedMember second = member(b, "one", TTL, IfPresent.TAKE_OVER);

        CompletableFuture<Void> joined = second.join();
        first.close();
        KeepAlive third = connect("c").membership("g").join("one", TTL);
        passUntilDone(joined);

        assertThatThrownBy(joined::join).hasCauseInstanceOf(DuplicateMemberException.class);
        assertThat(third.state()).isEqualTo(State.LISTED);
        b.close();
    }

    @Test
    void twoMembersOfOneIdInOneClientAreTwo() throws Exception {
        Membership group = connect("a").membership("g");
        KeepAlive first = group.join("one", TTL);

        assertThatThrownBy(() -> group.join("one", TTL, Map.of(), IfPresent.FAIL))
                .isInstanceOf(DuplicateMemberException.class);
        assertThat(first.state()).isEqualTo(State.LISTED);
        first.close();
        assertThat(group.join("one", TTL, Map.of(), IfPresent.FAIL).incarnation())
                .isGreaterThan(first.incarnation());
    }

    @Test
    void aMemberRemovedByAnOperatorIsListedAgainWithTheLatestMetadata() throws Exception {
        Membership group = connect("a").membership("g");
        KeepAlive one = group.join("one", TTL, NORTH, IfPresent.FAIL);
        one.update(SOUTH);
        long incarnation = one.incarnation();
        one.onState(states::add);

        clients.removeAll("member/g");

        assertThat(one.state()).isEqualTo(State.LOST);
        time.advance(Duration.ofMillis(50));
        assertThat(one.state()).isEqualTo(State.LISTED);
        assertThat(one.incarnation()).isGreaterThan(incarnation);
        assertThat(group.members().list()).containsExactly(new Member("one", one.incarnation(), SOUTH));
        assertThat(states.poll(10, TimeUnit.SECONDS)).isEqualTo(State.LOST);
        assertThat(states.poll(10, TimeUnit.SECONDS)).isEqualTo(State.LISTED);
    }

    @Test
    void metadataThatTheStoreHasLostIsPutAgain() throws Exception {
        Membership group = connect("a").membership("g");
        KeepAlive one = group.join("one", TTL, NORTH, IfPresent.FAIL);
        long incarnation = one.incarnation();
        MemoryBackup before = store.backup();
        one.update(SOUTH);

        store.restore(before, MemoryBackup.Revisions.GO_ON);
        time.advance(TTL);

        assertThat(group.members().list()).containsExactly(new Member("one", incarnation, SOUTH));
        assertThat(one.state()).isEqualTo(State.LISTED);
    }

    @Test
    void aMemberThatIsRemovedRepeatedlyIsListedMoreAndMoreSlowly() throws Exception {
        Sereno a = connect("a");
        KeepAlive one = a.membership("g").join("one", TTL);
        int removals = 0;
        for (Duration begun = time.elapsed(); time.elapsed().minus(begun).compareTo(TTL.dividedBy(3)) < 0; ) {
            if (one.state() == State.LISTED) {
                clients.removeAll("member/g");
                removals++;
            }
            time.advance(Duration.ofMillis(1));
        }
        assertThat(removals).isLessThan(40);
    }

    @Test
    void aMemberWhoseSessionIsLostIsListedUnderTheNext() throws Exception {
        Sereno a = connect("a");
        Membership group = a.membership("g");
        KeepAlive one = group.join("one", TTL, NORTH, IfPresent.FAIL);
        long incarnation = one.incarnation();

        clients.removeAll("session");
        time.advance(Duration.ofMillis(1));

        assertThat(one.state()).isEqualTo(State.LISTED);
        assertThat(one.incarnation()).isGreaterThan(incarnation);
        assertThat(ids(group)).containsExactly("one");
    }

    @Test
    void theEntryOfTheOwnLostSessionIsWaitedForAndIsNoOtherMember() throws Exception {
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        SerenoObserver observer = new SerenoObserver() {
            @Override
            public void failed(String recipe, String name, String operation, Throwable cause) {
                failures.add(cause);
            }
        };
        FaultyBackend line = clients.line();
        KeepAlive one = clients.connect("a", line, observer).membership("g").join("one", TTL);
        line.next(Request.RevokeLease.class::isInstance, Fate.loseRequest());

        clients.removeAll("session");
        time.advance(Duration.ofMillis(1));

        assertThat(one.state()).isEqualTo(State.LOST);
        assertThat(entries()).hasSize(1);
        time.advance(TTL.plusSeconds(1));
        assertThat(one.state()).isEqualTo(State.LISTED);
        assertThat(failures).noneMatch(DuplicateMemberException.class::isInstance);
    }

    @Test
    void aMemberThatIsCutOffIsSuspendedThenLostAndThenListedAgain() throws Exception {
        FaultyBackend line = clients.line();
        KeepAlive one = clients.connect("a", line).membership("g").join("one", TTL, NORTH, IfPresent.FAIL);
        one.onState(states::add);

        line.cutOff(Duration.ofMillis(10));
        time.advance(TTL.dividedBy(3).plusMillis(100));
        assertThat(one.state()).isEqualTo(State.SUSPENDED);
        assertThat(states.poll(10, TimeUnit.SECONDS)).isEqualTo(State.SUSPENDED);
        time.advance(TTL);
        assertThat(one.state()).isEqualTo(State.LOST);
        assertThat(states.poll(10, TimeUnit.SECONDS)).isEqualTo(State.LOST);
        one.update(SOUTH);

        line.heal();
        time.advance(Duration.ofSeconds(3));

        assertThat(one.state()).isEqualTo(State.LISTED);
        assertThat(states.poll(10, TimeUnit.SECONDS)).isEqualTo(State.LISTED);
        assertThat(connect("b").membership("g").members().list())
                .containsExactly(new Member("one", one.incarnation(), SOUTH));
        one.close();
        assertThat(states.poll(10, TimeUnit.SECONDS)).isEqualTo(State.CLOSED);
    }

    @Test
    void anotherTtlHasASessionOfItsOwnWhileItIsUsed() throws Exception {
        Sereno a = connect("a");
        Membership group = a.membership("g");
        assertThat(clients.entries("session")).hasSize(1);

        KeepAlive one = group.join("one", OTHER_TTL);
        KeepAlive two = group.join("two", OTHER_TTL);
        assertThat(clients.entries("session")).hasSize(2);
        assertThat(clients.entries("session")).extracting(Entry::leaseId).doesNotHaveDuplicates();

        one.close();
        assertThat(clients.entries("session")).hasSize(2);
        two.close();
        assertThat(clients.entries("session")).hasSize(1);

        KeepAlive three = group.join("three", OTHER_TTL);
        assertThat(three.state()).isEqualTo(State.LISTED);
        time.advance(OTHER_TTL.multipliedBy(3));
        assertThat(three.state()).isEqualTo(State.LISTED);
        a.close();
        assertThat(entries()).isEmpty();
        assertThat(clients.entries("session")).isEmpty();
    }

    @Test
    void aDeadMemberIsGoneAfterItsOwnTtl() throws Exception {
        FaultyBackend line = clients.line();
        clients.connect("a", line).membership("g").join("one", OTHER_TTL);
        Membership group = connect("b").membership("g");
        line.cutOff(Duration.ofMillis(10));

        time.advance(TTL.plusSeconds(3));
        assertThat(ids(group)).containsExactly("one");
        time.advance(OTHER_TTL.minus(TTL));
        assertThat(ids(group)).isEmpty();
    }

    @Test
    void joiningWithoutAStoreIsAnErrorAndNothingIsListedLater() throws Exception {
        FaultyBackend line = clients.line();
        Client a = clients.client("a", line, time, Runnable::run);
        line.cutOff(Duration.ofMillis(10));
        ListedMember member = member(a, "one", TTL);
        CompletableFuture<Void> joined = member.join();

        assertThat(passUntilDone(joined)).isEqualTo(Clients.OPERATION_TIMEOUT);

        assertThat(joined.handle((done, why) -> why).join())
                .isInstanceOfAny(NotAppliedException.class, OutcomeUnknownException.class)
                .hasMessageContaining("as 'one'");
        line.heal();
        time.advance(TTL.multipliedBy(2));
        assertThat(ids(connect("b").membership("g"))).isEmpty();
        a.close();
        assertThat(entries()).isEmpty();
    }

    @Test
    void anUnansweredJoinIsUnknownAndIsWithdrawn() throws Exception {
        FaultyBackend line = clients.line();
        Sereno a = clients.connect("a", line);
        Runnable heal = line.each(Request.commitsTo("member/g"), Fate.loseReply());

        assertThatThrownBy(() -> whileTimePasses(() -> a.membership("g").join("one", TTL)))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("withdrawn");
        heal.run();
        time.advance(Duration.ofSeconds(3));
        assertThat(ids(connect("b").membership("g"))).isEmpty();
        a.close();
        assertThat(entries()).isEmpty();
    }

    @Test
    void anUpdateDoesNotWaitForTheStoreAndIsShownInTheEnd() throws Exception {
        FaultyBackend line = clients.line();
        Sereno a = clients.connect("a", line);
        KeepAlive one = a.membership("g").join("one", TTL);
        Runnable heal = line.each(Request.commitsTo("member/g"), Fate.loseReply());

        one.update(SOUTH);
        one.update(NORTH);

        assertThat(time.elapsed()).isZero();
        heal.run();
        time.advance(Duration.ofSeconds(3));
        assertThat(connect("b").membership("g").members().list())
                .containsExactly(new Member("one", one.incarnation(), NORTH));
    }

    @Test
    void anUpdateWhileTheStoreIsOutOfReachReturnsAtOnce() throws Exception {
        FaultyBackend line = clients.line();
        KeepAlive one = clients.connect("a", line).membership("g").join("one", TTL, NORTH, IfPresent.FAIL);
        line.cutOff(Duration.ofMillis(10));

        one.update(SOUTH);

        assertThat(time.elapsed()).isZero();
        line.heal();
        time.advance(Duration.ofSeconds(3));
        assertThat(connect("b").membership("g").members().list())
                .containsExactly(new Member("one", one.incarnation(), SOUTH));
    }

    @Test
    void anInterruptedJoinLeavesNothing() throws Exception {
        connect("a").membership("g").join("one", TTL);
        Membership group = connect("b").membership("g");
        FutureTask<KeepAlive> waiting = inThread(() -> group.join("one", TTL));
        awaitParked();

        caller.interrupt();

        assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(InterruptedException.class);
        clients.removeAll("member/g");
        time.advance(Duration.ofSeconds(3));
        assertThat(ids(group)).containsExactly("one");
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> group.join("two", TTL)).isInstanceOf(InterruptedException.class);
        assertThat(ids(group)).containsExactly("one");
    }

    @Test
    void aWaitingJoinFailsWhenTheClientIsClosed() throws Exception {
        connect("a").membership("g").join("one", TTL);
        Sereno b = connect("b");
        FutureTask<KeepAlive> waiting = inThread(() -> b.membership("g").join("one", TTL));
        awaitParked();

        b.close();

        assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SerenoClosedException.class);
    }

    @Test
    void theEndOfTheClientIsTheEndOfItsMembersAtOnce() throws Exception {
        Sereno a = connect("a");
        Membership group = a.membership("g");
        KeepAlive one = group.join("one", TTL);
        KeepAlive two = group.join("two", OTHER_TTL);

        a.close();

        assertThat(one.state()).isEqualTo(State.CLOSED);
        assertThat(two.state()).isEqualTo(State.CLOSED);
        assertThat(entries()).isEmpty();
        assertThatThrownBy(() -> group.join("one", TTL)).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(group::members).isInstanceOf(SerenoClosedException.class);
        assertThatThrownBy(() -> one.update(NORTH)).isInstanceOf(SerenoException.class);
        one.close();
    }

    @Test
    void afterItsCloseAMemberAcceptsNothing() throws Exception {
        KeepAlive one = connect("a").membership("g").join("one", TTL);
        Subscription subscription = one.onState(states::add);
        one.close();

        assertThat(states.poll(10, TimeUnit.SECONDS)).isEqualTo(State.CLOSED);
        subscription.ended().toCompletableFuture().get(10, TimeUnit.SECONDS);
        assertThatIllegalStateException().isThrownBy(() -> one.update(NORTH)).withMessageContaining("was closed");
        assertThatIllegalStateException().isThrownBy(() -> one.onState(states::add));
    }

    /** Whichever comes first: a subscription that was accepted gets CLOSED, once, and ends. */
    @Test
    void aSubscriptionThatIsAddedDuringTheCloseGetsClosed() throws Exception {
        Membership group = connect("a").membership("g");
        for (int i = 0; i < 300; i++) {
            KeepAlive one = group.join("one", TTL);
            CountDownLatch both = new CountDownLatch(2);
            CompletableFuture<Optional<Subscription>> added = Threads.inThread(() -> {
                both.countDown();
                both.await();
                try {
                    return Optional.of(one.onState(states::add));
                } catch (IllegalStateException closed) {
                    return Optional.empty();
                }
            });
            both.countDown();
            both.await();
            one.close();
            Optional<Subscription> subscription = added.get(10, TimeUnit.SECONDS);
            if (subscription.isPresent()) {
                subscription.get().ended().toCompletableFuture().get(10, TimeUnit.SECONDS);
                assertThat(states.poll()).as("round %s", i).isEqualTo(State.CLOSED);
            }
            assertThat(states).isEmpty();
        }
    }

    @Test
    void badArgumentsAreRefusedBeforeAnyRequest() {
        FaultyBackend line = clients.line();
        Sereno a = clients.connect("a", line);
        AtomicInteger asked = new AtomicInteger();
        line.each(request -> asked.incrementAndGet() > 0, Fate.pass());
        Membership group = a.membership("g");

        assertThatIllegalArgumentException().isThrownBy(() -> a.membership("")).withMessageContaining("group name");
        assertThatIllegalArgumentException().isThrownBy(() -> group.join("", TTL));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> group.join("i".repeat(503), TTL))
                .withMessageContaining("1 to 502");
        assertThatIllegalArgumentException().isThrownBy(() -> group.join("\ud800", TTL));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> group.join("one", Duration.ofNanos(1)))
                .withMessageContaining("ttl is PT0.000000001S");
        assertThatIllegalArgumentException().isThrownBy(() -> group.join("one", Duration.ofDays(10_000)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> group.join("one", TTL, Map.of("k", "v".repeat(16 * 1024)), IfPresent.WAIT));
        assertThatNullPointerException().isThrownBy(() -> group.join(Threads.nothing(), TTL));
        assertThatNullPointerException().isThrownBy(() -> group.join("one", Threads.nothing()));
        assertThatNullPointerException().isThrownBy(() -> group.onChange(Threads.nothing()));
        assertThat(asked).hasValue(0);
    }

    @Test
    void theLongestIdIsListed() throws Exception {
        Membership group = connect("a").membership("g");
        String id = "i".repeat(502);
        FaultyBackend line = clients.line();
        line.next(Request.commitsTo("member/g"), Fate.loseRequest());
        KeepAlive one =
                whileTimePasses(() -> clients.connect("b", line).membership("g").join(id, TTL));

        assertThat(one.state()).isEqualTo(State.LISTED);
        assertThat(ids(group)).containsExactly(id);
        Membership longest = connect("c").membership("n".repeat(400));
        KeepAlive other = longest.join("i".repeat(100), TTL);
        assertThat(other.state()).isEqualTo(State.LISTED);
    }

    @Test
    void manyMembersOfOneClientAreListedAndGo() throws Exception {
        Sereno a = connect("a");
        Membership group = a.membership("g");
        for (int i = 0; i < 1_000; i++) {
            group.join("node-" + i, TTL);
        }
        assertThat(group.members().list())
                .hasSize(1_000)
                .isSortedAccordingTo((one, other) -> one.id().compareTo(other.id()));
        time.advance(TTL.multipliedBy(2));
        assertThat(group.members().list()).hasSize(1_000);
        a.close();
        assertThat(entries()).isEmpty();
    }

    /** Without the facade, so that nothing waits in a thread while time passes. */
    private ListedMember member(String nodeId, String id, Duration ttl) {
        return member(clients.client(nodeId, store.connect(Runnable::run), time, Runnable::run), id, ttl);
    }

    private ListedMember member(Client client, String id, Duration ttl) {
        return member(client, id, ttl, IfPresent.WAIT);
    }

    private ListedMember member(Client client, String id, Duration ttl, IfPresent ifPresent) {
        Scope scope = new Scope(client, MembershipRecipe.RECIPE, "g", "member/g");
        return new ListedMember(scope, id, ttl, Map.of(), ifPresent);
    }

    private Duration passUntilDone(CompletableFuture<?> result) {
        Duration begun = time.elapsed();
        while (!result.isDone()) {
            assertThat(time.elapsed()).isLessThan(begun.plus(Duration.ofMinutes(2)));
            time.advance(Duration.ofMillis(10));
        }
        return time.elapsed().minus(begun);
    }

    private interface Call<T> {
        T call() throws InterruptedException;
    }

    private Thread caller = Thread.currentThread();

    private <T> FutureTask<T> inThread(Call<T> call) {
        FutureTask<T> result = new FutureTask<>(call::call);
        caller = new Thread(result);
        caller.start();
        return result;
    }

    private void awaitParked() {
        while (caller.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }

    /**
     * Runs the waiting call; this thread moves time, and only while the other waits. It continues a little after the result is there, until
     * the other thread has woken up: so the duration of the call cannot be measured.
     */
    private <T> T whileTimePasses(Call<T> call) throws Exception {
        FutureTask<T> result = inThread(call);
        while (!result.isDone()) {
            if (caller.getState() == Thread.State.WAITING) {
                time.advance(Duration.ofMillis(10));
            }
            Thread.onSpinWait();
        }
        try {
            return result.get();
        } catch (ExecutionException failed) {
            throw (Exception) failed.getCause();
        }
    }

    private Sereno connect(String nodeId) {
        return clients.connect(nodeId, store.connect(Runnable::run));
    }

    private static List<String> ids(Membership group) {
        return group.members().list().stream().map(Member::id).toList();
    }

    private List<Entry> entries() {
        return clients.entries("member/g");
    }
}
