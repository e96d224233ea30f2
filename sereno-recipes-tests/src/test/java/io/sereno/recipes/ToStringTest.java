package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Grant;
import io.sereno.IdLayout;
import io.sereno.KeepAlive;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.Retention;
import io.sereno.Sereno;
import io.sereno.SerenoLock;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicReader;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What each object that users get says of itself: what it is, its name, its store, and its state. */
@Timeout(60)
@SuppressWarnings("LockNotBeforeTry") // The lock itself is what is tried.
class ToStringTest {
    private final Clients clients = new Clients();
    private final Sereno sereno = clients.connect("one");

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void recipesShowTheirNameAndStore() {
        assertThat(sereno).hasToString("Sereno[memory, node one]");
        assertThat(sereno.mutex("x")).hasToString("mutex 'x' on memory");
        assertThat(sereno.counter("x")).hasToString("counter 'x' on memory");
        assertThat(sereno.value("x", Codec.utf8())).hasToString("value 'x' on memory");
        assertThat(sereno.task("x")).hasToString("task 'x' on memory");
        assertThat(sereno.map("x", Codec.utf8())).hasToString("map 'x' on memory");
        assertThat(sereno.map("x", Codec.utf8()).at("y")).hasToString("map 'x/y' on memory");
        assertThat(sereno.waitGroup("x")).hasToString("wait group 'x' on memory");
        assertThat(sereno.barrier("x", 2)).hasToString("barrier 'x' on memory");
        assertThat(sereno.topic("x", Codec.utf8())).hasToString("topic 'x' on memory");
        assertThat(sereno.membership("x")).hasToString("membership 'x' on memory");
        assertThat(sereno.ids("x")).hasToString("ids 'x' on memory, " + IdLayout.SONYFLAKE);
        assertThat(sereno.mutex("line\nbreak").toString()).doesNotContain("\n");
    }

    @Test
    void rightsShowTheirTokenAndWhatHasBecomeOfThem() throws Exception {
        Grant grant = sereno.mutex("x").acquire();
        String right = "right to mutex 'x' on memory, token " + grant.fencingToken();
        assertThat(grant).hasToString(right + ", held");
        grant.release();
        assertThat(grant).hasToString(right + ", released");
        Grant lost = sereno.mutex("x").acquire();
        clients.endSessions();
        LossCause cause = lost.lost().toCompletableFuture().get();
        assertThat(lost).hasToString("right to mutex 'x' on memory, token " + lost.fencingToken() + ", lost: " + cause);
    }

    @Test
    void aLockShowsItsOwner() {
        SerenoLock lock = sereno.mutex("x").asLock();
        assertThat(lock).hasToString("lock of mutex 'x' on memory, not locked in this client");
        lock.lock();
        assertThat(lock)
                .hasToString("lock of mutex 'x' on memory, thread "
                        + Thread.currentThread().getName() + " has the right to mutex 'x' on memory, token "
                        + lock.fencingToken() + ", held");
        lock.unlock();
    }

    @Test
    void anElectionShowsItsState() throws Exception {
        LeaderElection election = sereno.election("e");
        assertThat(election).hasToString("election 'e' on memory, OBSERVING");
        Leadership leadership = election.start().awaitLeadership();
        assertThat(election).hasToString("election 'e' on memory, LEADER");
        assertThat(leadership)
                .hasToString("right to election 'e' on memory, token " + leadership.fencingToken() + ", held");
        election.close();
        assertThat(election).hasToString("election 'e' on memory, CLOSED");
    }

    @Test
    void whatIsOpenShowsWhetherItStillIs() throws Exception {
        KeepAlive member = sereno.keepAlive("g", "one", Duration.ofSeconds(9));
        assertThat(member).hasToString("member 'one' of membership 'g' on memory, LISTED");
        member.close();
        assertThat(member).hasToString("member 'one' of membership 'g' on memory, CLOSED");
        Subscription subscription = sereno.counter("c").onChange(value -> {});
        assertThat(subscription).hasToString("onChange of counter 'c' on memory, open");
        subscription.close();
        assertThat(subscription).hasToString("onChange of counter 'c' on memory, ended");
        Topic<String> topic = sereno.topic("t", Codec.utf8());
        TopicReader<String> reader = topic.reader(From.earliest());
        assertThat(reader).hasToString("reader of topic 't' on memory, open");
        reader.close();
        assertThat(reader).hasToString("reader of topic 't' on memory, closed");
        Subscription listening = topic.withRetention(Retention.last(1)).subscribe(message -> {});
        assertThat(listening.toString()).endsWith("of topic 't' on memory, open");
        WaitGroup group = sereno.waitGroup("w");
        group.add(1);
        Worker worker = group.join();
        assertThat(worker).hasToString("worker " + worker.id() + " of wait group 'w' on memory, has its place");
        worker.done();
        assertThat(worker).hasToString("worker " + worker.id() + " of wait group 'w' on memory, done or closed");
    }

    @Test
    void codecsShowHowTheyWereMade() {
        assertThat(Codec.utf8()).hasToString("Codec.utf8()");
        assertThat(Codec.bytes()).hasToString("Codec.bytes()");
        assertThat(Codec.of(text -> new byte[0], bytes -> "")).hasToString("Codec.of(...)");
    }
}
