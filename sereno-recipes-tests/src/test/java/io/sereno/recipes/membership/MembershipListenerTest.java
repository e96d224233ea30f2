package io.sereno.recipes.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.KeepAlive;
import io.sereno.Member;
import io.sereno.Members;
import io.sereno.Membership;
import io.sereno.Membership.IfPresent;
import io.sereno.MembershipListener;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.SerenoObserver;
import io.sereno.Subscription;
import io.sereno.properties.Attendance;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import io.sereno.simulation.FaultyBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MembershipListenerTest {
    private static final Duration TTL = Clients.TTL;

    private final Clients clients = new Clients();
    private final Membership observed = connect("observer").membership("g");
    private final Recorder recorder = new Recorder();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void presentMembersAreReportedAsJoinedAndThenEachChange() throws Exception {
        KeepAlive one = connect("a").membership("g").join("one", TTL);
        observed.onChange(recorder);
        recorder.expect("joined one " + one.incarnation());

        KeepAlive two = connect("b").membership("g").join("two", TTL);
        recorder.expect("joined two " + two.incarnation());
        two.update(Map.of("zone", "north"));
        recorder.expect("updated two " + two.incarnation());
        assertThat(recorder.latest.list())
                .extracting(Member::metadata)
                .containsExactly(Map.of(), Map.of("zone", "north"));
        assertThat(recorder.latest.current()).isTrue();

        one.close();
        recorder.expect("left one " + one.incarnation());
        assertThat(recorder.latest.list()).extracting(Member::id).containsExactly("two");
    }

    @Test
    void aMemberThatIsListedAgainLeavesAndThenJoins() throws Exception {
        KeepAlive one = connect("a").membership("g").join("one", TTL);
        observed.onChange(recorder);
        long first = one.incarnation();
        recorder.expect("joined one " + first);

        connect("b").membership("g").join("one", TTL, Map.of(), IfPresent.TAKE_OVER);

        recorder.expect("left one " + first);
        assertThat(recorder.next()).startsWith("joined one ");
    }

    @Test
    void aMemberThatDiesAndReturnsInTheSameSecondLeavesAndThenJoins() throws Exception {
        FaultyBackend line = clients.line();
        KeepAlive dies = clients.connect("a", line).membership("g").join("one", TTL);
        observed.onChange(recorder);
        recorder.expect("joined one " + dies.incarnation());

        line.cutOff(Duration.ofMillis(10));
        Sereno again = connect("a");
        CompletableFuture<KeepAlive> returned =
                Threads.inThread(() -> again.membership("g").join("one", TTL));
        clients.passUntilDone(returned, TTL.multipliedBy(2));

        recorder.expect("left one " + dies.incarnation());
        recorder.expect("joined one " + returned.join().incarnation());
        assertThat(recorder.events).isEmpty();
        assertThat(dies.state()).isEqualTo(KeepAlive.State.LOST);
    }

    @Test
    void changesDuringAnOutageAreReportedAfterItInPairs() throws Exception {
        FaultyBackend line = clients.line();
        Membership far = clients.connect("far", line).membership("g");
        KeepAlive one = connect("a").membership("g").join("one", TTL);
        far.onChange(recorder);
        recorder.expect("joined one " + one.incarnation());
        line.cutOff(Duration.ofMillis(10));

        long before = one.incarnation();
        one.close();
        KeepAlive again = connect("b").membership("g").join("one", TTL);
        KeepAlive passing = connect("c").membership("g").join("two", TTL);
        passing.close();
        clients.time.advance(TTL);
        assertThat(recorder.events).isEmpty();

        line.heal();
        clients.time.advance(Duration.ofSeconds(3));

        recorder.expect("left one " + before);
        recorder.expect("joined one " + again.incarnation());
        assertThat(recorder.events).isEmpty();
    }

    @Test
    void aSlowOrThrowingListenerDisturbsNoOtherAndMissesOnlyMembersThatCameAndWent() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        BlockingQueue<String> slow = new LinkedBlockingQueue<>();
        BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
        SerenoObserver observer = new SerenoObserver() {
            @Override
            public void failed(String recipe, String name, String operation, Throwable cause) {
                failures.add(cause);
            }
        };
        Sereno both = clients.connect("both", clients.store.connect(Runnable::run), observer);
        both.membership("g").onChange(new MembershipListener() {
            @Override
            public void joined(Member member, Members members) {
                slow.add("joined " + member.id());
                while (release.getCount() > 0) {
                    Thread.onSpinWait();
                }
                throw new IllegalStateException("of the listener");
            }

            @Override
            public void left(Member member, Members members) {
                slow.add("left " + member.id());
            }
        });
        both.membership("g").onChange(recorder);
        KeepAlive one = connect("a").membership("g").join("one", TTL);
        assertThat(slow.poll(10, TimeUnit.SECONDS)).isEqualTo("joined one");

        KeepAlive two = connect("b").membership("g").join("two", TTL);
        recorder.expect("joined one " + one.incarnation());
        recorder.expect("joined two " + two.incarnation());
        two.close();
        recorder.expect("left two " + two.incarnation());
        one.close();
        recorder.expect("left one " + one.incarnation());
        release.countDown();

        assertThat(slow.poll(10, TimeUnit.SECONDS)).isEqualTo("left one");
        assertThat(failures.poll(10, TimeUnit.SECONDS)).hasMessage("of the listener");
        assertThat(slow).isEmpty();
    }

    @Test
    void aListenerIsNotCalledAfterItsClose() throws Exception {
        Subscription subscription = observed.onChange(recorder);
        KeepAlive one = connect("a").membership("g").join("one", TTL);
        recorder.expect("joined one " + one.incarnation());

        subscription.close();
        subscription.ended().toCompletableFuture().get(10, TimeUnit.SECONDS);
        one.close();

        clients.time.advance(TTL.multipliedBy(2));
        assertThat(recorder.events).isEmpty();
    }

    @Test
    void theEndOfTheClientEndsTheSubscription() {
        Sereno a = connect("a");
        Subscription subscription = a.membership("g").onChange(recorder);
        a.close();
        assertThat(subscription.ended().toCompletableFuture())
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseInstanceOf(SerenoClosedException.class);
    }

    @Test
    void everyIncarnationThatJoinedLeavesWhateverComesAndGoes() throws Exception {
        observed.onChange(recorder);
        List<Sereno> nodes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            nodes.add(connect("n" + i));
        }
        List<KeepAlive> listed = new ArrayList<>();
        // A listener that gets no notice before all are gone again is not called at all.
        KeepAlive first = nodes.get(0).membership("g").join("first", TTL);
        recorder.expect("joined first " + first.incarnation());
        listed.add(first);
        for (int round = 0; round < 200; round++) {
            int node = round % 4;
            if (listed.size() > 2) {
                listed.remove(round % 3).close();
            }
            listed.add(nodes.get(node).membership("g").join("id-" + round % 5, TTL, Map.of(), IfPresent.TAKE_OVER));
        }
        for (KeepAlive one : listed) {
            one.close();
        }
        nodes.forEach(Sereno::close);
        do {
            recorder.next();
        } while (!recorder.present().isEmpty()
                || !recorder.events.isEmpty()
                || !recorder.latest.list().isEmpty());
        assertThat(recorder.wrong()).isEmpty();
    }

    private Sereno connect(String nodeId) {
        return clients.connect(nodeId, clients.store.connect(Runnable::run));
    }

    /** Records all events. */
    private static final class Recorder extends Attendance {
        private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
        private volatile Members latest = new Members(Collections.emptyList(), false);

        @Override
        public void joined(Member member, Members members) {
            super.joined(member, members);
            record("joined", member, members);
        }

        @Override
        public void updated(Member member, Members members) {
            super.updated(member, members);
            record("updated", member, members);
        }

        @Override
        public void left(Member member, Members members) {
            super.left(member, members);
            record("left", member, members);
        }

        private void record(String what, Member member, Members members) {
            latest = members;
            events.add(what + " " + member.id() + " " + member.incarnation());
        }

        String next() throws InterruptedException {
            String event = events.poll(10, TimeUnit.SECONDS);
            assertThat(event).as("an event").isNotNull();
            return event;
        }

        void expect(String event) throws InterruptedException {
            assertThat(next()).isEqualTo(event);
        }
    }
}
