package io.sereno;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class RecordsTest {
    private static final Peer A = new Peer("a", 7, Map.of());
    private static final Peer B = new Peer("b", 9, Map.of());

    @Test
    void metadataIsCopiedAndCannotBeChanged() {
        Map<String, String> metadata = new HashMap<>(Map.of("zone", "1"));
        Peer peer = new Peer("a", 1, metadata);
        Member member = new Member("a", 1, metadata);
        metadata.clear();
        assertThat(peer.metadata()).containsEntry("zone", "1");
        assertThat(member.metadata()).containsEntry("zone", "1");
        assertThatThrownBy(peer.metadata()::clear).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(member.metadata()::clear).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void viewsKeepTheirOwnLists() {
        List<Peer> peers = new ArrayList<>(List.of(A, B));
        List<Member> list = new ArrayList<>(List.of(new Member("a", 1, Map.of())));
        List<String> workers = new ArrayList<>(List.of("w1"));
        Topology topology = new Topology(Optional.of(A), Optional.of(B), peers, true);
        Members members = new Members(list, true);
        WaitGroup.View view = new WaitGroup.View(1, 1, workers, workers);
        peers.clear();
        list.clear();
        workers.clear();
        assertThat(topology.peers()).containsExactly(A, B);
        assertThat(members.list()).hasSize(1);
        assertThat(view.joined()).containsExactly("w1");
        assertThat(view.lost()).containsExactly("w1");
    }

    @Test
    void thisCandidateLeadsOnlyInTheSameIncarnation() {
        Optional<Peer> earlier = Optional.of(new Peer("a", 5, Map.of()));
        assertThat(new Topology(Optional.of(A), Optional.of(A), List.of(A), true).isLeader())
                .isTrue();
        assertThat(new Topology(Optional.of(A), Optional.of(B), List.of(A, B), true).isLeader())
                .isFalse();
        assertThat(new Topology(Optional.of(A), earlier, List.of(A), true).isLeader())
                .isFalse();
        assertThat(new Topology(Optional.empty(), Optional.empty(), List.of(), true).isLeader())
                .isFalse();
    }

    @Test
    void offsetsBeginAtOne() {
        assertThat(new From.Offset(1).offset()).isEqualTo(1);
        assertRefused(() -> new From.Offset(0), "offset is 0; 1 or more is accepted");
        assertRefused(() -> new Message<>(0, "x", "a", Instant.EPOCH), "offset is 0; 1 or more is accepted");
    }

    @Test
    void aPlaceToBeginIsMadeByAMethodThatNamesIt() {
        assertThat(From.now()).isEqualTo(new From.Now());
        assertThat(From.earliest()).isEqualTo(new From.Earliest());
        assertThat(From.offset(7)).isEqualTo(new From.Offset(7));
        assertThat(From.durable("loader")).isEqualTo(new From.Durable("loader"));
        assertRefused(() -> From.offset(0), "offset is 0; 1 or more is accepted");
        assertRefused(() -> From.durable(""), "name of a durable reader takes 0 bytes of UTF-8; 1 to 400");
    }

    @Test
    void aRetentionIsMadeByItsNumberOfMessagesAndTheirAge() {
        Duration day = Duration.ofDays(1);
        assertThat(Retention.last(1_000)).isEqualTo(new Retention(1_000, Optional.empty()));
        assertThat(Retention.last(1_000).notOlderThan(day)).isEqualTo(new Retention(1_000, Optional.of(day)));
        assertRefused(() -> Retention.last(0), "maxMessages is 0; 1 or more is accepted");
        assertRefused(() -> Retention.last(1).notOlderThan(Duration.ZERO), "maxAge is PT0S; more than zero, or empty");
    }

    @Test
    void aDurableReaderHasAName() {
        assertThat(new From.Durable("n".repeat(400)).name()).hasSize(400);
        assertRefused(() -> new From.Durable(""), "name of a durable reader takes 0 bytes of UTF-8; 1 to 400");
        assertRefused(() -> new From.Durable("n".repeat(401)), "takes 401 bytes of UTF-8; 1 to 400 are accepted");
        assertRefused(() -> new From.Durable("\ud83d"), "name of a durable reader has half of a surrogate pair");
    }

    @Test
    void aGapHasAtLeastOneMessage() {
        assertThat(new Gap(3, 3).lastOffset()).isEqualTo(3);
        assertRefused(() -> new Gap(3, 2), "a gap from offset 3 to 2; 1 <= first <= last is accepted");
        assertRefused(() -> new Gap(0, 2), "a gap from offset 0 to 2; 1 <= first <= last is accepted");
    }

    @Test
    void retentionKeepsAtLeastOneMessage() {
        assertThat(new Retention(1, Optional.of(Duration.ofNanos(1))).maxMessages())
                .isEqualTo(1);
        assertRefused(() -> new Retention(0, Optional.empty()), "maxMessages is 0; 1 or more is accepted");
        assertRefused(() -> new Retention(1, Optional.of(Duration.ZERO)), "maxAge is PT0S; more than zero, or empty");
        assertRefused(() -> new Retention(1, Optional.of(Duration.ofSeconds(-1))), "maxAge is PT-1S");
    }

    @Test
    void aPlaceInALockHasAWeight() {
        assertThat(place(1).weight()).isEqualTo(1);
        assertRefused(() -> place(0), "weight is 0; 1 or more is accepted");
    }

    @Test
    void aLockViewKeepsCopies() {
        List<LockView.Place> holders = new ArrayList<>(List.of(place(1)));
        LockView view = new LockView(holders, List.of());
        holders.clear();
        assertThat(view.holders()).containsExactly(place(1));
    }

    private static LockView.Place place(int weight) {
        return new LockView.Place(
                "3kd82jD0aXq-4", "a", Instant.EPOCH, LockView.Kind.EXCLUSIVE, weight, OptionalLong.of(1024), false);
    }

    private static void assertRefused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }
}
