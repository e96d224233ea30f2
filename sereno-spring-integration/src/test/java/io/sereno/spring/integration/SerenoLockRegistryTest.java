package io.sereno.spring.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.GrantLostException;
import io.sereno.SerenoLock;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ConcurrentModificationException;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.integration.support.locks.LockRegistry;

/** What Spring Integration tests of its own lock registries, and what this one adds. */
@SuppressWarnings("LockNotBeforeTry") // a test that fails leaves nothing behind: each has a store of its own
class SerenoLockRegistryTest {
    @RegisterExtension
    final VirtualProcesses processes = new VirtualProcesses();

    private final SerenoLockRegistry adas = new SerenoLockRegistry(processes.ada);
    private final SerenoLockRegistry bens = new SerenoLockRegistry(processes.ben);

    private <T> T inAnotherThread(Callable<T> call) throws Exception {
        return processes.await(processes.begin(call));
    }

    @Test
    void theTestsRunWithTheVersionOfSpringIntegrationThatTheBuildNames() {
        String jar = LockRegistry.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
        assertThat(jar).endsWith("spring-integration-core-" + System.getProperty("sereno.spring.integration") + ".jar");
    }

    @Test
    void aLockIsFreeAfterItsRelease() throws Exception {
        for (int i = 0; i < 10; i++) {
            Lock lock = adas.obtain("foo");
            lock.lock();
            try {
                assertThat(inAnotherThread(() -> bens.obtain("foo").tryLock())).isFalse();
            } finally {
                lock.unlock();
            }
        }
        for (int i = 0; i < 10; i++) {
            Lock lock = bens.obtain("foo");
            lock.lockInterruptibly();
            lock.unlock();
        }
    }

    @Test
    void aLockIsReentrant() throws Exception {
        Lock outer = adas.obtain("foo");
        outer.lock();
        Lock inner = adas.obtain("foo");
        inner.lockInterruptibly();
        assertThat(inner.tryLock()).isTrue();
        inner.unlock();
        inner.unlock();
        assertThat(inAnotherThread(() -> adas.obtain("foo").tryLock())).isFalse();
        outer.unlock();
        assertThat(inAnotherThread(() -> bens.obtain("foo").tryLock())).isTrue();
    }

    @Test
    void twoKeysAreTwoLocks() {
        Lock one = adas.obtain("foo");
        Lock two = bens.obtain("bar");
        one.lock();
        assertThat(two.tryLock()).isTrue();
        two.unlock();
        one.unlock();
    }

    @Test
    void keysWithTheSameTextAreTheSameLock() throws Exception {
        UUID key = UUID.randomUUID();
        adas.obtain(key).lock();
        assertThat(inAnotherThread(() -> bens.obtain(key.toString()).tryLock())).isFalse();
        adas.obtain(key).unlock();
    }

    @Test
    void aKeyYieldsTheSameObjectWhileSomebodyRefersToIt() {
        SerenoLock lock = adas.obtain("foo");
        assertThat(adas.obtain("foo")).isSameAs(lock);
        assertThat(adas.obtain("bar")).isNotSameAs(lock);
    }

    @Test
    void aLockToWhichNobodyRefersIsNotKept() {
        WeakReference<SerenoLock> last = new WeakReference<>(adas.obtain("foo"));
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (last.get() != null && System.nanoTime() - end < 0) {
            System.gc();
        }
        assertThat(last.get()).isNull();
        assertThat(adas.obtain("foo").tryLock()).isTrue();
        adas.obtain("foo").unlock();
    }

    @Test
    void theSecondThreadWaitsForTheFirst() throws Exception {
        Lock lock = adas.obtain("foo");
        lock.lock();
        CompletableFuture<Boolean> second = processes.begin(() -> {
            adas.obtain("foo").lock();
            adas.obtain("foo").unlock();
            return true;
        });
        CompletableFuture<Boolean> third = processes.begin(() -> {
            bens.obtain("foo").lock();
            bens.obtain("foo").unlock();
            return true;
        });
        assertThat(inAnotherThread(() -> bens.obtain("foo").tryLock(100, TimeUnit.MILLISECONDS)))
                .isFalse();
        assertThat(second).isNotDone();
        assertThat(third).isNotDone();
        lock.unlock();
        assertThat(processes.await(second)).isTrue();
        assertThat(processes.await(third)).isTrue();
    }

