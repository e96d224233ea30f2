package io.sereno.recipes.kernel;

import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Objects that are shared by all users of one key within a client, for as long as somebody uses the key: an unused key has nothing here. Either
 * users are counted ({@link #enter} and {@link #exit}), atomically for each key in the map; or the shared object knows by itself when it is no
 * longer wanted ({@link #get} and {@link #remove}). Safe for use by multiple threads.
 */
public final class InUse<K, T> {
    private static final class Use<T> {
        private final T shared;
        private int users;

        Use(T shared) {
            this.shared = shared;
        }
    }

    private final ConcurrentHashMap<K, Use<T>> byKey = new ConcurrentHashMap<>();
    private final Consumer<T> closer;
    private volatile boolean closed;

    public InUse(Consumer<T> closer) {
        this.closer = closer;
    }

    /** Adds a user; each call is followed by one {@link #exit}. */
    public T enter(K key, Supplier<T> maker) {
        return use(key, maker, use -> use.users++);
    }

    /** As above, while there is another user. */
    public void enter(K key) {
        byKey.computeIfPresent(key, (same, use) -> {
            use.users++;
            return use;
        });
    }

    /** Removes a user; true if it was the last one. */
    public boolean exit(K key) {
        return byKey.computeIfPresent(key, (same, use) -> --use.users == 0 ? null : use) == null;
    }

    /** Uncounted: a created object stays until it is removed. */
    public T get(K key, Supplier<T> maker) {
        return shared(byKey.computeIfAbsent(key, same -> new Use<>(maker.get())));
    }

    /** As above, and runs a task of the user, atomically with that. */
    T get(K key, Supplier<T> maker, Consumer<T> task) {
        return use(key, maker, use -> task.accept(use.shared));
    }

    private T use(K key, Supplier<T> maker, Consumer<Use<T>> task) {
        Use<T> used = byKey.compute(key, (same, known) -> {
            Use<T> use = known != null ? known : new Use<>(maker.get());
            task.accept(use);
            return use;
        });
        return shared(Objects.requireNonNull(used));
    }

    /** What is in use under this key; null if nothing is. */
    public @Nullable T find(K key) {
        Use<T> use = byKey.get(key);
        return use == null ? null : use.shared;
    }

    public void remove(K key, T shared) {
        remove(key, shared, same -> true);
    }

    /** As above, unless it is in use. */
    void remove(K key, T shared, Predicate<T> isUnused) {
        byKey.computeIfPresent(key, (same, use) -> use.shared == shared && isUnused.test(shared) ? null : use);
    }

    private T shared(Use<T> use) {
        if (closed) {
            closer.accept(use.shared); // It may have been created after close() went through all.
        }
        return use.shared;
    }

    public int size() {
        return byKey.size();
    }

    public void forEach(Consumer<T> task) {
        byKey.values().forEach(use -> task.accept(use.shared));
    }

    public void close() {
        close(closer);
    }

    /** As above, with another closer for the objects that are in use now. */
    void close(Consumer<T> now) {
        closed = true;
        forEach(now);
    }
}
