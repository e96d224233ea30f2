package io.sereno.recipes.kernel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reports results, many at a time, in a thread where callers' code may run: handing over to another thread costs more than a change does.
 * Callers' code may wait in that thread for the next change, so changes that have been requested by then are processed first.
 *
 * <p>Callers' code may also block. The results behind it are then reported by another thread, {@link #PATIENCE} later or a little more. Safe
 * for use by multiple threads.
 */
public final class CompletionQueue {
    /** A result that is ready to be reported. */
    public interface Answer {
        /** Runs the code that depends on the result, in this thread. */
        void report();
    }

    /** How long the report of one result may take before another thread goes on with the results behind it. */
    private static final Duration PATIENCE = Duration.ofMillis(5);

    private final Kernel kernel;
    private final Runnable first;
    private final Queue<Answer> ended = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean due = new AtomicBoolean();

    private final Queue<Round> underWay = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean watched = new AtomicBoolean();

    /** {@code first} runs before results are reported, and after {@link #areDue} has become false. */
    public CompletionQueue(Kernel kernel, Runnable first) {
        this.kernel = kernel;
        this.first = first;
    }

    public void add(Answer answer) {
        ended.add(answer);
        announce();
    }

    /** Adds the results of one commit: they are reported in one round. */
    public void addAll(List<? extends Answer> answers) {
        if (answers.isEmpty()) {
            return;
        }
        ended.addAll(answers);
        announce();
    }

    private void announce() {
        if (due.compareAndSet(false, true)) {
            kernel.offStrand(this::reportAll);
        }
    }

    /** Whether results are about to be reported, and {@code first} is about to run. */
    boolean areDue() {
        return due.get();
    }

    private void reportAll() {
        due.set(false);
        List<Answer> now = new ArrayList<>();
        for (Answer answer = ended.poll(); answer != null; answer = ended.poll()) {
            now.add(answer);
        }
        first.run();
        Round round = new Round(now);
        if (now.size() > 1) {
            underWay.add(round);
            watch();
        }
        round.run();
        underWay.remove(round);
    }

    /** Sets one timer for as long as results are being reported, not one for each round: a second may have thousands of rounds. */
    private void watch() {
        if (!watched.get() && watched.compareAndSet(false, true)) {
            kernel.time().schedule(PATIENCE, Runnable::run, this::look);
        }
    }

    private void look() {
        watched.set(false); // Set before the rounds are looked at: a round that begins now arranges a look of its own.
        if (!underWay.isEmpty()) {
            watch();
        }
        underWay.forEach(Round::look);
    }

    /** Results that are reported in order, each once, by one thread as long as nothing blocks it. */
    private final class Round {
        private final List<Answer> answers;
        private final AtomicInteger next = new AtomicInteger();
        /** Used by the timer only: the value of {@code next} at the last look. */
        private int seen = -1;

        Round(List<Answer> answers) {
            this.answers = answers;
        }

        void run() {
            for (int i = next.getAndIncrement(); i < answers.size(); i = next.getAndIncrement()) {
                answers.get(i).report();
            }
        }

        void look() {
            int now = next.get();
            if (now >= answers.size()) {
                underWay.remove(this); // All are reported, or being reported.
            } else if (now == seen) {
                kernel.offStrand(this::run);
            }
            seen = now;
        }
    }
}
