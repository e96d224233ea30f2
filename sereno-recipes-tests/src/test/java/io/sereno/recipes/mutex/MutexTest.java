package io.sereno.recipes.mutex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.LockView;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import io.sereno.simulation.FaultyBackend;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MutexTest {
    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aFreeMutexIsGrantedAtOnceAndLeavesNothingBehind() throws InterruptedException {
        Sereno one = clients.connect("one");
        Mutex mutex = one.mutex("x");
        long token;
        try (Grant grant = mutex.acquire()) {
            token = grant.fencingToken();
            assertThat(grant.isHeld()).isTrue();
            assertThat(mutex.inspect().holders()).singleElement().satisfies(holder -> {
                assertThat(holder.nodeId()).isEqualTo("one");
                assertThat(holder.fencingToken()).hasValue(grant.fencingToken());
            });
        }
        assertThat(mutex.inspect()).isEqualTo(new LockView(List.of(), List.of()));
        try (Grant grant = mutex.acquire()) {
            assertThat(grant.fencingToken()).isGreaterThan(token);
        }
    }

    @Test
    void theNextClientGetsItWhenTheFirstGivesItBack() throws Exception {
        Mutex first = clients.connect("one").mutex("x");
        Mutex second = clients.connect("two").mutex("x");
        Grant held = first.acquire();
        CompletableFuture<Grant> waiter = Threads.inThread(second::acquire);
        Threads.awaitWaiters(first, 1);
        assertThat(waiter).isNotDone();
        assertThat(second.tryAcquire()).isEmpty();
        LockView view = first.inspect();
        assertThat(view.holders()).extracting(LockView.Place::nodeId).containsExactly("one");
        assertThat(view.waiters()).singleElement().satisfies(behind -> {
            assertThat(behind.nodeId()).isEqualTo("two");
            assertThat(behind.fencingToken()).isEmpty();
        });

        held.release();

        Grant next = waiter.get(10, TimeUnit.SECONDS);
        assertThat(next.fencingToken()).isGreaterThan(held.fencingToken());
        next.release();
        assertThatThrownBy(next::release).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aHolderThatIsCutOffStopsBelievingBeforeAnotherHolds() throws Exception {
        FaultyBackend line = clients.line();
        Grant held = clients.connect("one", line).mutex("x").acquire();
        Mutex other = clients.connect("two").mutex("x");
        clients.time.advance(Clients.TTL.multipliedBy(3));
        assertThat(held.isHeld()).isTrue();

        line.cutOff(Duration.ofSeconds(1));
        CompletableFuture<Grant> waiter = Threads.inThread(other::acquire);
        Threads.awaitWaiters(other, 1);
        while (held.isHeld()) {
            assertThat(waiter).isNotDone();
            clients.time.advance(Duration.ofMillis(10));
        }
        assertThat(waiter).isNotDone();
        assertThat(held.lost().toCompletableFuture().get(10, TimeUnit.SECONDS)).isEqualTo(LossCause.SESSION_EXPIRED);
        assertThatThrownBy(held::release).isInstanceOf(GrantLostException.class);
        held.close();

        clients.time.advance(Clients.TTL);
        assertThat(waiter.get(10, TimeUnit.SECONDS).fencingToken()).isGreaterThan(held.fencingToken());
    }

    @Test
    void sixteenThreadsOfFourClientsExcludeEachOther() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger entered = new AtomicInteger();
        CompletableFuture<?>[] all = new CompletableFuture<?>[16];
        Sereno[] four = {clients.connect("a"), clients.connect("b"), clients.connect("c"), clients.connect("d")};
        for (int i = 0; i < all.length; i++) {
            Mutex mutex = four[i % 4].mutex("x");
            all[i] = Threads.inThread(() -> {
                for (int k = 0; k < 500; k++) {
                    try (Grant grant = mutex.acquire()) {
                        assertThat(inside.incrementAndGet()).isEqualTo(1);
                        assertThat(grant.isHeld()).isTrue();
                        entered.incrementAndGet();
                        inside.decrementAndGet();
                    }
                }
                return true;
            });
        }
        CompletableFuture.allOf(all).get(25, TimeUnit.SECONDS);
        assertThat(entered).hasValue(16 * 500);
        assertThat(four[0].mutex("x").inspect()).isEqualTo(new LockView(List.of(), List.of()));
    }

    @Test
    void workThatLostItsGrantIsInterruptedAndFails() throws Exception {
        Sereno one = clients.connect("one");
        Mutex mutex = one.mutex("x");
        CompletableFuture<Boolean> inside = new CompletableFuture<>();
        CompletableFuture<Object> call = Threads.inThread(() -> mutex.call(grant -> {
            inside.complete(true);
            return grant.lost().toCompletableFuture().get();
        }));
        inside.get(10, TimeUnit.SECONDS);

        one.close();

        assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(GrantLostException.class)
                .hasMessageContaining("SERENO_CLOSED");
    }
}
