package io.sereno;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A task that a fleet of nodes runs at due times: every node has it, and at most one node begins a due time. It needs no
 * guess of how long a run takes.
 *
 * <pre>{@code
 * ScheduledTask task = sereno.task("report")
 *         .every(Duration.ofMinutes(5))
 *         .ifRunnerLost(ScheduledTask.IfRunnerLost.RUN_AGAIN)
 *         .run(grant -> reports.write(grant.due(), grant.fencingToken()));
 * }</pre>
 *
 * <p>The nodes queue. The first one in the queue waits for the next due time, stores that it begins it, and calls the
 * body. When the body has returned, the node stores that the run has ended, and queues at the tail. So the runs go round,
 * and no request is sent between them except the renewals of the session.
 *
 * <p><b>Guarantees.</b> A due time is begun once, whatever the clocks of the nodes show; it is begun again only under
 * {@link IfRunnerLost#RUN_AGAIN}, after its runner was lost (SCH-1). No two runs are held at the same moment, and later
 * runs have greater fencing tokens (SCH-2). Due times rise (SCH-3). When the node that is first dies, another takes its
 * place within the dead node's session ttl plus the store's lateness (SCH-4).
 *
 * <p><b>Not guaranteed.</b> As for every {@link Grant}: that nothing happens between {@code isHeld()} and the effect; a
 * resource that refuses lower tokens is safe from that too. That every due time is begun: if several pass while no node
 * runs, while a run takes longer than the period, or while the store is out of reach, they become one run, of the latest
 * of them.
 *
 * <p><b>Clocks.</b> A due time is begun when it has passed by the clock of the node that is first. Nodes whose clocks
 * differ begin early or late by as much as their clocks are wrong, and no due time is begun twice. If a node whose clock
 * is far ahead has begun a due time of the future, the other nodes do not wait for that time: they begin the due times
 * after it, at the times of the schedule by their own clocks. This costs at most one period, and the due times stay ahead.
 * {@link #forgetRuns} ends that.
 *
 * <p><b>Different schedules.</b> The schedule of the node that is first decides; due times rise all the same. During a
 * change from node to node, some due times follow the old schedule, and the node that is first may wait for a due time of
 * its old schedule until it closes.
 *
 * <p>Instances are safe for use by multiple threads. The schedule, the policy and the body are set once, before or by
 * {@link #run}; none of the methods that set them waits for the store.
 */
public interface ScheduledTask extends AutoCloseable {
    /** The longest period and the longest delay. */
    Duration MAX_PERIOD = Duration.ofDays(36_500);

    /**
     * The name of this task.
     *
     * @return the name that {@link Sereno#task} got
     */
    String name();

    /**
     * Due times are the multiples of a period since 1970-01-01T00:00Z, so that all nodes have the same ones.
     *
     * @param period whole milliseconds, from 1 ms to {@link #MAX_PERIOD}
     * @return this task
     * @throws IllegalArgumentException if the period is out of range
     * @throws IllegalStateException if the task was begun or closed, or has another schedule
     */
    ScheduledTask every(Duration period);

    /**
     * The first due time is at once, and each later one follows the end of the run before. If the end of a run is not
     * stored, since its runner was lost, its beginning counts.
     *
     * @param delay from the end of a run to the next due time; whole milliseconds, from 1 ms to {@link #MAX_PERIOD}
     * @return this task
     * @throws IllegalArgumentException if the delay is out of range
     * @throws IllegalStateException if the task was begun or closed, or has another schedule
     */
    ScheduledTask withDelay(Duration delay);

    /**
     * Due times are those of a function, for instance of a cron expression. With Spring's {@code CronExpression}: {@code
     * next(after -> Optional.ofNullable(cron.next(after.atZone(zone))).map(ZonedDateTime::toInstant))}.
     *
     * @param next returns the first due time that is later than the given time, or empty if there is none any more. It
     *     should depend on that time alone, and be the same on all nodes. It runs on the callback executor and should
     *     return at once. If it throws, or returns a time that is not later, that is reported as by a callback, and the
     *     node queues at the tail after a pause
     * @return this task
     * @throws IllegalStateException if the task was begun or closed, or has another schedule
     */
    ScheduledTask next(Function<Instant, Optional<Instant>> next);

    /**
     * What follows if the runner of a due time is lost before the end of the run is stored: its process died, its session
     * ended, or it closed the task and the body threw. Without this call: {@link IfRunnerLost#SKIP}.
     *
     * @param policy of the node that takes over
     * @return this task
     * @throws IllegalStateException if the task was begun or closed
     */
    ScheduledTask ifRunnerLost(IfRunnerLost policy);

    /**
     * Begins: queues, and calls the body for each due time that this node begins, until {@link #close}, through outages and
     * losses. Returns at once.
     *
     * @param body runs on the callback executor, one run at a time. Interrupted when the right to the run is lost, and
     *     when the task or the client closes. An exception ends the run, which counts as {@link TaskRun.Outcome#FAILED},
     *     and goes to the {@link SerenoObserver} and the log
     * @return this task
     * @throws IllegalStateException if there is no schedule, or the task was begun or closed before
     * @throws SerenoClosedException if the client is closed
     */
    ScheduledTask run(Consumer<TaskGrant> body);

    /**
     * The last run of any node, read from the store; may be called without {@link #run}. Takes at most the operation
     * timeout, and is not interruptible.
     *
     * @return empty if no run has begun yet
     * @throws NotAppliedException if the store could not be asked
     * @throws UnreadableEntryException if somebody else has written the entry
     * @throws SerenoClosedException if the client is closed
     */
    Optional<TaskRun> lastRun();

    /**
     * Removes what the store has about runs, so that the next due time is planned as if there had been no run. For
     * operators, after a node whose clock was far ahead, or when a task is given up. After this, a due time that was begun
     * before may be begun again. Takes at most the operation timeout, and is not interruptible.
     *
     * @throws NotAppliedException if nothing was removed
     * @throws OutcomeUnknownException if it may have been removed
     * @throws SerenoClosedException if the client is closed
     */
    void forgetRuns();

    /**
     * The error that currently keeps this node from taking part. The node retries until the task is closed.
     *
     * @return empty if there is no such error
     */
    Optional<SerenoException> lastError();

    /**
     * Leaves: begins no run any more, and interrupts the body if it runs. If the body then returns normally, the run has
     * ended; if it throws, the runner counts as lost. Waits for the body and for the store, 5 s at most; inside a callback
     * it does not wait. Idempotent.
     */
    @Override
    void close();

    /** What follows when the runner of a due time is lost. */
    enum IfRunnerLost {
        /** The run may have been done in part; the next due time is begun in time. A due time is begun at most once. */
        SKIP,
        /**
         * The same due time is begun again at once, with a greater {@link TaskGrant#attempt}. The body may thus do the same
         * work more than once. A body that ends its process each time it runs is begun again each time.
         */
        RUN_AGAIN
    }
}
