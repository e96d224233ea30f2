package io.sereno.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.sereno.LeaderElection;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** What a test that fails says. */
class FailuresTest {
    private static List<Throwable> failuresOf(Class<?> test) {
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectClass(test))
                                .build(),
                        listener);
        assertThat(listener.getSummary().getTestsStartedCount()).isOne();
        return listener.getSummary().getFailures().stream()
                .map(TestExecutionSummary.Failure::getException)
                .toList();
    }

    private static Throwable failureOf(Class<?> test) {
        List<Throwable> failures = failuresOf(test);
        assertThat(failures).hasSize(1);
        return failures.get(0);
    }

    @SerenoTest
    static class Holding {
        @Test
        void acquires(TestNode ada, SerenoClock clock) throws Exception {
            clock.await(() -> ada.sereno().mutex("close-month").acquire());
        }
    }

    @Test
    void anOpenGrantFailsTheTest() {
        assertThat(failureOf(Holding.class))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("the test is over, and node-1 holds mutex 'close-month'");
    }

    @SerenoTest
    static class Leading {
        @Test
        void leads(TestNode ada, SerenoClock clock) throws Exception {
            LeaderElection election = ada.sereno().election("reports").start();
            clock.await(election::awaitLeadership);
        }
    }

    @Test
    void anOpenElectionFailsTheTest() {
        assertThat(failureOf(Leading.class)).hasMessageContaining("node-1 holds election 'reports'");
    }

    @SerenoTest
    static class Waiting {
        @Test
        void waits(TestNode ada, TestNode ben, SerenoClock clock) throws Exception {
            clock.await(() -> ada.sereno().mutex("m").acquire());
            CompletableFuture<?> second =
                    clock.begin(() -> ben.sereno().mutex("m").acquire());
            assertThat(second).isNotDone();
        }
    }

    @Test
    void aCallThatWaitsFailsTheTest() {
        assertThat(failureOf(Waiting.class)).hasMessageContaining("node-1 holds mutex 'm'; node-2 waits for mutex 'm'");
    }

    @SerenoTest
    static class Failing {
        @Test
        void fails(TestNode ada, SerenoClock clock) throws Exception {
            clock.await(() -> ada.sereno().mutex("m").acquire());
            throw new IllegalStateException("intended");
        }
    }

    @Test
    void aFailureNamesTheSeedAndIsNotReplacedByALeak() {
        Throwable failure = failureOf(Failing.class);
        assertThat(failure).isInstanceOf(IllegalStateException.class).hasMessage("intended");
        assertThat(failure.getSuppressed())
                .singleElement()
                .asString()
                .matches(".*seed -?\\d+; -Dsereno.test.seed=-?\\d+ runs the test with it again");
    }

    @SerenoTest(sessionTtl = "ten seconds")
    static class Misconfigured {
        @Test
        void isNotReached(TestNode ada) {
            assertThat(ada).isNotNull();
        }
    }

    @Test
    void aTtlThatIsNoDurationIsNamed() {
        assertThat(failureOf(Misconfigured.class))
                .hasMessage("@SerenoTest(sessionTtl = \"ten seconds\"); a duration such as PT10S is accepted");
    }

    @Test
    void aFailureToBeginIsTheOnlyOne() {
        assertThat(failureOf(Misconfigured.class).getSuppressed()).isEmpty();
    }

    @SerenoTest
    static class NotAsking {
        @Test
        void begins(SerenoClock clock) {
            CompletableFuture<?> unused = clock.begin(() -> {
                throw new IllegalStateException("intended");
            });
        }
    }

    @Test
    void aCallThatFailsWithoutTheTestAskingFailsTheTest() {
        Throwable failure = failureOf(NotAsking.class);
        assertThat(failure).isInstanceOf(AssertionError.class).hasMessageContaining("the test did not await it");
        assertThat(failure.getSuppressed()[0])
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("intended");
    }

    @SerenoTest
    static class Asking {
        @Test
        void begins(SerenoClock clock) {
            CompletableFuture<?> call = clock.begin(() -> {
                throw new IllegalStateException("intended");
            });
            assertThatThrownBy(() -> clock.await(call.thenApply(result -> result)))
                    .hasRootCauseMessage("intended");
        }
    }

    @Test
    void aFailureThatTheTestKnowsDoesNotFailTheTest() {
        assertThat(failuresOf(Asking.class)).isEmpty();
    }

    @Retention(RetentionPolicy.RUNTIME)
    @SerenoTest(sessionTtl = "PT20S")
    @interface OfTheApplication {}

    @OfTheApplication
    static class Annotated {
        @Test
        void runs(TestNode ada) {
            assertThat(ada).isNotNull();
        }
    }

    @SerenoTest
    interface Common {}

    static class Implementing implements Common {
        @Test
        void runs(TestNode ada) {
            assertThat(ada).isNotNull();
        }
    }

    @Test
    void theAnnotationMayStandOnAnAnnotationOrAnInterface() {
        assertThat(failuresOf(Annotated.class)).isEmpty();
        assertThat(failuresOf(Implementing.class)).isEmpty();
    }

    @SerenoTest(time = Time.REAL, sessionTtl = "PT2S")
    static class InRealTime {
        @Test
        void isCutOff(TestNode ada, SerenoClock clock) throws Exception {
            var grant = clock.await(() -> ada.sereno().mutex("m").acquire());
            long start = System.nanoTime();
            ada.cutOff();
            clock.await(grant.lost());
            assertThat(System.nanoTime() - start).isGreaterThan(500_000_000L);
        }
    }

    @Test
    void theTestsRunWithTheVersionOfJUnitThatTheBuildNames() {
        String jar =
                Test.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        assertThat(jar).endsWith("junit-jupiter-api-" + System.getProperty("sereno.junit") + ".jar");
    }

    @Test
    void realTimeTakesItsTime() {
        assertThat(failuresOf(InRealTime.class)).isEmpty();
    }
}
