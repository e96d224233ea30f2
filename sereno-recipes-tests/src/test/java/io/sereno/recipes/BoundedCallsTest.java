package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Codec;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SessionState;
import io.sereno.recipes.client.OpenSubscription;
import io.sereno.recipes.kernel.AsyncCalls;
import io.sereno.recipes.kernel.Callbacks;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client whose store is frozen accepts a bounded number of calls and of news, and says so (REC-11). */
@Timeout(300)
class BoundedCallsTest {
    private static final Fate FROZEN = Fate.loseRequest().givenUpAfter(Duration.ofDays(1));

    /** The calls that return before they have ended. */
    enum Call {
        ADD {
            @Override
            CompletableFuture<?> by(Sereno client, int number) {
                return client.counter("c").addAsync(1).toCompletableFuture();
            }
        },
        ADD_TO_COUNTERS {
            @Override
            CompletableFuture<?> by(Sereno client, int number) {
                return client.counter("c-" + number).addAsync(1).toCompletableFuture();
            }
        },
        SET_VALUES {
            @Override
            CompletableFuture<?> by(Sereno client, int number) {
                return client.value("v-" + number, Codec.utf8()).setAsync("x").toCompletableFuture();
            }
        },
        ACQUIRE {
            @Override
            CompletableFuture<?> by(Sereno client, int number) {
                return client.mutex("m").acquireAsync();
            }
        },
        ACQUIRE_MUTEXES {
            @Override
            CompletableFuture<?> by(Sereno client, int number) {
                return client.mutex("m-" + number).acquireAsync();
            }
        },
        PUBLISH_TO_TOPICS {
            @Override
            CompletableFuture<?> by(Sereno client, int number) {
                return client.topic("t-" + number, Codec.utf8())
                        .publishAsync("x")
                        .toCompletableFuture();
            }
        };

        abstract CompletableFuture<?> by(Sereno client, int number);
    }

    private final Clients clients = new Clients();
    private final FaultyBackend line = clients.line();
    private final SerenoClient client = clients.connect("one", line);

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void ofAMillionCallsToAFrozenStoreTheFirstAreAccepted() {
        Call[] all = Call.values();
        make(1_000_000, number -> all[number % all.length]);
    }

    @ParameterizedTest
    @EnumSource
    void ofTheCallsOfOneKindToAFrozenStoreTheFirstAreAccepted(Call call) {
        make(AsyncCalls.MOST + 1_000, number -> call);
    }

    private void make(int calls, IntFunction<Call> kind) {
        Set<String> sentTo = ConcurrentHashMap.newKeySet();
        line.each(
                request -> {
                    sentTo.add(directoryOf(request));
                    return true;
                },
                FROZEN);
        int accepted = 0;
        CompletableFuture<?> lastRefused = new CompletableFuture<>();
        for (int i = 0; i < calls; i++) {
            CompletableFuture<?> made = kind.apply(i).by(client, i);
            if (made.isCompletedExceptionally()) {
                lastRefused = made;
            } else {
                assertThat(accepted++).isEqualTo(i);
            }
        }

        assertThat(accepted).isEqualTo(AsyncCalls.MOST);
        assertThatThrownBy(lastRefused::join)
                .hasCauseInstanceOf(NotAppliedException.class)
                .hasMessageContaining("100000 asynchronous calls of this client have not ended yet")
                .hasMessageContaining("nothing was changed");
        assertThat(sentTo)
                .noneMatch(directory -> directory.matches(".*-[0-9]+")
                        && Integer.parseInt(directory.replaceAll(".*-", "")) >= AsyncCalls.MOST);
    }

    private static String directoryOf(Request request) {
        if (request instanceof Request.Commit sent) {
            return sent.commit().directory();
        }
        return request instanceof Request.Read read ? read.query().directory() : "";
    }

    /** Callers that have given up count too, until the store has nothing of them. */
    @ParameterizedTest
    @EnumSource
    void callsCountUntilTheyHaveEnded(Call call) {
        Runnable thaw = line.each(request -> true, FROZEN);
        List<CompletableFuture<?>> made = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            made.add(call.by(client, i));
        }
        assertThat(client.client().kernel().calls().underWay()).isEqualTo(500);
        made.subList(100, 500).forEach(one -> one.cancel(false));
        assertThat(client.client().kernel().calls().underWay()).isGreaterThanOrEqualTo(100);

        thaw.run();
        made.subList(0, 100).forEach(one -> one.cancel(false));
        clients.passUntil(() -> client.client().kernel().calls().underWay() == 0, Clients.TTL.multipliedBy(4));
    }

    @Test
    void requestsThatWereWithdrawnEndWithTheSessionIfTheStoreStaysFrozen() {
        line.each(request -> true, FROZEN);
        for (int i = 0; i < 500; i++) {
            client.mutex("m-" + i).acquireAsync().cancel(false);
        }
        assertThat(client.client().kernel().calls().underWay()).isEqualTo(500);

        clients.passUntil(() -> client.client().kernel().calls().underWay() == 0, Clients.TTL.multipliedBy(2));
    }

    @Test
    void grantsDoNotCount() {
        for (int i = 0; i < 10; i++) {
            assertThat(client.mutex("m-" + i).acquireAsync()).succeedsWithin(Duration.ofSeconds(10));
        }
        clients.passUntil(() -> client.client().kernel().calls().underWay() == 0, Duration.ofSeconds(1));
    }

    /** The states alternate, and the listener gets none twice in a row. */
    @Test
    void aListenerThatIsFarBehindMissesStatesInBetweenAndGetsTheLast() throws Exception {
        clients.passUntil(() -> client.sessionState() == SessionState.CONNECTED, Duration.ofSeconds(1));
        OpenSubscription subscription = (OpenSubscription) client.onSessionState(state -> {});
        CountDownLatch go = new CountDownLatch(1);
        BlockingQueue<SessionState> states = new LinkedBlockingQueue<>();
        subscription.call(() -> await(go));
        SessionState[] alternating = {SessionState.SUSPENDED, SessionState.CONNECTED};
        int last = 3 * Callbacks.MOST_NEWS;
        for (int i = 0; i <= last; i++) {
            subscription.report(alternating[i % 2], states::add);
        }
        CountDownLatch ended = new CountDownLatch(1);
        subscription.call(ended::countDown);
        go.countDown();

        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        List<SessionState> got = List.copyOf(states);
        assertThat(got).hasSizeBetween(Callbacks.MOST_NEWS - 1, Callbacks.MOST_NEWS);
        for (int i = 1; i < got.size(); i++) {
            assertThat(got.get(i)).isNotEqualTo(got.get(i - 1));
        }
        assertThat(got.get(got.size() - 1)).isEqualTo(alternating[last % 2]);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
