package io.sereno.recipes.client;

import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Objects that are shared by all users of one name within a client, for as long as somebody uses the name: an unused name has nothing here. Either
 * users are counted ({@link #enter} and {@link #exit}), atomically for each name in the map; or the shared object knows by itself when it is no
 * longer wanted ({@link #get} and {@link #remove}). Safe for use by multiple threads.
 */
public final class InUse<T> {
    private static final class Use<T> {
        private final T shared;
        private int users;

        Use(T shared) {
            this.shared = shared;
        }
    }

    private final ConcurrentHashMap<String, Use<T>> byDirectory = new ConcurrentHashMap<>();
    private final Consumer<T> closer;
    private volatile boolean closed;

    public InUse(Consumer<T> closer) {
        this.closer = closer;
    }

    /** Adds a user; each call is followed by one {@link #exit}. */
    public T enter(String directory, Supplier<T> maker) {
        Use<T> entered = byDirectory.compute(directory, (key, use) -> {
            Use<T> used = use != null ? use : new Use<>(maker.get());
            used.users++;
            return used;
        });
        return shared(Objects.requireNonNull(entered));
    }

    public void exit(String directory) {
        byDirectory.computeIfPresent(directory, (key, use) -> --use.users == 0 ? null : use);
    }

    /** Uncounted: a created object stays until it is removed. */
    public T get(String directory, Supplier<T> maker) {
        return shared(byDirectory.computeIfAbsent(directory, key -> new Use<>(maker.get())));
    }

    public void remove(String directory, T shared) {
        byDirectory.computeIfPresent(directory, (key, use) -> use.shared == shared ? null : use);
    }

    private T shared(Use<T> use) {
        if (closed) {
            closer.accept(use.shared); // It may have been created after close() went through all.
        }
        return use.shared;
    }

    public int size() {
        return byDirectory.size();
    }

    public void close() {
        closed = true;
        byDirectory.values().forEach(use -> closer.accept(use.shared));
    }
}
