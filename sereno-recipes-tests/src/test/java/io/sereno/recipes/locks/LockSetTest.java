package io.sereno.recipes.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.LockSet;
import io.sereno.Right;
import io.sereno.Sereno;
import io.sereno.WriteGrant;
import io.sereno.recipes.Clients;
import io.sereno.recipes.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LockSetTest {
    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void allNamesAreGrantedAtOneMomentOrNone() throws Exception {
        LockSet one = clients.connect("one").lockSet("d");
        LockSet two = clients.connect("two").lockSet("d");
        LockSet three = clients.connect("three").lockSet("d");
        Grant a = one.acquire(Set.of("a"));
        assertThat(a).isNotInstanceOf(WriteGrant.class);
        CompletableFuture<Grant> both = Threads.inThread(() -> two.acquire(Set.of("a", "b")));
        awaitWaiters(one, 1);
        assertThat(three.tryAcquire(Set.of("b"), Duration.ZERO))
                .as("behind the request in front")
                .isEmpty();
        try (Grant c = three.acquire(Set.of("c"))) {
            assertThat(c.isHeld()).as("shares no name with those in front").isTrue();
            assertThat(one.inspect().holders())
                    .extracting(LockSet.Request::write)
                    .containsExactly(Set.of("a"), Set.of("c"));
            assertThat(one.inspect().waiters()).singleElement().satisfies(waiter -> {
                assertThat(waiter.write()).containsExactlyInAnyOrder("a", "b");
                assertThat(waiter.place().nodeId()).isEqualTo("two");
            });
        }
        a.release();
        Grant held = both.get(10, TimeUnit.SECONDS);
        assertThat(held.fencingToken()).isGreaterThan(a.fencingToken());
        held.release();
        assertThat(one.inspect()).isEqualTo(new LockSet.View(List.of(), List.of()));
    }

    @Test
    void namesThatAreOnlyReadAreHeldTogether() throws Exception {
        LockSet one = clients.connect("one").lockSet("d");
        LockSet two = clients.connect("two").lockSet("d");
        Grant first = one.acquire(Set.of("a"), Set.of("rates"));
        Grant second = two.acquire(Set.of("b"), Set.of("rates"));
        Right third = two.acquireRead(Set.of("rates", "c"));
        assertThat(third).isNotInstanceOf(Grant.class);
        assertThat(first.isHeld()).isTrue();
        assertThat(second.isHeld()).isTrue();
        assertThat(one.tryAcquire(Set.of("rates"), Duration.ZERO)).isEmpty();
        assertThat(one.tryAcquireRead(Set.of("a"), Duration.ZERO))
                .as("written by this client itself")
                .isEmpty();
        assertThat(two.tryAcquireRead(Set.of("a"), Duration.ZERO)).isEmpty();
        first.release();
        second.release();
        assertThat(one.tryAcquire(Set.of("rates"), Duration.ZERO)).isEmpty();
        third.release();
        one.tryAcquire(Set.of("rates"), Duration.ZERO).orElseThrow().release();
    }

    /** The dining philosophers, each of whom lists the right fork first. */
    @Test
    void nobodyDeadlocks() throws Exception {
        int philosophers = 5;
        AtomicInteger[] forks = new AtomicInteger[philosophers];
        List<Sereno> seats = new ArrayList<>();
        CompletableFuture<?>[] all = new CompletableFuture<?>[philosophers];
        for (int i = 0; i < philosophers; i++) {
            forks[i] = new AtomicInteger();
            seats.add(clients.connect("p" + i));
        }
        for (int i = 0; i < philosophers; i++) {
            int left = i;
            int right = (i + 1) % philosophers;
            LockSet table = seats.get(i).lockSet("table");
            all[i] = Threads.inThread(() -> {
                for (int meal = 0; meal < 200; meal++) {
                    try (Grant grant = table.acquire(Set.of("fork-" + right, "fork-" + left))) {
                        assertThat(grant.isHeld()).isTrue();
                        assertThat(forks[left].incrementAndGet()).isEqualTo(1);
                        assertThat(forks[right].incrementAndGet()).isEqualTo(1);
                        forks[left].decrementAndGet();
                        forks[right].decrementAndGet();
                    }
                }
                return true;
            });
        }
        CompletableFuture.allOf(all).get(25, TimeUnit.SECONDS);
    }

    @Test
    void badNamesAreRefusedBeforeAnythingIsSent() {
        LockSet set = clients.connect("one").lockSet("d");
        assertThatThrownBy(() -> set.acquire(Set.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> set.acquire(Set.of("a"), Set.of("a"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> set.acquireRead(Set.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> set.tryAcquire(Set.of("a"), Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(clients.entries("lockset/d")).isEmpty();
    }

    private static void awaitWaiters(LockSet set, int waiters) {
        while (set.inspect().waiters().size() < waiters) {
            assertThat(Thread.currentThread().isInterrupted())
                    .as("the time of the test is up")
                    .isFalse();
            Thread.onSpinWait();
        }
    }
}
