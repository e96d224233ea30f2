package io.sereno.recipes;

import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What all objects of one name share within a client, for as long as somebody uses it: a name that nobody uses has nothing here. Users are counted
 * under the map's own atomicity for each name. Safe for use by multiple threads.
 */
final class InUse<T> {
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

    InUse(Consumer<T> closer) {
        this.closer = closer;
    }

    /** One user more; each is followed by one {@link #exit}. */
    T enter(String directory, Supplier<T> maker) {
        Use<T> entered = byDirectory.compute(directory, (key, use) -> {
            Use<T> used = use != null ? use : new Use<>(maker.get());
            used.users++;
            return used;
        });
        T shared = Objects.requireNonNull(entered).shared;
        if (closed) {
            closer.accept(shared); // It may have been made after close() went through all.
        }
        return shared;
    }

    void exit(String directory) {
        byDirectory.computeIfPresent(directory, (key, use) -> --use.users == 0 ? null : use);
    }

    int size() {
        return byDirectory.size();
    }

    void close() {
        closed = true;
        byDirectory.values().forEach(use -> closer.accept(use.shared));
    }
}
