package io.sereno.backend.etcd.jetcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** jetcd as applications use it: with its defaults. */
final class Jetcd {
    /** Shared by all clients. The kit knows by the names that no client left the threads behind. */
    private static final ExecutorService CALLS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "tck-jetcd");
        thread.setDaemon(true);
        return thread;
    });

    private Jetcd() {}

    static ClientBuilder to(List<InetSocketAddress> servers) {
        return Client.builder()
                .executorService(CALLS)
                .endpoints(servers.stream()
                        .map(server -> URI.create("http://" + server.getHostString() + ":" + server.getPort()))
                        .toList());
    }

    static ClientBuilder to(InetSocketAddress server) {
        return to(List.of(server));
    }

    static ByteSequence bytes(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }
}
