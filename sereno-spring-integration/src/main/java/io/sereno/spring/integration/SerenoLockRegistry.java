package io.sereno.spring.integration;

import static java.util.Objects.requireNonNull;

import io.sereno.Sereno;
import io.sereno.SerenoLock;
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
     * @return the same lock for each key with the same text
     * @throws IllegalArgumentException if the text is no name
     */
    @Override
    public SerenoLock obtain(Object key) {
        return new RegistryLock(
                sereno.mutex(requireNonNull(key, "key").toString()).asLock());
    }
}
