package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Numbers;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/** Four threads generate ids with one generator; the ids rise in each thread. */
final class Series implements Workload {
    private final Clients clients;
    private final Crew crew = new Crew(4);
    private final Checks checks = new Checks();
    private final AtomicLongArray last = new AtomicLongArray(crew.size());
    private @Nullable Numbers numbers;

    Series(Clients clients) {
        this.clients = clients;
    }

    @Override
    public void open() throws Exception {
        numbers = clients.connect().numbers(clients.name("ids"));
    }

    @Override
    public Window window(Duration length) throws Exception {
        Numbers generator = Objects.requireNonNull(numbers);
        return crew.repeat(length, thread -> {
                    long id = generator.next();
                    if (id <= last.getAndSet(thread, id)) {
                        checks.fault("an id does not rise");
                    }
                    return true;
                })
                .window(checks);
    }
}
