package io.sereno.examples;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Sereno;
import java.time.Duration;
import java.util.Optional;

/**
 * Work that only one process may do at a time, guarded in all three ways: the lock, the signal of its loss, the fencing
 * token.
 */
public final class MonthClose {
    /** What the lock protects. It refuses a token lower than one that it has seen. */
    public interface Ledger {
        void closeMonth(long fencingToken);

        void stop(LossCause cause);
    }

    private final Ledger ledger;

    public MonthClose(Ledger ledger) {
        this.ledger = ledger;
    }

    /** False if another process held the lock for five seconds. */
    public boolean run(String uri) throws InterruptedException {
        try (Sereno sereno = Sereno.connect(uri)) {
            Optional<Grant> attempt = sereno.mutex("close-month").tryAcquire(Duration.ofSeconds(5));
            if (attempt.isEmpty()) {
                return false; // another process is closing the month
            }
            try (Grant grant = attempt.get()) {
                grant.lost().thenAccept(ledger::stop); // cut off, paused for too long, or removed by an operator
                ledger.closeMonth(grant.fencingToken()); // greater than every token before
                return true;
            }
        }
    }
}
