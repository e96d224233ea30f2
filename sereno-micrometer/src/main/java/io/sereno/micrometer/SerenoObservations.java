package io.sereno.micrometer;

import io.micrometer.observation.ObservationRegistry;
import io.sereno.Sereno;
import java.util.Objects;

/**
 * Observations of locks, for traces: with a tracing bridge of Micrometer, a trace shows how long a call waited for a
 * lock and how long it held the lock.
 *
 * <pre>{@code
 * Sereno sereno = SerenoObservations.observe(Sereno.connect("etcd://etcd:2379/billing"), observations);
 * sereno.mutex("close-month").call(grant -> close(grant.fencingToken()));
 * }</pre>
 *
 * <table>
 *   <caption>The observations</caption>
 *   <tr><th>name</th><th>from</th><th>to</th><th>{@code outcome}</th></tr>
 *   <tr><td>{@code sereno.acquire}</td><td>the call</td><td>its return, or the completion of its future</td>
 *       <td>{@code granted}, {@code busy}, {@code failed}</td></tr>
 *   <tr><td>{@code sereno.hold}</td><td>the grant</td><td>release or loss</td>
 *       <td>{@code released}, {@code lost}; {@code failed} if the work of {@code Mutex.call} threw</td></tr>
 * </table>
 *
 * <p>Both have the low-cardinality keys {@code recipe} and {@code outcome} and the high-cardinality key {@code name}.
 * The parent of both is the observation that is current in the thread that acquires. An exception becomes the error of
 * its observation. The work of {@link io.sereno.Mutex#call} runs in the scope of {@code sereno.hold}.
 *
 * <p>The calls of {@link io.sereno.Mutex}, {@link io.sereno.ReadWriteMutex}, {@link io.sereno.LockSet}, {@link
 * io.sereno.PermitPool} and {@link io.sereno.SlotPool} that acquire
 * a right are observed. {@link io.sereno.Mutex#asLock()} is not observed, nor are elections: a leadership may last for
 * months. Waits that grant no right, such as those of {@link io.sereno.Barrier} and {@link io.sereno.WaitGroup}, are not
 * observed either. The meters of {@link SerenoMetrics} do not depend on this class.
 */
public final class SerenoObservations {
    private SerenoObservations() {}

    /**
     * The same client with observations. Close either of the two, once.
     *
     * @param sereno the client; rights that are acquired through it directly are not observed
     * @param registry receives the observations
     * @return a view of {@code sereno}, as thread-safe as {@code sereno}
     * @throws NullPointerException if an argument is null
     */
    public static Sereno observe(Sereno sereno, ObservationRegistry registry) {
        Objects.requireNonNull(sereno, "sereno");
        Objects.requireNonNull(registry, "registry");
        return ObservedClient.of(sereno, registry);
    }
}
