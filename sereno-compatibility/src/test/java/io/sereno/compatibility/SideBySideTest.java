package io.sereno.compatibility;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client of a former build, in a process of its own, and one of the present build on one store, as while operators update. */
@Timeout(180)
@Tag("servers")
class SideBySideTest {
    private static final Duration TTL = Duration.ofSeconds(20);
    /** Of a client that dies. */
    private static final Duration SHORT = Duration.ofSeconds(3);
    /** The answer of Redis to a client of layout 1. */
    private static final String REFUSED = "the revisions of this namespace have come to their end";

    @Test
    @Tag("etcd")
    void onEtcd() {
        try (EtcdServer server = EtcdServer.start()) {
            check("etcd://" + server.authority() + "/both");
        }
    }

    /**
     * Layout 1 had a log of changes, and layout 2 has channels. Clients of both would not notice each other's changes, so a present client is
     * refused while a former session lives, and former clients are refused afterwards.
     */
    @Test
    @Tag("redis")
    void onRedisTheFormerBuildStopsBeforeThePresentOneStarts() {
        try (RedisServer server = RedisServer.start(Persistence.NONE);
                RedisForm keys = new RedisForm(server.authority())) {
            String uri = "redis://" + server.authority() + "/both";
            try (Client.Former former = Client.former(Kept.jars(), uri, TTL)) {
                former.ask("add", "orders", "5");
                long token = former.number("acquire", "close-month");
                assertThatThrownBy(() -> Client.present(uri, TTL))
                        .hasMessageContaining("layout 1")
                        .hasMessageContaining("clients of a former version of Sereno have sessions there; stop them");
                assertThat(former.number("add", "orders", "1"))
                        .as("undisturbed")
                        .isEqualTo(6);
                former.pause();
                keys.endEveryLease();
                try (Client present = Client.present(uri, TTL)) {
                    assertThat(present.number("count", "orders")).isEqualTo(6);
                    assertThat(present.number("acquire", "close-month")).isGreaterThan(token);
                    former.resume();
                    assertThatThrownBy(() -> former.ask("add", "orders", "1"))
                            .hasMessageContaining("the former build: io.sereno.");
                    assertThatThrownBy(() -> Client.former(Kept.jars(), uri, TTL))
                            .hasMessageContaining(REFUSED);
                    assertThat(present.number("add", "orders", "1")).isEqualTo(7);
                }
            }
        }
    }

    @Test
    @Tag("zookeeper")
    void onZooKeeper() {
        try (ZooKeeperServer server = ZooKeeperServer.start()) {
            check("zookeeper://" + server.authority() + "/both");
        }
    }

    /** Each recipe twice, with the builds in both roles; the former one creates the namespace. */
    private static void check(String uri) {
        try (Client former = Client.former(Kept.jars(), uri, TTL);
                Client present = Client.present(uri, TTL);
                SpiForm spi = new SpiForm(uri)) {
            for (List<Client> roles : List.of(List.of(former, present), List.of(present, former))) {
                Client first = roles.get(0);
                Client second = roles.get(1);
                // A name of its own for each of the two turns.
                String name = "begun by " + first;
                mutex(first, second, name);
                election(first, second, name);
                counter(first, second, name);
                waitGroup(first, second, name);
                topic(first, second, name, spi);
                membership(first, second, name);
                ids(first, second, name);
            }
            aFormerProcessDies(uri, present);
        }
    }

    private static void mutex(Client first, Client second, String name) {
        long token = first.number("acquire", name);
        assertThat(second.ask("try-acquire", name)).isEqualTo("busy");
        CompletableFuture<String> waiting = second.begin("acquire", name);
        first.ask("release", name);
        long next = Long.parseLong(Client.answer(waiting));
        assertThat(next).isGreaterThan(token);
        assertThat(first.ask("try-acquire", name)).isEqualTo("busy");
        CompletableFuture<String> back = first.begin("acquire", name);
        second.ask("release", name);
        assertThat(Long.parseLong(Client.answer(back))).isGreaterThan(next);
        first.ask("release", name);
    }

    private static void election(Client first, Client second, String name) {
        first.ask("stand", name);
        long term = first.number("lead", name);
        second.ask("stand", name);
        second.ask("leader", name, first.node);
        first.ask("resign", name);
        assertThat(second.number("lead", name)).isGreaterThan(term);
        first.ask("stand", name);
        first.ask("leader", name, second.node);
        first.ask("resign", name);
        second.ask("resign", name);
    }

