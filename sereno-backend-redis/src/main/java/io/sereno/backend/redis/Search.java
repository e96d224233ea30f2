package io.sereno.backend.redis;

import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Asks several servers one after another, until one of them answers. The next server is asked when one has refused, or
 * has not answered for a while; its late answer still counts. The result is the first answer, or else the last refusal.
 */
final class Search<T> {
    private static final Duration PATIENCE = Duration.ofMillis(300);

    private final List<InetSocketAddress> servers;
    private final Function<InetSocketAddress, CompletionStage<T>> question;
    private final Consumer<T> surplus;
    private final TimeSource time;
    private final CompletableFuture<T> found = new CompletableFuture<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    /** @param surplus gets answers that come after the first one */
    Search(
            List<InetSocketAddress> servers,
            Function<InetSocketAddress, CompletionStage<T>> question,
            Consumer<T> surplus,
            TimeSource time) {
        this.servers = servers;
        this.question = question;
        this.surplus = surplus;
        this.time = time;
    }

    CompletionStage<T> begin() {
        ask(0);
        return found;
    }

    private void ask(int place) {
        if (place == servers.size() || found.isDone() || !asked.compareAndSet(place, place + 1)) {
            return;
        }
        Runnable timer = time.schedule(PATIENCE, Runnable::run, () -> ask(place + 1));
        Connection.send(() -> question.apply(servers.get(place))).whenComplete((answer, failure) -> {
            timer.run();
            if (failure == null) {
                if (!found.complete(answer)) {
                    surplus.accept(answer);
                }
            } else if (refused.incrementAndGet() == servers.size()) {
                found.completeExceptionally(failure);
            } else {
                ask(place + 1);
            }
        });
    }
}
