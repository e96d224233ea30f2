package io.sereno.examples.guides;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Member;
import io.sereno.Membership;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.SerenoLock;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The code of the guides for users of Curator, Redisson, ShedLock and Spring Integration. */
@Timeout(60)
class MovingTest {
    private final Sereno one = Sereno.connect("memory:/moving");
    private final Sereno two = Sereno.connect("memory:/moving");

    @AfterEach
    void close() {
        one.close();
        two.close();
    }

    /** During the transition: the former lock, and inside it that of Sereno. */
    static <T> T underBoth(Lock former, Mutex mutex, Mutex.Work<T, Exception> work) throws Exception {
        former.lockInterruptibly();
        try {
            return mutex.call(work);
        } finally {
            former.unlock();
        }
    }

    @Test
    void bothLocksAreHeldDuringTheTransition() throws Exception {
        ReentrantLock former = new ReentrantLock();
        boolean both = underBoth(
                former,
                one.mutex("order-4711"),
                grant -> former.isHeldByCurrentThread()
                        && two.mutex("order-4711").tryAcquire().isEmpty());
        assertThat(both).isTrue();
        assertThat(former.isLocked()).isFalse();
    }

    /** False if others held the lock for three seconds. */
    static boolean ship(Sereno sereno, Archive archive) throws InterruptedException {
        SerenoLock lock = sereno.mutex("order-4711").asLock();
        if (!lock.tryLock(3, TimeUnit.SECONDS)) {
            return false;
        }
        try {
            archive.write("order 4711 is shipped", lock.fencingToken());
            return true;
        } finally {
            lock.unlock(); // throws GrantLostException if the lock was lost meanwhile
        }
    }

    @Test
    void theLockOfAThreadHasAToken() throws Exception {
        Archive archive = new Archive();
        assertThat(ship(one, archive)).isTrue();
        long first = archive.greatestToken();
        assertThat(first).isPositive();
        assertThat(ship(two, archive)).isTrue();
        assertThat(archive.greatestToken()).isGreaterThan(first);
        assertThat(archive.pages()).hasSize(2);
    }

    /** Writes the page if this node leads. */
    static boolean writeIfLeader(LeaderElection election, Archive archive, String page) {
        Optional<Leadership> leadership = election.leadership();
        leadership.ifPresent(held -> archive.write(page, held.fencingToken()));
        return leadership.isPresent();
    }

    @Test
    void onlyTheLeaderWrites() throws Exception {
        Archive archive = new Archive();
        try (LeaderElection first = one.election("reports").start()) {
            assertThat(first.awaitLeadership().isHeld()).isTrue();
            try (LeaderElection second = two.election("reports").start()) {
                assertThat(writeIfLeader(second, archive, "second")).isFalse();
                assertThat(writeIfLeader(first, archive, "first")).isTrue();
            }
        }
        assertThat(archive.pages()).containsExactly("first");
    }

    /** All members, while this one is among them. */
    @SuppressWarnings("try") // that the member is not mentioned again is the point
    static List<Member> members(Sereno sereno, String id, String address) throws InterruptedException {
        Membership workers = sereno.membership("workers");
        Map<String, String> metadata = Map.of("address", address);
        try (KeepAlive self = workers.join(id, Duration.ofSeconds(10), metadata, Membership.IfPresent.WAIT)) {
            return workers.members().list(); // each with its id, incarnation and metadata
        }
    }

    @Test
    void aMemberSeesTheMembers() throws Exception {
        try (KeepAlive other = two.membership("workers")
                .join("b", Duration.ofSeconds(10), Map.of("address", "b:80"), Membership.IfPresent.FAIL)) {
            assertThat(other.state()).isEqualTo(KeepAlive.State.LISTED);
            assertThat(members(one, "a", "a:80"))
                    .extracting(member -> member.metadata().get("address"))
                    .containsExactly("a:80", "b:80");
        }
    }

