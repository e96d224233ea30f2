package io.sereno.junit;

import io.sereno.Sereno;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The nodes of one test with their store, time, threads and seed. */
final class Cluster {
    private final Threads threads = new Threads();
    private final TimeSource time;
    private final Clock clock;
    private final String uri;
    private final String namespace;
    private final Duration ttl;
    private final @Nullable MemoryStore store;
    private final long seed;
    private final Random random;
    private final List<TestNode> nodes = new ArrayList<>();

    Cluster(Time kind, String uri, Duration ttl, long seed) {
        if (kind == Time.REAL || !uri.isEmpty()) {
            RealClock real = new RealClock(threads);
            time = real;
            clock = real;
        } else {
            ManualTime manual = new ManualTime();
            time = manual;
            clock = new VirtualClock(manual, threads);
        }
        this.uri = uri;
        this.namespace = "junit-" + Long.toHexString(new Random().nextLong());
        this.ttl = ttl;
        this.store = uri.isEmpty() ? new MemoryStore(time) : null;
        this.seed = seed;
        this.random = new Random(seed);
    }

    Clock clock() {
        return clock;
    }

    Random random() {
        return random;
    }

    long seed() {
        return seed;
    }

    /** The node with this index, and those before it. */
    TestNode node(int index) {
        while (nodes.size() <= index) {
            nodes.add(connect("node-" + (nodes.size() + 1)));
        }
        return nodes.get(index);
    }

    private TestNode connect(String name) {
        Leaks leaks = new Leaks();
        Sereno.Builder builder =
                Sereno.builder().nodeId(name).sessionTtl(ttl).executor(threads).meter(leaks);
        FaultyBackend line;
        Sereno client;
        if (store != null) {
            line = new FaultyBackend(store.connect(threads), time, threads);
            client = builder.backend(line).timeSource(line.time()).connect();
        } else {
            FaultyBackend[] opened = new FaultyBackend[1];
            LateTime late = new LateTime(time);
            client = builder.uri(uri)
                    .namespace(namespace)
                    .timeSource(late)
                    .wrap(backend -> {
                        opened[0] = new FaultyBackend(backend, time, threads);
                        late.become(opened[0].time());
                        return opened[0];
                    })
                    .connect();
            line = opened[0];
        }
        return new TestNode(name, client, line, leaks, random);
    }

    /** Calls that failed, and the test does not know. */
    List<Throwable> unseenFailures() {
        return clock.unseenFailures();
    }

    /**
     * What the nodes hold and wait for, now that the test is over. In real time, threads that are not known here may still
     * report a loss that the test has heard of.
     */
    List<String> leaks() throws InterruptedException {
        threads.settle();
        if (clock instanceof RealClock) {
            clock.passUntil(() -> openNow().isEmpty(), Duration.ofSeconds(1));
        }
        return openNow();
    }

    private List<String> openNow() {
        return nodes.stream().flatMap(node -> node.leaks().stream()).toList();
    }

    void close() throws InterruptedException, ExecutionException, TimeoutException {
        nodes.forEach(TestNode::repair);
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        for (TestNode node : nodes) {
            ends.add(clock.begin(() -> {
                node.sereno().close();
                return null;
            }));
        }
        try {
            for (CompletableFuture<Void> end : ends) {
                clock.await(end);
            }
        } finally {
            threads.close();
            if (clock instanceof RealClock real) {
                real.close();
            }
        }
    }
}
