/**
 * Distributed coordination: the API that applications code against. Which store is behind it is decided by the backend
 * on the class path and a URI.
 *
 * <pre>{@code
 * try (Sereno sereno = Sereno.connect("etcd://10.0.0.7:2379,10.0.0.8:2379/billing")) {
 *     Optional<Grant> attempt = sereno.mutex("close-month").tryAcquire(Duration.ofSeconds(5));
 *     if (attempt.isEmpty()) {
 *         return; // others were in front
 *     }
 *     try (Grant grant = attempt.get()) {
 *         ledger.closeMonth(grant.fencingToken()); // refuses a token lower than the greatest it has seen
 *     }
 * }
 * }</pre>
 *
 * <p>Everything begins with {@link io.sereno.Sereno}:
 *
 * <ul>
 *   <li>{@link io.sereno.Mutex}: one at a time, with a {@link io.sereno.Grant} that any thread may use, hears of its
 *       loss and fences. What every {@link io.sereno.Right} can do stands there.
 *   <li>{@link io.sereno.LeaderElection}: one leader, and all others know who.
 *   <li>{@link io.sereno.Counter}: a long that many change.
 *   <li>{@link io.sereno.WaitGroup}: wait until workers elsewhere are done, or lost.
 *   <li>{@link io.sereno.Topic}: an ordered, stored stream of messages.
 *   <li>{@link io.sereno.Membership} and {@link io.sereno.KeepAlive}: who is there.
 *   <li>{@link io.sereno.IdGenerator}: ids that sort by time.
 * </ul>
 *
 * <p><b>What waits.</b> A call waits in the thread that made it. One that waits for <em>other participants</em>, like
 * {@code acquire()}, throws {@link java.lang.InterruptedException}. One that waits for the <em>store</em> alone, like
 * {@code Counter.get()}, is not interruptible: it ends by the operation timeout at the latest, and leaves the interrupt
 * flag as it was. Waiting parks and holds no monitor, so virtual threads do.
 *
 * <p><b>What an answer means.</b> An empty {@link java.util.Optional} or {@code false} says that others were in front,
 * or that time was up. That the store could not be asked is never told in this way, but by an exception.
 *
 * <p><b>Errors</b> are {@link io.sereno.SerenoException}s, unchecked. {@link io.sereno.NotAppliedException}: nothing
 * happened, the call may be repeated. {@link io.sereno.OutcomeUnknownException}: it may have happened, or may happen
 * yet, so it was not repeated. Null arguments are refused with a {@link java.lang.NullPointerException}, other bad ones
 * with an {@link java.lang.IllegalArgumentException} that says what is accepted; calls that do not fit the state with
 * an {@link java.lang.IllegalStateException}; each before any I/O where it can be seen there. An entry of the store that
 * cannot be read, for instance because another program wrote it, is an {@link io.sereno.UnreadableEntryException}.
 *
 * <p><b>Callbacks</b> of one subscription run one after another, never on I/O threads and never under a lock. What one
 * throws goes to {@link io.sereno.SerenoObserver#failed} and to the log, and the next one runs.
 *
 * <p><b>Closing.</b> What is <em>entered</em> is closed: grants, workers, keep-alives, elections, subscriptions,
 * readers, and {@code Sereno} itself. {@code close()} is idempotent, takes bounded time and never throws for a loss.
 * Everything else holds nothing and needs no closing.
 *
 * <p><b>What to implement.</b> Applications implement {@link io.sereno.Codec}, {@link io.sereno.TopicListener},
 * {@link io.sereno.MembershipListener}, {@link io.sereno.SerenoObserver} and {@link io.sereno.SerenoMeter}; these get new
 * methods only with a default. All other interfaces are implemented by Sereno alone and may get methods in any release.
 * {@code docs/compatibility.md} has what a release keeps.
 *
 * <p>Names like LCK-5 are rules of the specification, {@code docs/spec.md}.
 */
@NullMarked
package io.sereno;

import org.jspecify.annotations.NullMarked;
