package io.sereno.benchmarks.worker;

import java.util.concurrent.atomic.AtomicBoolean;

/** The section that a lock guards: detects two threads inside, a lost count, and a token that does not increase. */
final class Section {
    private final Checks checks;
    private final AtomicBoolean occupied = new AtomicBoolean();
    // Guarded by nothing but the lock that is measured.
    private long passed;
    private long lastToken;

    Section(Checks checks) {
        this.checks = checks;
    }

    /** @param token 0 if the lock gives none */
    void enter(long token) {
        if (!occupied.compareAndSet(false, true)) {
            checks.fault("two are inside at once");
        }
        if (token != 0 && token <= lastToken) {
            checks.fault("a token does not increase");
        }
        lastToken = token;
        passed++;
    }

    void leave() {
        occupied.set(false);
    }

    void expect(long cycles) {
        checks.equal("cycles counted inside", cycles, passed);
    }
}