    @Test
    void anInterruptEndsTheWait() throws Exception {
        adas.obtain("foo").lock();
        CompletableFuture<Thread> waits = new CompletableFuture<>();
        CompletableFuture<Boolean> waiter = processes.begin(() -> {
            waits.complete(Thread.currentThread());
            bens.obtain("foo").lockInterruptibly();
            return true;
        });
        waits.join().interrupt();
        assertThatThrownBy(() -> processes.await(waiter)).hasCauseInstanceOf(InterruptedException.class);
        adas.obtain("foo").unlock();
    }

    @Test
    void anotherThreadCannotUnlock() throws Exception {
        Lock lock = adas.obtain("foo");
        lock.lock();
        assertThatThrownBy(() -> inAnotherThread(() -> {
                    lock.unlock();
                    return true;
                }))
                .hasCauseInstanceOf(IllegalMonitorStateException.class);
        lock.unlock();
        assertThatThrownBy(lock::unlock).isInstanceOf(IllegalMonitorStateException.class);
    }

    @Test
    void theReleaseOfALostLockIsAConcurrentModification() throws Exception {
        SerenoLock lock = adas.obtain("foo");
        lock.lock();
        CompletableFuture<?> lost = lock.lost().toCompletableFuture();
        processes.endTheSessionOfAda();
        processes.await(lost);
        assertThat(inAnotherThread(() -> bens.obtain("foo").tryLock())).isTrue();

        assertThatThrownBy(lock::unlock)
                .isInstanceOf(ConcurrentModificationException.class)
                .hasCauseInstanceOf(GrantLostException.class)
                .hasMessageContaining("was lost before it was released");
        assertThat(inAnotherThread(() -> adas.obtain("foo").tryLock()))
                .as("the other holder keeps the lock")
                .isFalse();
    }

    @Test
    void theHolderHearsOfALossBeforeTheRelease() throws Exception {
        SerenoLock lock = adas.obtain("foo");
        lock.lock();
        CompletableFuture<?> lost = lock.lost().toCompletableFuture();
        processes.cutAdaOff();
        processes.await(lost);
        assertThat(lock.isHeldByCurrentThread()).isFalse();
        assertThatThrownBy(lock::unlock).isInstanceOf(ConcurrentModificationException.class);
    }

    @Test
    void eachHolderHasAGreaterToken() {
        SerenoLock lock = adas.obtain("foo");
        lock.lock();
        long first = lock.fencingToken();
        lock.unlock();
        SerenoLock next = bens.obtain("foo");
        next.lock();
        assertThat(next.fencingToken()).isGreaterThan(first);
        next.unlock();
    }

    @Test
    void tasksRunUnderTheLock() throws Exception {
        String result = adas.executeLocked("foo", () -> {
            assertThat(inAnotherThread(() -> bens.obtain("foo").tryLock())).isFalse();
            return "done";
        });
        assertThat(result).isEqualTo("done");

        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch held = new CountDownLatch(1);
        CompletableFuture<Boolean> holder = processes.begin(() -> {
            adas.executeLocked("foo", () -> {
                held.countDown();
                release.await();
            });
            return true;
        });
        held.await();
        assertThatThrownBy(() -> inAnotherThread(() -> {
                    bens.executeLocked("foo", Duration.ofMillis(100), () -> {});
                    return true;
                }))
                .hasCauseInstanceOf(TimeoutException.class);
        release.countDown();
        processes.await(holder);
    }

    @Test
    void namesAndConditionsAreChecked() {
        assertThatThrownBy(() -> adas.obtain("x".repeat(401))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> adas.obtain("foo").newCondition()).isInstanceOf(UnsupportedOperationException.class);
    }
}
