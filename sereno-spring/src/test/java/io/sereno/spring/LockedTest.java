package io.sereno.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.NotAppliedException;
import io.sereno.junit.SerenoClock;
import io.sereno.junit.SerenoTest;
import io.sereno.junit.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@SerenoTest
class LockedTest {
    /** What a test's bean does under the lock. */
    interface Body {
        void run() throws InterruptedException;
    }

    static class Reports {
        @Locked(key = "'report:' + #customer")
        public long write(String customer, Body body) throws InterruptedException {
            Locks.assertHeld("report:" + customer);
            body.run();
            return Fencing.token();
        }

        @Locked(key = "'report:' + #customer", waitAtMost = "2s")
        public long writeSoon(String customer) {
            return Fencing.token();
        }

        @Locked(key = "'report:' + #customer", waitAtMost = "0s", onBusy = Busy.SKIP)
        public Optional<Long> writeIfFree(String customer) {
            return Optional.of(Fencing.token());
        }

        @Locked(key = "'report:' + #customer", waitAtMost = "${wait:PT1S}", onBusy = Busy.SKIP)
        public OptionalLong writeIfFreeSoon(String customer) {
            return OptionalLong.of(Fencing.token());
        }

        @Locked(key = "'report:' + #customer", waitAtMost = "0s", onBusy = Busy.SKIP)
        public void writeOrNot(String customer) {
            Locks.assertHeld("report:" + customer);
        }

        @Locked(key = "#key")
        public void withAnyKey(@Nullable Object key) {
            Locks.assertHeld(String.valueOf(key));
        }

        /** Passes by the proxy. */
        public void writeByItself(String customer) {
            writeOrNot(customer);
        }
    }

    @SuppressWarnings("NullAway.Init")
    private AnnotationConfigApplicationContext context;

    @SuppressWarnings("NullAway.Init")
    private Reports reports;

    private void start(TestNode node, Class<?>... more) {
        Class<?>[] components = new Class<?>[more.length + 1];
        components[0] = Reports.class;
        System.arraycopy(more, 0, components, 1, more.length);
        context = Contexts.start(node.sereno(), components);
        reports = context.getBean(Reports.class);
    }

    private static Grant acquire(TestNode node, SerenoClock clock, String name) throws Exception {
        return clock.await(() -> node.sereno().mutex(name).acquire());
    }

    private static boolean isFree(TestNode node, SerenoClock clock, String name) throws Exception {
        Optional<Grant> free = clock.await(() -> node.sereno().mutex(name).tryAcquire());
        if (free.isPresent()) {
            clock.run(free.get()::close);
        }
        return free.isPresent();
    }

    @Test
    void theMethodRunsUnderTheMutexOfItsKey(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        start(ada);
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        CompletableFuture<Long> call = clock.begin(() -> reports.write("7", () -> {
            entered.countDown();
            mayEnd.await();
        }));
        entered.await();
        assertThat(isFree(ben, clock, "report:7")).isFalse();
        assertThat(isFree(ben, clock, "report:8")).isTrue();
        mayEnd.countDown();
        long token = clock.await(call);
        Grant next = acquire(ben, clock, "report:7");
        assertThat(next.fencingToken()).isGreaterThan(token);
        clock.run(next::close);
    }

