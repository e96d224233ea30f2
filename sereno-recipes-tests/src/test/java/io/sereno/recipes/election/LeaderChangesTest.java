package io.sereno.recipes.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.LeaderElection;
import io.sereno.Peer;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.Topology;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who leads, as an election reports it whether it stands or only observes. */
@Timeout(60)
class LeaderChangesTest {
    private final Clients clients = new Clients();
    private final Sereno one = clients.connect("one");
    private final Sereno two = clients.connect("two");
    private final BlockingQueue<Peer> leaders = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void anElectionThatIsNotStartedReportsThePresentLeaderAndEachNewOne() throws Exception {
        LeaderElection first =
                one.election("e").metadata(Map.of("address", "a")).start();
        first.awaitLeadership();
        LeaderElection second = two.election("e").start();
        awaitPeers(first, 2);
        LeaderElection observer = clients.connect("three").election("e").onLeaderChanged(leaders::add);

        Peer leader = expect("one");
        assertThat(leader.metadata()).containsEntry("address", "a");
        first.resign();
        expect("two");
        second.close();
        assertThat(expect("one").incarnation()).isGreaterThan(leader.incarnation());
        assertThat(observer.state()).isEqualTo(LeaderElection.State.OBSERVING);
        awaitPeers(first, 1); // The observer may see the end of the second before the first does.
    }

    @Test
    void anObserverOfNoCandidatesIsCalledWhenTheFirstLeads() throws Exception {
        two.election("e").onLeaderChanged(leaders::add);
        LeaderElection candidate = one.election("e").start();
        candidate.awaitLeadership();
        Peer first = expect("one");
        candidate.resign();
        expectNext("one", first);
    }

    @Test
    void aCandidateReportsItsOwnLeadershipAndEachLeaderOnce() throws Exception {
        LeaderElection first = one.election("e").onLeaderChanged(leaders::add).start();
        first.awaitLeadership();
        expect("one");
        LeaderElection second = two.election("e").start();
        awaitPeers(first, 2);
        first.resign();
        expect("two");
        second.awaitLeadership();
        second.resign();
        Peer leader = expect("one");
        first.awaitLeadership();
        first.metadata(Map.of("k", "v"));
        first.resign();
        expectNext("two", leader);
        first.close(); // Waits for its callbacks.
        second.close();
        assertThat(leaders).isEmpty();
    }

    @Test
    void aCallbackThatIsSetAgainGetsThePresentLeader() throws Exception {
        LeaderElection first = one.election("e").start();
        first.awaitLeadership();
        first.onLeaderChanged(peer -> {});
        first.onLeaderChanged(leaders::add);
        expect("one");
    }

    @Test
    void anElectionThatBeginsToStandAfterItObservedReportsNothingTwice() throws Exception {
        LeaderElection first = one.election("e").start();
        first.awaitLeadership();
        LeaderElection second = two.election("e").onLeaderChanged(leaders::add);
        expect("one");
        second.start();
        awaitPeers(first, 2);
        first.close();
        Peer leader = expect("two");
        second.awaitLeadership();
        second.resign();
        expectNext("two", leader);
    }

    /** The candidate and the view read independently of each other, so the candidate's first read may be the older one. */
    @Test
    void aCandidateThatHasSeenLessThanTheViewReportsNoFormerLeader() throws Exception {
        one.election("e").start().awaitLeadership();
        Client three =
                clients.client("three", clients.store.connect(clients.callbacks), clients.time, clients.callbacks);
        LeaderNews news = new LeaderNews(new Scope(three, Candidacy.RECIPE, "e", "election/e"));
        news.listen(leaders::add);
        Peer present = expect("one");
        Peer former = new Peer("former", present.incarnation() - 1, Map.of());
        Peer next = new Peer("next", present.incarnation() + 1, Map.of());
        for (Peer leader : List.of(former, present, next)) {
            news.seen(new Topology(Optional.empty(), Optional.of(leader), List.of(leader), true));
        }
        expect("next");
        three.close(); // Waits for its callbacks.
        assertThat(leaders).isEmpty();
    }

    @Test
    void theEndOfTheSessionOfALeaderBringsTheNextOne() throws Exception {
        LeaderElection first = one.election("e").onLeaderChanged(leaders::add).start();
        Peer before = expect("one");
        clients.endSessions();
        Peer after = expect("one");
        assertThat(after.incarnation()).isGreaterThan(before.incarnation());
        assertThat(first.awaitLeadership().isHeld()).isTrue();
    }

    @Test
    void afterTheCloseNothingIsReportedAndNothingAccepted() throws Exception {
        LeaderElection observer = two.election("e").onLeaderChanged(leaders::add);
        observer.close();
        BlockingQueue<Peer> othersLeaders = new LinkedBlockingQueue<>();
        LeaderElection another = two.election("e").onLeaderChanged(othersLeaders::add);
        one.election("e").start().awaitLeadership();
        assertThat(othersLeaders.poll(10, TimeUnit.SECONDS)).isNotNull();
        assertThat(leaders).isEmpty();
        another.close();
        assertThatIllegalStateException().isThrownBy(() -> observer.onLeaderChanged(leaders::add));
        LeaderElection other = two.election("e");
        assertThatNullPointerException().isThrownBy(() -> other.onLeaderChanged(Threads.nothing()));
        two.close();
        assertThatThrownBy(() -> other.onLeaderChanged(leaders::add)).isInstanceOf(SerenoClosedException.class);
    }

    private Peer expect(String nodeId) throws InterruptedException {
        Peer leader = leaders.poll(10, TimeUnit.SECONDS);
        assertThat(leader).isNotNull();
        assertThat(leader.nodeId()).isEqualTo(nodeId);
        return leader;
    }

    /** The next call is for a later leader: nothing was reported in between. */
    private void expectNext(String nodeId, Peer former) throws InterruptedException {
        assertThat(expect(nodeId).incarnation()).isGreaterThan(former.incarnation());
    }

    private static void awaitPeers(LeaderElection election, int peers) {
        while (election.topology().peers().size() != peers) {
            Thread.onSpinWait();
        }
    }
}
