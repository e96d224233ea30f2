package io.sereno.suite.mutants;

import io.sereno.Sereno;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** The shared state of the clients of one run of the kit: a clock, chance, and a store for each namespace. */
public final class World {
    private final ManualTime time = new ManualTime();
    private final Random random;
    private final Backends backends;
    private final CountDownLatch end = new CountDownLatch(1);
    private final List<Object> kept = new CopyOnWriteArrayList<>();
    private final Map<String, PlainStore> stores = new ConcurrentHashMap<>();
    private final Map<String, PlainStore.Backup> copies = new ConcurrentHashMap<>();

    World(Backends backends, long seed) {
        this.backends = backends;
        this.random = new Random(seed);
    }

    /** The clock of servers and clients. */
    public ManualTime time() {
        return time;
    }

    /** A new client. */
    public Backend connect(BackendConfig config) {
        return backends.connect(this, config);
    }

    /** The client library's side of the network that the kit simulates. */
    public Backend above(Backend network, Executor executor) {
        return backends.above(this, network, executor);
    }

    /** A client of the recipes. */
    public Sereno recipes(Backend backend, UnaryOperator<Sereno.Builder> settings) {
        return backends.recipes(this, backend, settings);
    }

    Random random() {
        return random;
    }

    /** True at random, this many times in a thousand. */
    boolean chance(int inThousand) {
        return random.nextInt(1_000) < inThousand;
    }

    PlainStore store(BackendConfig config) {
        return stores.computeIfAbsent(config.namespace(), name -> backends.store(this));
    }

    /** One store for all namespaces. */
    PlainStore only() {
        return stores.computeIfAbsent("", name -> backends.store(this));
    }

    /** Reached when the run is over, for threads that are left running on purpose. */
    CountDownLatch end() {
        return end;
    }

    /** Objects that are kept on purpose as long as the world exists. */
    List<Object> kept() {
        return kept;
    }

    /** Whether an earlier state of its stores can be restored. */
    public boolean canBeRestored() {
        return backends.canBeRestored();
    }

    /** Saves the present content of all stores. */
    public void backup() {
        copies.clear();
        stores.forEach((namespace, store) -> copies.put(namespace, store.backup()));
    }

    /** All stores get the content of the last backup; stores that were created since become empty. */
    public void restore() {
        stores.forEach(
                (namespace, store) -> store.restore(copies.getOrDefault(namespace, PlainStore.Backup.OF_NOTHING)));
    }

    /** Ends what was left. */
    public void close() {
        end.countDown();
    }

    /** Runs something a while later, on the thread of the clock. */
    void later(Duration delay, Runnable what) {
        later(delay, Runnable::run, what);
    }

    /** Makes a call a while later. */
    <T> CompletionStage<T> delayed(Duration delay, Supplier<CompletionStage<T>> call) {
        CompletableFuture<Boolean> ready = new CompletableFuture<>();
        later(delay, () -> ready.complete(true));
        return ready.thenCompose(now -> call.get());
    }

    /** Runs something a while later. */
    void later(Duration delay, Executor executor, Runnable what) {
        time.schedule(delay, executor, what);
    }

    /** The parts of a mutant or adversary; each replaces what it needs. */
    interface Backends {
        /** The store of one namespace. */
        default PlainStore store(World world) {
            return new PlainStore(world.time());
        }

        /** A client of the store. */
        default Backend connect(World world, BackendConfig config) {
            return world.store(config).connect(config);
        }

        /** The client's own side of the network. */
        default Backend above(World world, Backend network, Executor executor) {
            return network;
        }

        /** Whether the stores hold all of the state. */
        default boolean canBeRestored() {
            return true;
        }

        /** The recipes on top of the backend. */
        default Sereno recipes(World world, Backend backend, UnaryOperator<Sereno.Builder> settings) {
            return settings.apply(Sereno.builder().backend(backend)).connect();
        }
    }
}
