package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Connector;
import io.sereno.benchmarks.worker.Peer.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Connects the clients of a worker to one store, and names what they use. */
final class Clients {
    private static final int AT_ONCE = 8;

    private final Connector connector;
    private final Target target;
    private final String prefix;

    /** @param prefix distinguishes this worker's names from those of all others at the same server */
    Clients(Connector connector, Target target, String prefix) {
        this.connector = connector;
        this.target = target;
        this.prefix = prefix;
    }

    String name(String name) {
        return prefix + "-" + name;
    }

    /** The same in another namespace. */
    Clients in(String namespace) {
        Target there = new Target(
                target.store(), target.authority(), namespace, target.ttl(), target.subject(), target.many());
        return new Clients(connector, there, prefix);
    }

    Peer connect() throws Exception {
        return connector.connect(target);
    }

    List<Peer> connect(int count) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<Callable<Peer>> connecting = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                connecting.add(this::connect);
            }
            List<Peer> peers = new ArrayList<>();
            for (Future<Peer> connected : threads.invokeAll(connecting)) {
                peers.add(Crew.result(connected));
            }
            return peers;
        } finally {
            threads.shutdown();
        }
    }
}
