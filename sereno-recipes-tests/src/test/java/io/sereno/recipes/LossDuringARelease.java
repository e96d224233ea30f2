package io.sereno.recipes;

import io.sereno.Right;
import io.sereno.recipes.kernel.Strand;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/** A right whose entry is removed, and whose client notices that between the call of release() and the task that gives the right back. */
public final class LossDuringARelease {
    private LossDuringARelease() {}

    public static CompletableFuture<Boolean> of(
            Right right, String directory, Strand strand, Clients clients, FaultyBackend line) {
        clients.time.advance(Clients.TTL.dividedBy(2)); // From the first renewal on, the entry is watched.
        line.next(LossDuringARelease::isCheckOfMarker, Fate.delayReply(Duration.ofMillis(10)));
        clients.removeAll(directory);

        CompletableFuture<Void> occupied = new CompletableFuture<>();
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        var unused = Threads.inThread(() -> {
            strand.execute(() -> {
                occupied.complete(null);
                goOn.join();
            });
            return true;
        });
        occupied.join();
        clients.time.advance(Duration.ofMillis(10)); // The answer comes first,
        AtomicReference<Thread> releasing = new AtomicReference<>();
        CompletableFuture<Boolean> released = Threads.inThread(() -> {
            releasing.set(Thread.currentThread());
            right.release(); // the task of the release second.
            return true;
        });
        Threads.parked(releasing);
        goOn.complete(null);
        return released;
    }

    private static boolean isCheckOfMarker(Request request) {
        return request instanceof Request.Commit commit
                && commit.commit().directory().equals("session")
                && commit.commit().writes().isEmpty();
    }
}
