package io.sereno;

import java.time.Duration;
import java.util.List;

/** add() after a finished generation opens the next; a waiter belongs to the generation it finds, or, before any add, to the first. */
public interface WaitGroup {
    String name();

    void add(int workers);
    /** The policy is stored with the generation; a different one in the same generation: IllegalStateException. Default FAIL. */
    void add(int workers, OnLostWorker policy);
    /** A tracked place; IllegalStateException when all are taken. */
    Worker join();
    /** Untracked; below zero: IllegalStateException, nothing changed. */
    void done();
    /** WorkersLostException under FAIL. */
    void await() throws InterruptedException;

    boolean await(Duration timeout) throws InterruptedException;

    View inspect();
    /** Ends the generation (waiters get IllegalStateException) and leaves no entry. */
    void delete();

    record View(long generation, int pending, List<String> joined, List<String> lost) {
        public View {
            joined = List.copyOf(joined);
            lost = List.copyOf(lost);
        }
    }

    enum OnLostWorker {
        FAIL,
        COUNT_AS_DONE,
        REOPEN
    }
}
