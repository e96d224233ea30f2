package io.sereno.benchmarks.systems;

import io.sereno.Codec;
import io.sereno.Counter;
import io.sereno.Gap;
import io.sereno.Grant;
import io.sereno.IdGenerator;
import io.sereno.IdLayout;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Membership;
import io.sereno.Message;
import io.sereno.NotAppliedException;
import io.sereno.Retention;
import io.sereno.Right;
import io.sereno.Sereno;
import io.sereno.SharedValue;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.Versioned;
import io.sereno.WaitGroup;
import io.sereno.benchmarks.worker.Peer;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sereno on any store. */
public class SerenoSystem implements Peer.Connector {
    /** Room for 419 million ids per second and slot. */
    private static final IdLayout WIDE =
            new IdLayout(39, Duration.ofMillis(10), 22, 2, Instant.parse("2014-09-01T00:00:00Z"));

    private static final Codec<Long> NUMBERS = Codec.of(
            number -> Codec.utf8().encode(Long.toString(number)),
            octets -> Long.valueOf(Codec.utf8().decode(octets)));

    @Override
    public Peer connect(Peer.Target target) {
        String uri = target.store().equals("postgresql")
                ? "postgresql://postgres:any@" + target.authority() + "/postgres?namespace=" + target.namespace()
                : target.store() + ":" + (target.authority().isEmpty() ? "" : "//" + target.authority()) + "/"
                        + target.namespace();
        return new Client(builder().uri(uri).sessionTtl(target.ttl()).connect(), target.ttl(), target.subject());
    }

    /** What all clients have in common. */
    protected Sereno.Builder builder() {
        return Sereno.builder();
    }

    private record Client(Sereno sereno, Duration ttl, String subject) implements Peer {
        @Override
        public Lock lock(String name) {
            return new OneLock(
                    switch (subject) {
                        case "ReadWriteMutex" -> sereno.readWriteMutex(name)::acquireWrite;
                        case "LockSet" -> () -> sereno.lockSet(name).acquire(Set.of("a", "b", "c"), Set.of());
                        case "SlotPool" -> sereno.slotPool(name, 1)::acquire;
                        default -> sereno.mutex(name)::acquire;
                    });
        }

        @Override
        public Lock permit(String name, int limit) {
            return new OneLock(sereno.permitPool(name, limit)::acquire);
        }

        @Override
        public Candidate candidate(String election) {
            return new OneCandidate(sereno.election(election));
        }

        @Override
        public Tally tally(String name) {
            return subject.equals("SharedValue")
                    ? new OneValue(sereno.value(name, NUMBERS))
                    : new OneCounter(sereno.counter(name));
        }

        @Override
        public Channel channel(String name, int kept) {
            return new OneTopic(sereno.topic(name, Codec.bytes()).withRetention(new Retention(kept, Optional.empty())));
        }

        @Override
        public Meeting meeting(String name) {
            return subject.equals("Barrier") ? new OneBarrier(sereno, name) : new OneWaitGroup(sereno.waitGroup(name));
        }

        @Override
        public Group group(String name) {
            return new OneGroup(sereno.membership(name), ttl);
        }

        @Override
        public Numbers numbers(String name) {
            IdGenerator ids = subject.startsWith("wide") ? sereno.ids(name, WIDE) : sereno.ids(name);
            return ids::nextId;
        }
    }

    private interface Acquiring {
        Right now() throws InterruptedException;
    }

    private static final class OneLock implements Peer.Lock {
        private final Acquiring lock;
        private @Nullable Right right;

        OneLock(Acquiring lock) {
            this.lock = lock;
        }

        @Override
        public long acquire() throws InterruptedException {
            right = lock.now();
            return right instanceof Grant grant ? grant.fencingToken() : 0;
        }

        @Override
        public void release() {
            Objects.requireNonNull(right).release();
        }

        @Override
        public boolean held() {
            return right != null && right.isHeld();
        }
    }

    private static final class OneCandidate implements Peer.Candidate {
        private final LeaderElection election;
        private boolean started;

        OneCandidate(LeaderElection election) {
            this.election = election;
        }

        @Override
        public void lead() throws InterruptedException {
            if (!started) {
                election.start();
                started = true;
            }
            election.awaitLeadership();
        }

        @Override
        public void resign() {
            election.resign();
        }
    }

    private record OneValue(SharedValue<Long> value) implements Peer.Tally {
        @Override
        public boolean add() {
            try {
                var unused = value.updateAndGet(before -> before.orElse(0L) + 1);
                return true;
            } catch (NotAppliedException othersWereFaster) {
                return false;
            }
        }

        @Override
        public long sum() {
            return value.get().map(Versioned::value).orElse(0L);
        }
    }

    private record OneCounter(Counter counter) implements Peer.Tally {
        @Override
        public boolean add() {
            counter.addAndGet(1);
            return true;
        }

        @Override
        public CompletionStage<?> addAsync() {
            return counter.addAsync(1);
        }

        @Override
        public long sum() {
            return counter.get();
        }
    }

    private record OneTopic(Topic<byte[]> topic) implements Peer.Channel {
        @Override
        public CompletionStage<?> publish(byte[] payload) {
            return topic.publishAsync(payload);
        }

        @Override
        public AutoCloseable subscribe(Consumer<byte[]> listener) {
            Subscription subscription = topic.subscribe(new TopicListener<>() {
                @Override
                public void onMessage(Message<byte[]> message) {
                    listener.accept(message.payload());
                }

                @Override
                public void onGap(Gap gap) {
                    System.err.println("lost " + gap); // the receiver misses these messages, and reports that
                }
            });
            return subscription;
        }

        @Override
        public void delete() {
            topic.delete();
        }
    }

    private record OneWaitGroup(WaitGroup group) implements Peer.Meeting {
        @Override
        public void open(int parties, int round) {
            group.add(parties);
        }

        @Override
        public void meet(int parties, int round) throws InterruptedException {
            group.join().done();
            group.await();
        }
    }

    private record OneBarrier(Sereno sereno, String name) implements Peer.Meeting {
        @Override
        public void open(int parties, int round) {}

        @Override
        public void meet(int parties, int round) throws InterruptedException {
            sereno.barrier(name, parties).await(sereno.nodeId());
        }
    }

    private record OneGroup(Membership group, Duration ttl) implements Peer.Group {
        @Override
        public AutoCloseable join(String id) throws InterruptedException {
            KeepAlive member = group.join(id, ttl);
            return member;
        }

        @Override
        public int size() {
            return group.members().list().size();
        }
    }
}
