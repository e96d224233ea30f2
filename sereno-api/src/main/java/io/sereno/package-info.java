/**
 * Distributed coordination: the API for applications. The backend on the class path and a URI select the store.
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
 *   <li>{@link io.sereno.Mutex}: one holder at a time. Its {@link io.sereno.Grant} may be used by any thread, reports
 *       its loss and has a fencing token. {@link io.sereno.Right} describes what every right can do.
 *   <li>{@link io.sereno.SlotPool}: numbers of which each client takes one for itself.
 *   <li>{@link io.sereno.LeaderElection}: one leader, known to all candidates.
 *   <li>{@link io.sereno.ScheduledTask}: one node begins each due time.
 *   <li>{@link io.sereno.Counter}: a long that many clients change.
 *   <li>{@link io.sereno.SharedValue}: a value that many clients change, keep cached and wait for.
 *   <li>{@link io.sereno.SharedMap}: such values under keys, which clients change one by one and follow together.
 *   <li>{@link io.sereno.WaitGroup}: wait until workers elsewhere are done, or lost.
 *   <li>{@link io.sereno.Barrier}: a fixed number of parties wait for each other.
 *   <li>{@link io.sereno.Topic}: an ordered, stored stream of messages.
 *   <li>{@link io.sereno.Membership} and {@link io.sereno.KeepAlive}: which members are present.
 *   <li>{@link io.sereno.IdGenerator}: ids that sort by time.
 *   <li>{@link io.sereno.operator.Operator}: who holds what, who waits for whom, and how to take a right away.
 * </ul>
 *
 * <p><b>Blocking.</b> A call blocks the calling thread. A call that waits for <em>other participants</em>, like
 * {@code acquire()}, throws {@link java.lang.InterruptedException}. A call that waits for the <em>store</em> alone,
 * like {@code Counter.get()}, is not interruptible: it ends within the operation timeout and leaves the interrupt flag
 * as it was. A waiting thread is parked and holds no monitor, so virtual threads work well.
 *
 * <p><b>Results.</b> An empty {@link java.util.Optional} or {@code false} means that others were in front, or that the
 * time was up. If the store could not be asked, the call always throws an exception instead.
 *
 * <p><b>Errors</b> are {@link io.sereno.SerenoException}s, unchecked. {@link io.sereno.NotAppliedException}: nothing
 * was changed; the call may be repeated. {@link io.sereno.OutcomeUnknownException}: the change may have been made, or
 * may be made later, so Sereno did not repeat it. A null argument is refused with a
 * {@link java.lang.NullPointerException}; another invalid argument with an {@link java.lang.IllegalArgumentException}
 * that says what is accepted; a call that does not fit the state with an {@link java.lang.IllegalStateException}. These
 * are thrown before any I/O where the error can be detected then. An entry in the store that cannot be read, for
 * instance because another program wrote it, causes an {@link io.sereno.UnreadableEntryException}.
 *
 * <p><b>Callbacks</b> of one subscription run one after another, never on I/O threads and never under a lock. If a
 * callback throws, the exception goes to {@link io.sereno.SerenoObserver#failed} and to the log, and the next callback
 * runs.
 *
 * <p><b>Closing.</b> Close grants, workers, keep-alives, elections, subscriptions, readers, and {@code Sereno} itself.
 * {@code close()} is idempotent, takes bounded time and never throws because of a loss. All other objects hold nothing
 * and need no closing.
 *
 * <p><b>What to implement.</b> Applications implement {@link io.sereno.Codec}, {@link io.sereno.TopicListener},
 * {@link io.sereno.MembershipListener}, {@link io.sereno.SerenoObserver} and {@link io.sereno.SerenoMeter}; these get
 * new methods only with a default. All other interfaces are implemented by Sereno alone and may get methods in any
 * release. {@code docs/compatibility.md} says what a release keeps compatible.
 *
 * <p>Names like LCK-5 refer to rules of the specification, {@code docs/spec.md}.
 */
@NullMarked
package io.sereno;

import org.jspecify.annotations.NullMarked;
