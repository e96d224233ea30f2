package io.sereno.recipes;

import io.sereno.Sereno;
import io.sereno.SerenoObserver;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Clients of one memory store under one manual clock, each with a connection of its own, as if each were a process. */
final class Clients implements AutoCloseable {
    static final Duration TTL = Duration.ofSeconds(9);
    static final Duration OPERATION_TIMEOUT = Duration.ofSeconds(5);

    final ManualTime time = new ManualTime();
    final MemoryStore store = new MemoryStore(time);
    final ExecutorService callbacks = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "callback");
        thread.setDaemon(true);
        return thread;
    });
    private final List<Sereno> open = new ArrayList<>();

    SerenoClient connect(String nodeId) {
        return connect(nodeId, store.connect(callbacks));
    }

    SerenoClient connect(String nodeId, Backend backend) {
        return connect(nodeId, backend, Settings.NO_OBSERVER);
    }

    SerenoClient connect(String nodeId, Backend backend, SerenoObserver observer) {
        Settings settings = new Settings(
                nodeId, "", TTL, OPERATION_TIMEOUT, time, callbacks, callbacks, observer, "memory", List.of());
        SerenoClient client = new SerenoClient(settings, backend, true);
        open.add(client);
        return client;
    }

    @Override
    public void close() {
        open.forEach(Sereno::close);
        callbacks.shutdownNow();
    }
}