    @Test
    void aMutexThatStaysBusyEndsTheCallAsItSays(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        start(ada);
        Grant bens = acquire(ben, clock, "report:7");
        assertThatThrownBy(() -> clock.await(() -> reports.writeSoon("7")))
                .hasRootCauseInstanceOf(BusyException.class)
                .rootCause()
                .hasMessageContaining("mutex 'report:7' was not free within PT2S");
        assertThat(clock.await(() -> reports.writeIfFree("7"))).isEmpty();
        Duration before = clock.elapsed();
        assertThat(clock.await(() -> reports.writeIfFreeSoon("7"))).isEmpty();
        assertThat(clock.elapsed().minus(before)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        clock.run(() -> reports.writeOrNot("7"));
        clock.run(bens::close);
        assertThat(clock.await(() -> reports.writeIfFree("7"))).isPresent();
        assertThat(clock.await(() -> reports.writeSoon("7"))).isPositive();
    }

    @Test
    void aStoreThatIsAwayIsNotBusy(TestNode ada, SerenoClock clock) throws Exception {
        start(ada);
        ada.cutOff();
        assertThatThrownBy(() -> clock.await(() -> reports.writeIfFree("7")))
                .hasCauseInstanceOf(NotAppliedException.class);
        ada.heal();
    }

    @Test
    void aLossInterruptsTheMethodAndIsReported(TestNode ada, SerenoClock clock) throws Exception {
        start(ada);
        CountDownLatch entered = new CountDownLatch(1);
        List<Boolean> flags = new ArrayList<>();
        CompletableFuture<Long> call = clock.begin(() -> {
            try {
                return reports.write("7", () -> {
                    entered.countDown();
                    new CountDownLatch(1).await();
                });
            } finally {
                flags.add(Thread.currentThread().isInterrupted());
            }
        });
        entered.await();
        ada.cutOff();
        assertThatThrownBy(() -> clock.await(call))
                .cause()
                .isInstanceOf(GrantLostException.class)
                .satisfies(lost ->
                        assertThat(lost.getSuppressed()).singleElement().isInstanceOf(InterruptedException.class));
        assertThat(flags).containsExactly(false);
        ada.heal();
    }

    @Test
    void anExceptionOfTheMethodReachesTheCallerAndReleases(TestNode ada, TestNode ben, SerenoClock clock)
            throws Exception {
        start(ada);
        assertThatThrownBy(() -> clock.await(() -> reports.write("7", () -> {
                    throw new IllegalArgumentException("no ink");
                })))
                .cause()
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no ink");
        assertThat(isFree(ben, clock, "report:7")).isTrue();
    }

    @Test
    void aCallUnderTheSameKeyInTheSameThreadHasTheSameGrant(TestNode ada, SerenoClock clock) throws Exception {
        start(ada);
        List<Long> tokens = new ArrayList<>();
        long token = clock.await(() -> reports.write("7", () -> {
            tokens.add(reports.writeSoon("7"));
            tokens.add(Fencing.token());
            tokens.add(reports.writeSoon("8"));
            tokens.add(Fencing.token());
        }));
        assertThat(tokens.get(0)).isEqualTo(token);
        assertThat(tokens.get(1)).isEqualTo(token);
        assertThat(tokens.get(2)).isNotEqualTo(token);
        assertThat(tokens.get(3)).isEqualTo(token);
        assertThatThrownBy(Fencing::token)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("runs under no right");
    }

    @Test
    void aCallWithinTheObjectIsFound(TestNode ada) {
        start(ada);
        assertThatThrownBy(() -> reports.writeByItself("7"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("this thread does not hold mutex 'report:7' by @Locked");
    }

    @Test
    void aLostMutexIsNotHeld(TestNode ada, SerenoClock clock) throws Exception {
        start(ada);
        CountDownLatch entered = new CountDownLatch(1);
        List<Throwable> found = new ArrayList<>();
        CompletableFuture<Long> call = clock.begin(() -> reports.write("7", () -> {
            entered.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException lost) {
                try {
                    Locks.assertHeld("report:7");
                } catch (IllegalStateException e) {
                    found.add(e);
                }
            }
        }));
        entered.await();
        ada.cutOff();
        assertThatThrownBy(() -> clock.await(call)).hasCauseInstanceOf(GrantLostException.class);
        assertThat(found)
                .singleElement()
                .satisfies(e -> assertThat(e).hasMessageContaining("mutex 'report:7' was lost"));
        ada.heal();
    }

    @Test
    void aKeyWithoutAValueIsRefused(TestNode ada, SerenoClock clock) throws Exception {
        start(ada);
        clock.run(() -> reports.withAnyKey(42));
        assertThatThrownBy(() -> reports.withAnyKey(null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the key #key is null; a name is accepted");
        assertThatThrownBy(() -> reports.withAnyKey("")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anInterruptEndsTheWait(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
        start(ada);
        Grant bens = acquire(ben, clock, "report:7");
        CompletableFuture<Thread> waits = new CompletableFuture<>();
        CompletableFuture<Boolean> call = clock.begin(() -> {
            waits.complete(Thread.currentThread());
            try {
                reports.writeSoon("7");
            } catch (CancellationException e) {
                return Thread.interrupted();
            }
            return false;
        });
        waits.get().interrupt();
        assertThat(clock.await(call)).isTrue();
        clock.run(bens::close);
    }

    @Test
    void noBeanIsMadeTooEarlyForOtherPostProcessors(TestNode ada) {
        start(ada, Recording.class);
        assertThat(context.getBean(Recorder.class).seen).contains("sereno", "lockedTest.Reports");
    }

    @Configuration(proxyBeanMethods = false)
    static class Recording {
        @Bean
        static Recorder recorder() {
            return new Recorder();
        }
    }

    static final class Recorder implements BeanPostProcessor {
        final List<String> seen = new ArrayList<>();

        @Override
        public Object postProcessAfterInitialization(Object bean, String beanName) {
            seen.add(beanName);
            return bean;
        }
    }
}
