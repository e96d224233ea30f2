package io.sereno.spring.integration;

import static java.util.Objects.requireNonNull;

import io.sereno.Sereno;
import io.sereno.SerenoLock;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.integration.support.locks.LockRegistry;

/**
 * A registry of locks that exclude each other in all processes of one store and namespace.
 *
 * <pre>{@code
 * @Bean
 * SerenoLockRegistry lockRegistry(Sereno sereno) {
 *     return new SerenoLockRegistry(sereno.withNamespace("aggregator"));
 * }
 * }</pre>
 *
 * <p>The lock of a key is the {@link io.sereno.Mutex} whose name is the key's text. It has the guarantees of
 * {@link SerenoLock}: it is re-entrant, belongs to a thread, is renewed as long as the process lives, and knows its
 * fencing token and its loss. No local lock is added, so an interrupt or a time limit of {@code tryLock} counts for the
 * whole wait. A lock that nobody holds or awaits takes no memory, so nothing expires in this registry.
 *
 * <p>{@link SerenoLock#unlock()} throws a {@link java.util.ConcurrentModificationException}, as Spring's own registries
 * do, if the lock was lost before; the cause is the {@link io.sereno.GrantLostException}. If the store is away,
 * {@code lock()} waits, and {@code tryLock} throws {@link io.sereno.NotAppliedException} and does not return false.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public final class SerenoLockRegistry implements LockRegistry {
    private final Sereno sereno;

    /** The locks to which somebody refers: as in Spring's own registries, the same key yields the same object. */
    private final ConcurrentHashMap<String, InUse> inUse = new ConcurrentHashMap<>();

    private final ReferenceQueue<RegistryLock> unused = new ReferenceQueue<>();

    private static final class InUse extends WeakReference<RegistryLock> {
        private final String name;

        InUse(String name, RegistryLock lock, ReferenceQueue<RegistryLock> unused) {
            super(lock, unused);
            this.name = name;
        }
    }

    /**
     * Makes a registry. Does no I/O.
     *
     * @param sereno whose mutexes the locks are; give the registry a child namespace, so that its keys meet no other
     *     mutexes. Not closed by this registry
     */
    public SerenoLockRegistry(Sereno sereno) {
        this.sereno = requireNonNull(sereno, "sereno");
    }

    /**
     * The lock of a key. Does no I/O and holds nothing.
     *
     * @param key its text is the name: 1 to {@value Sereno#MAX_NAME_BYTES} bytes of UTF-8
     * @return the same lock for each key with the same text; the same object, as long as anybody refers to it
     * @throws IllegalArgumentException if the text is no name
     */
    @Override
    public SerenoLock obtain(Object key) {
        String name = requireNonNull(key, "key").toString();
        forgetUnused();
        while (true) {
            InUse known = inUse.get(name);
            RegistryLock lock = known == null ? null : known.get();
            if (lock != null) {
                return lock;
            }
            RegistryLock made = new RegistryLock(sereno.mutex(name).asLock());
            InUse entry = new InUse(name, made, unused);
            if (known == null ? inUse.putIfAbsent(name, entry) == null : inUse.replace(name, known, entry)) {
                return made;
            }
        }
    }

    private void forgetUnused() {
        for (Reference<?> gone = unused.poll(); gone != null; gone = unused.poll()) {
            inUse.remove(((InUse) gone).name, gone);
        }
    }
}
