package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.SerenoException;
import io.sereno.UnreadableEntryException;
import java.time.Duration;

/** Reads the store again and again, and keeps what it said last while it does not answer. */
final class Refresh {
    private static final Duration LEAST = Duration.ofMillis(200);

    /** Why the last reading failed: in a few words, and as the client says it. Both are empty if it did not fail. */
    record Failure(String what, String message) {
        static final Failure NONE = new Failure("", "");

        static Failure of(SerenoException failure) {
            String what = failure instanceof UnreadableEntryException
                    ? "An entry cannot be read"
                    : Main.exitCode(failure) == Exit.NO_PERMISSION
                            ? "The store refuses this user"
                            : "The store does not answer";
            return new Failure(what, String.valueOf(failure.getMessage()));
        }
    }

    private final Sereno sereno;
    private final String store;
    private final Deadlocks deadlocks = new Deadlocks();
    private Overview last;
    private Failure failure = Failure.NONE;

    private Refresh(Sereno sereno, String store) throws InterruptedException {
        this.sereno = sereno;
        this.store = sereno.guarantees().backend() + " " + store;
        this.last = Overview.read(sereno, deadlocks);
    }

    /**
     * Reads once.
     *
     * @throws SerenoException if that fails: there is nothing to show
     */
    static Refresh begin(Sereno sereno, String store) throws InterruptedException {
        return new Refresh(sereno, store);
    }

    static void check(Duration every) {
        if (every.compareTo(LEAST) < 0) {
            throw new IllegalArgumentException(
                    "--every is " + every.toMillis() + "ms; " + LEAST.toMillis() + "ms or more is accepted");
        }
    }

    /** A failure is shown; it does not end anything, since the store may come back. */
    void read() throws InterruptedException {
        try {
            last = Overview.read(sereno, deadlocks);
            failure = Failure.NONE;
        } catch (SerenoException failed) {
            failure = Failure.of(failed);
        }
    }

    String store() {
        return store;
    }

    Overview last() {
        return last;
    }

    Failure failure() {
        return failure;
    }
}
