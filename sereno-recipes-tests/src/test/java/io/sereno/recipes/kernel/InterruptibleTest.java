package io.sereno.recipes.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InterruptibleTest {
    @AfterEach
    void clear() {
        Thread.interrupted();
    }

    @Test
    void anInterruptHitsTheWorkAndNothingAfterIt() {
        Interruptible work = new Interruptible();
        boolean during = work.run(() -> {
            work.interrupt();
            return Thread.currentThread().isInterrupted();
        });
        assertThat(during).isTrue();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        work.interrupt();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void anInterruptThatCameFirstMeetsTheWorkAtItsBeginning() {
        Interruptible work = new Interruptible();
        work.interrupt();
        boolean during = work.run(() -> Thread.currentThread().isInterrupted());
        assertThat(during).isTrue();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void theInnerOneDoesNotTakeTheInterruptOfTheOuter() {
        Interruptible outer = new Interruptible();
        Interruptible inner = new Interruptible();
        boolean behindTheInner = outer.run(() -> {
            boolean unused = inner.run(() -> {
                outer.interrupt();
                inner.interrupt();
                return Thread.interrupted();
            });
            return Thread.interrupted();
        });
        assertThat(behindTheInner).isTrue();
    }

    @Test
    void anInterruptThatTheOuterWorkHasSeenIsNotRepeatedByAnInnerOne() {
        Interruptible outer = new Interruptible();
        boolean again = outer.run(() -> {
            outer.interrupt();
            assertThat(Thread.interrupted()).isTrue();
            boolean unused = new Interruptible().run(() -> true);
            return Thread.interrupted();
        });
        assertThat(again).isFalse();
    }
}
