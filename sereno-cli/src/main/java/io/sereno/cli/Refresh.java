package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.SerenoException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Reads the store again and again, and keeps what it said last while it does not answer. */
final class Refresh {
    private static final Duration LEAST = Duration.ofMillis(200);

    private final Sereno sereno;
    private final String store;
    private Overview last = new Overview(Instant.now(), List.of(), List.of(), List.of(), List.of());
    private String failure = "";

    Refresh(Sereno sereno, String store) {
        this.sereno = sereno;
        this.store = sereno.guarantees().backend() + " " + store;
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
            last = Overview.read(sereno);
            failure = "";
        } catch (SerenoException away) {
            failure = String.valueOf(away.getMessage());
        }
    }

    String store() {
        return store;
    }

    Overview last() {
        return last;
    }

    String failure() {
        return failure;
    }
}