    /** Both ways to be done with a place. */
    static void countDown(Sereno sereno) throws InterruptedException {
        WaitGroup latch = sereno.waitGroup("latch");
        latch.add(2); // as trySetCount(2)
        latch.done(); // as countDown(): nobody notices if this call never comes
        try (Worker worker = latch.join()) { // or: if this process dies, await() fails
            worker.done();
        }
        latch.await();
    }

    @Test
    void aLatchCountsDown() throws Exception {
        countDown(one);
        assertThat(two.waitGroup("latch").inspect().pending()).isZero();
    }

    /** Each mail at least once, also after a restart; one process at a time is active under the name. */
    static Subscription sendMails(Sereno sereno, Consumer<String> send) {
        Topic<String> mails = sereno.topic("mails", Codec.utf8());
        return mails.subscribe(From.durable("mailer"), message -> send.accept(message.payload()));
    }

    @Test
    void aDurableSubscriptionGetsWhatWasPublishedBefore() throws Exception {
        one.topic("mails", Codec.utf8()).publish("hello");
        BlockingQueue<String> sent = new LinkedBlockingQueue<>();
        try (Subscription sending = sendMails(two, sent::add)) {
            assertThat(sent.poll(10, TimeUnit.SECONDS)).isEqualTo("hello");
            assertThat(sending.ended().toCompletableFuture()).isNotDone();
        }
    }

    /** False if another node runs the task, or has run it in this period. */
    static boolean runOnce(Sereno sereno, String task, Duration period, Clock clock, Consumer<Grant> work) {
        Optional<Grant> attempt = sereno.mutex(task).tryAcquire();
        if (attempt.isEmpty()) {
            return false; // another node runs it
        }
        try (Grant grant = attempt.get()) {
            long now = clock.millis() / period.toMillis();
            if (sereno.counter("last-period/" + task).get() >= now) {
                return false; // another node has run it
            }
            work.accept(grant);
            sereno.counter("last-period/" + task).updateAndGet(last -> Math.max(last, now));
            grant.release(); // throws GrantLostException if the lock was lost meanwhile
            return true;
        }
    }

    @Test
    void aTaskRunsOnceInAPeriod() {
        Duration period = Duration.ofMinutes(15);
        Instant start = Instant.parse("2026-12-01T10:00:00Z");
        List<String> runs = new ArrayList<>();
        Consumer<Grant> work = grant -> {
            assertThat(runOnce(two, "cleanup", period, at(start), never -> runs.add("overlap")))
                    .isFalse();
            runs.add("run");
        };
        assertThat(runOnce(one, "cleanup", period, at(start), work)).isTrue();
        assertThat(runOnce(two, "cleanup", period, at(start.plusSeconds(5)), work))
                .isFalse();
        assertThat(runOnce(two, "cleanup", period, at(start.plus(period)), work))
                .isTrue();
        assertThat(runs).containsExactly("run", "run");
    }

    private static Clock at(Instant time) {
        return Clock.fixed(time, ZoneOffset.UTC);
    }

    /** Starts the endpoints of a role on the leader, and stops them on all others. */
    static LeaderElection lead(Sereno sereno, String role, Consumer<String> start, Consumer<String> stop) {
        return sereno.election(role)
                .onElectedLeader((leadership, topology) -> start.accept(role))
                .onElectedFollower(topology -> stop.accept(role))
                .start();
    }

    @Test
    void theEndpointsOfARoleFollowTheLeadership() throws Exception {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        try (LeaderElection first =
                lead(one, "files", role -> events.add("1 starts " + role), role -> events.add("1 stops " + role))) {
            assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("1 starts files");
            try (LeaderElection second =
                    lead(two, "files", role -> events.add("2 starts " + role), role -> events.add("2 stops " + role))) {
                assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo("2 stops files");
                first.resign();
                assertThat(List.of(next(events), next(events)))
                        .containsExactlyInAnyOrder("1 stops files", "2 starts files");
                assertThat(second.leadership().filter(Grant::isHeld)).isPresent();
            }
        }
    }

    private static String next(BlockingQueue<String> events) throws InterruptedException {
        return String.valueOf(events.poll(10, TimeUnit.SECONDS));
    }
}
