package io.sereno.benchmarks.worker;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The section that a lock or a pool guards: detects too many threads inside, and of a lock a lost count and a token that does not increase. */
final class Section {
    private final Checks checks;
    private final int most;
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicLong passedTogether = new AtomicLong();
    // Guarded by nothing but the lock that is measured.
    private long passed;
    private long lastToken;

    /** @param most how many may be inside at once */
    Section(Checks checks, int most) {
        this.checks = checks;
        this.most = most;
    }

    /** @param token 0 if the lock gives none */
    void enter(long token) {
        if (inside.incrementAndGet() > most) {
            checks.fault("more than " + most + " are inside at once");
        }
        if (most == 1) {
            if (token != 0 && token <= lastToken) {
                checks.fault("a token does not increase");
            }
            lastToken = token;
            passed++;
        } else {
            passedTogether.incrementAndGet();
        }
    }

    void leave() {
        inside.decrementAndGet();
    }

    void expect(long cycles) {
        checks.equal("cycles counted inside", cycles, passed + passedTogether.get());
    }
}
