package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Codec;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SerenoClosedException;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@code top} and {@code ui} show, and what they say if the store cannot be read. */
@Timeout(60)
class OverviewTest {
    private static final int WIDTH = 150;

    private final MemoryUser user = new MemoryUser("overview");
    private final Sereno client = user.client("one");

    @AfterEach
    void close() {
        client.close();
        user.close();
    }

    @Test
    void nothingIsShownIfNothingWasEverRead() {
        client.close();
        assertThatThrownBy(() -> Refresh.begin(client, "x")).isInstanceOf(SerenoClosedException.class);
    }

    @Test
    void aFailureLeavesWhatWasReadBefore() throws Exception {
        client.mutex("m").acquire();
        Sereno looking = user.client("looking");
        Refresh refresh = Refresh.begin(looking, "x");
        assertThat(refresh.failure()).isEqualTo(Refresh.Failure.NONE);
        looking.close();
        refresh.read();
        assertThat(refresh.failure().message()).contains("closed");
        assertThat(screen(refresh))
                .contains("lock/m")
                .containsPattern("what is shown was read at \\d\\d:\\d\\d:\\d\\d");
    }

    @Test
    void aRefusalIsNoSilence() {
        assertThat(Refresh.Failure.of(new NotAppliedException("x", refusal("NOPERM this user has no right")))
                        .what())
                .isEqualTo("The store refuses this user");
        assertThat(Refresh.Failure.of(new NotAppliedException("x", refusal("the server has no memory left")))
                        .what())
                .isEqualTo("The store does not answer");
    }

    private static BackendException refusal(String why) {
        return new BackendException(BackendException.Outcome.NOT_APPLIED, true, why, null);
    }

    @Test
    void anUnreadableTopicHidesNothingElse() throws Exception {
        client.mutex("m").acquire();
        client.topic("fine", Codec.utf8()).publish("one");
        user.put(Commit.to("topic/broken")
                .put("header", Bytes.utf8("written by hand"))
                .build());
        Refresh refresh = Refresh.begin(client, "x");
        assertThat(screen(refresh))
                .contains("lock/m", "topic/fine")
                .containsPattern("topic/broken +unreadable: .*written by hand");
        assertThat(json(refresh)).contains("\"unreadable\":[{\"resource\":\"topic/broken\",\"why\":\"");
        assertThat(user.run("inspect", "topic/broken")).isEqualTo(Exit.UNAVAILABLE);
        assertThat(user.err()).contains("topic/broken", "written by hand");
    }

    @Test
    void topicsThatAreNotReadAreCounted() throws Exception {
        for (int i = 0; i < Overview.MOST_TOPICS + 3; i++) {
            client.topic(String.format("t%03d", i), Codec.utf8()).publish("one");
        }
        Refresh refresh = Refresh.begin(client, "x");
        assertThat(screen(refresh))
                .contains("topic/t000 ", "topic/t099 ", "3 more topics")
                .doesNotContain("topic/t100");
        assertThat(json(refresh)).contains("\"moreTopics\":3");
    }

    @Test
    void aDeadlockIsShownAtOnceAndOnlyWhileItLasts() throws Exception {
        Refresh refresh = Refresh.begin(client, "x");
        CompletableFuture<Void> first;
        try (Sereno two = user.client("two")) {
            client.mutex("a").acquire();
            two.mutex("b").acquire();
            first = waiting(client, "b");
            CompletableFuture<Void> second = waiting(two, "a");
            while (refresh.last().waiting() < 2) {
                refresh.read();
            }
            for (int i = 0; i < Deadlocks.PERIOD; i++) {
                refresh.read();
            }
            for (int i = 0; i < 2 * Deadlocks.PERIOD; i++) {
                refresh.read();
                assertThat(refresh.last().deadlocks()).as("reading " + i).hasSize(1);
            }
            user.run("release", "lock/a", "--reason", "test", "--yes");
            second.join();
            refresh.read();
            assertThat(refresh.last().deadlocks()).isEmpty();
        }
        first.join();
    }

    private static CompletableFuture<Void> waiting(Sereno sereno, String name) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        sereno.mutex(name).acquire().close();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                task -> new Thread(task, name).start());
    }

    private static String screen(Refresh refresh) {
        return String.join(
                "\n",
                new Screen(WIDTH, Integer.MAX_VALUE, false).show(refresh.store(), refresh.last(), refresh.failure()));
    }

    private static String json(Refresh refresh) {
        return StateJson.of(refresh.store(), refresh.last(), refresh.failure(), Instant.now());
    }

    @Test
    void charactersOfEastAsiaTakeTwoColumns() {
        assertThat(Text.width("lock/\u5e33\u7c3f\ud55c\uff21\ud83d\ude00e\u0301"))
                .isEqualTo(5 + 10 + 1);
        assertThat(Text.width("\uff76\uff77")).as("half-width kana").isEqualTo(2);
        assertThat(Text.begin("a\u5e33\u7c3f", 4)).isEqualTo("a\u5e33");
        assertThat(Text.columns(List.of(List.of("\u5e33\u7c3f", "x"), List.of("abcde", "x"))))
                .containsExactly("\u5e33\u7c3f   x", "abcde  x");
    }
}