    private static void counter(Client first, Client second, String name) {
        second.ask("listen", name);
        assertThat(first.number("add", name, "5")).isEqualTo(5);
        assertThat(second.number("add", name, "-2")).isEqualTo(3);
        assertThat(first.number("add", name, "4")).isEqualTo(7);
        second.ask("sees", name, "7");
        assertThat(first.number("count", name)).isEqualTo(7);
    }

    private static void waitGroup(Client first, Client second, String name) {
        first.ask("expect", name, "3");
        second.ask("work", name);
        first.ask("work", name);
        CompletableFuture<String> waiting = first.begin("await", name);
        CompletableFuture<String> waitingToo = second.begin("await", name);
        second.ask("done", name);
        first.ask("worked", name);
        assertThat(waiting).isNotDone();
        assertThat(waitingToo).isNotDone();
        second.ask("worked", name);
        assertThat(Client.answer(waiting)).isEqualTo("complete");
        assertThat(Client.answer(waitingToo)).isEqualTo("complete");
    }

    private static void topic(Client first, Client second, String name, SpiForm spi) {
        second.ask("read", name, "");
        first.ask("read", name, "durable");
        assertThat(first.number("publish", name, "one")).isEqualTo(1);
        assertThat(second.number("publish", name, "two")).isEqualTo(2);
        assertThat(first.number("publish", name, "three")).isEqualTo(3);
        List<String> messages =
                List.of("1 one by " + first.node, "2 two by " + second.node, "3 three by " + first.node);
        for (String message : messages) {
            assertThat(second.ask("next", name)).isEqualTo(message);
        }
        second.ask("stop", name);
        // The other build takes over where the durable reader ended: behind the last message that was acknowledged.
        second.ask("read", name, "durable");
        assertThat(first.ask("next", name)).isEqualTo(messages.get(0));
        assertThat(first.ask("next", name)).isEqualTo(messages.get(1));
        CompletableFuture<String> waiting = second.begin("next", name);
        spi.await(
                "topic/" + name,
                entries -> entries.stream()
                        .anyMatch(entry -> entry.name().equals("position-durable")
                                && entry.value().toUtf8().contains("next 2\n")));
        first.ask("stop", name);
        assertThat(Client.answer(waiting)).isEqualTo(messages.get(1));
        assertThat(second.ask("next", name)).isEqualTo(messages.get(2));
        second.ask("stop", name);
    }

    private static void membership(Client first, Client second, String name) {
        second.ask("watch", name);
        first.ask("join", name, "a");
        second.ask("join", name, "b");
        second.ask("members", name, "a b");
        CompletableFuture<String> successor = second.begin("join", name, "a");
        first.ask("leave", name, "a");
        long incarnation = Long.parseLong(Client.answer(successor));
        second.ask("leave", name, "b");
        second.ask("members", name, "a");
        second.ask("leave", name, "a");
        assertThat(first.number("join", name, "a")).isGreaterThan(incarnation);
        first.ask("leave", name, "a");
    }

    private static void ids(Client first, Client second, String name) {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            ids.add(first.ask("id", name));
            ids.add(second.ask("id", name));
        }
        assertThat(ids).hasSize(20);
    }

    /** Its session ends in the store, and the present build takes over. */
    private static void aFormerProcessDies(String uri, Client present) {
        String name = "left behind";
        present.ask("watch", name);
        long token;
        long term;
        long id;
        CompletableFuture<String> mutex;
        try (Client former = Client.former(Kept.jars(), uri, SHORT)) {
            token = former.number("acquire", name);
            former.ask("stand", name);
            term = former.number("lead", name);
            former.ask("join", name, "a");
            present.ask("members", name, "a");
            id = former.number("only-id", name);
            present.ask("stand", name);
            mutex = present.begin("acquire", name);
        }
        assertThat(Long.parseLong(Client.answer(mutex))).isGreaterThan(token);
        assertThat(present.number("lead", name)).isGreaterThan(term);
        present.ask("members", name, "");
        // From the one slot of this layout, behind the ids that the former build had reserved.
        assertThat(present.number("only-id", name)).isGreaterThan(id);
    }
}
