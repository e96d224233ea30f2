package io.sereno.spring;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Leadership;
import io.sereno.junit.SerenoTest;
import io.sereno.junit.TestNode;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot work fails the start of the application, and the message says what is accepted. */
@SerenoTest
class RefusedMethodsTest {
    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of(SkipOfPrimitive.class, "a call that is skipped has no long to return"),
                Arguments.of(SkipWithoutWait.class, "onBusy = SKIP without a wait never skips"),
                Arguments.of(BadWait.class, "waitAtMost is 'soon'; durations"),
                Arguments.of(NegativeWait.class, "waitAtMost is '-1s'; durations"),
                Arguments.of(KeyWithoutQuotes.class, "key is \"report\"; an expression of literals in quotes"),
                Arguments.of(PartWithoutQuotes.class, "key is \"'report:' + id\"; an expression"),
                Arguments.of(BrokenKey.class, "key is \"'report\"; an expression"),
                Arguments.of(EmptyKey.class, "key is \"\"; an expression"),
                Arguments.of(PrivateMethod.class, "Spring cannot intercept a private, static or final method"),
                Arguments.of(FinalMethod.class, "Spring cannot intercept a private, static or final method"),
                Arguments.of(StaticMethod.class, "Spring cannot intercept a private, static or final method"),
                Arguments.of(Later.class, "its work may go on when it has returned"),
                Arguments.of(SecondMethod.class, "a call that is skipped has no int to return"),
                Arguments.of(LeaderOfPrimitive.class, "a call that is skipped has no boolean to return"),
                Arguments.of(NoName.class, "has no name"),
                Arguments.of(TwoElected.class, "one method for each election is accepted"),
                Arguments.of(ElectedWithText.class, "of no argument or of one Leadership, is accepted"),
                Arguments.of(ElectedWithResult.class, "of no argument or of one Leadership, is accepted"),
                Arguments.of(PrivateElected.class, "of no argument or of one Leadership, is accepted"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void itIsRefusedAtTheStart(Class<?> bean, String message, TestNode ada) {
        assertThatThrownBy(() -> Contexts.start(ada.sereno(), bean)).hasStackTraceContaining(message);
    }

    static class SkipOfPrimitive {
        @Locked(key = "'x'", waitAtMost = "0s", onBusy = Busy.SKIP)
        public long run() {
            return 1;
        }
    }

    static class SkipWithoutWait {
        @Locked(key = "'x'", onBusy = Busy.SKIP)
        public void run() {}
    }

    static class BadWait {
        @Locked(key = "'x'", waitAtMost = "soon")
        public void run() {}
    }

    static class NegativeWait {
        @Locked(key = "'x'", waitAtMost = "-1s")
        public void run() {}
    }

    static class KeyWithoutQuotes {
        @Locked(key = "report")
        public void run() {}
    }

    static class PartWithoutQuotes {
        @Locked(key = "'report:' + id")
        public void run(String id) {}
    }

    static class BrokenKey {
        @Locked(key = "'report")
        public void run() {}
    }

    static class EmptyKey {
        @Locked(key = "")
        public void run() {}
    }

    static class PrivateMethod {
        @Locked(key = "'x'")
        private void run() {}

        @Override
        public String toString() {
            run();
            return "PrivateMethod";
        }
    }

    static class FinalMethod {
        @Locked(key = "'x'")
        public final void run() {}
    }

    static class StaticMethod {
        @Locked(key = "'x'")
        public static void run() {}
    }

    static class Later {
        @Locked(key = "'x'")
        public CompletableFuture<String> run() {
            return new CompletableFuture<>();
        }
    }

    /** The first of its methods is accepted. */
    static class SecondMethod {
        @Locked(key = "'x'")
        public void accepted() {}

        @Locked(key = "'x'", waitAtMost = "1s", onBusy = Busy.SKIP)
        public int run() {
            return 1;
        }
    }

    static class LeaderOfPrimitive {
        @LeaderOnly("reports")
        public boolean run() {
            return true;
        }
    }

    static class NoName {
        @LeaderOnly("${none:}")
        public void run() {}
    }

    static class TwoElected {
        @OnElected("reports")
        public void first() {}

        @OnElected("reports")
        public void second() {}
    }

    static class ElectedWithText {
        @OnElected("reports")
        public void run(String text) {}
    }

    static class ElectedWithResult {
        @OnElected("reports")
        public Leadership run(Leadership leadership) {
            return leadership;
        }
    }

    static class PrivateElected {
        @OnElected("reports")
        private void run() {}

        @Override
        public String toString() {
            run();
            return "PrivateElected";
        }
    }
}
