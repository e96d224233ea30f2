package io.sereno;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Lets a caller wait until many workers elsewhere are done. A caller that waits before any {@link #add} waits for the
 * first generation; {@link #await()} does not return at once then.
 *
 * <pre>{@code
 * WaitGroup group = sereno.waitGroup("import");
 * group.add(5);
 * startWorkers(); // each takes one of the five places by join()
 * group.await();
 * }</pre>
 *
 * <p>The places that {@link #add} opens make up a <em>generation</em>. It is over when all places are done, or when it
 * has failed because a worker was lost; the next {@code add} then opens the next generation. A waiting caller belongs
 * to the generation that it found, or, before any {@code add}, to the first. A program run that ended before its
 * generation was over leaves the generation open: to start again, {@link #delete()} it.
 *
 * <p>A worker takes a <em>tracked</em> place by {@link #join()}: if its process dies, this is noticed within its
 * session ttl plus the store's lateness, and the generation's {@link OnLostWorker policy} applies. {@link #done()}
 * counts a place that nobody took: nobody notices if that call never comes.
 *
 * <p><b>Guarantees.</b> {@code await} returns only if the generation was finished at some moment after the call began.
 * The count is never negative. A tracked worker counts once, whatever calls are repeated.
 *
 * <p><b>Blocking.</b> {@code await} waits for others and is interruptible; the end of the wait changes nothing. All
 * other methods wait for the store, at most the operation timeout, and are not interruptible.
 *
 * <p><b>Errors</b> of all methods but {@code await}: {@link NotAppliedException} if nothing was changed;
 * {@link OutcomeUnknownException} if the change may have been made and this could not be found out in time.
 * {@code await} continues through outages.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface WaitGroup {
    /**
     * The name of the wait group.
     *
     * @return as given to {@link Sereno#waitGroup}
     */
    String name();

    /**
     * Opens places in the current generation, or in the next one if the current is over. The generation keeps its
     * policy; a new one gets {@link OnLostWorker#FAIL}.
     *
     * @param workers how many, 1 or more
     * @throws IllegalStateException if the generation would have more than {@link Integer#MAX_VALUE} places to be done;
     *     nothing was changed
     */
    void add(int workers);

    /**
     * Opens places under a policy, which is stored with the generation.
     *
     * @param workers how many, 1 or more
     * @param policy what happens when a tracked worker is lost
     * @throws IllegalStateException if the generation has another policy; nothing was changed
     */
    void add(int workers, OnLostWorker policy);

    /**
     * Takes a tracked place.
     *
     * <p>After an {@link OutcomeUnknownException} the place may have been taken; the client then gives it back, as long
     * as its session lasts. If the session ends first, because the store was out of reach all the time, the place is
     * treated as that of a worker that died at once: depending on the policy of the generation, the generation fails,
     * the place counts as done, or the place is free again. Nobody can distinguish the two cases, since the store has
     * the same entries in both. After a {@link NotAppliedException} no place was taken, and none is ever treated as
     * lost.
     *
     * @return a place under this client's session; to be closed
     * @throws IllegalStateException if all places are taken; nothing was changed
     */
    Worker join();

    /**
     * Takes a tracked place as {@link #join()}, if there is a free one. Settles lost workers first, whose places may be
     * free then. Does not wait for other workers, only for the store, at most the operation timeout; not interruptible.
     *
     * @return a place under this client's session, to be closed; empty if all places are taken, the generation is over,
     *     or no place was added yet; no place was taken then. Settling a lost worker may end the generation, as
     *     {@link OnLostWorker} says
     * @throws NotAppliedException if no place was taken, and the store could not be asked whether one is free
     * @throws OutcomeUnknownException as {@link #join()} throws it
     */
    Optional<Worker> tryJoin();

    /**
     * Counts one place that nobody took as done.
     *
     * @throws IllegalStateException if there is no such place; nothing was changed
     */
    void done();

    /**
     * Waits until the generation is finished; before the first {@link #add}, until the first generation is.
     *
     * @throws InterruptedException if interrupted
     * @throws WorkersLostException if workers were lost and the policy is {@link OnLostWorker#FAIL}; the exception
     *     names at most a hundred
     * @throws OutcomeUnknownException if eight later generations have failed before the store could be asked again, so
     *     that the result of this one is no longer stored
     * @throws IllegalStateException if the generation was deleted
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    void await() throws InterruptedException;

    /**
     * Waits for some time until the generation is finished. When the time is up it reads once more, and returns at the
     * latest 200 ms later (REC-8), whether that read was answered or not.
     *
     * @param timeout zero or more; zero reads once, and waits for the store alone, at most the operation timeout
     * @return false if the time was up first
     * @throws InterruptedException if interrupted
     * @throws WorkersLostException if workers were lost and the policy is {@link OnLostWorker#FAIL}
     * @throws OutcomeUnknownException as {@link #await()} throws it
     * @throws NotAppliedException if the time ended while the store was out of reach: the store has answered nothing
     *     since the call began, or the last request failed
     * @throws IllegalStateException if the generation was deleted
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    boolean await(Duration timeout) throws InterruptedException;

    /**
     * Reads the progress, for display.
     *
     * @return the current generation
     */
    View inspect();

    /**
     * Ends the generation and leaves nothing in the store. Callers that wait for it get an
     * {@link IllegalStateException}.
     */
    void delete();

    /**
     * The progress of a generation at the time of the read.
     *
     * @param generation counts from 1; 0 before any {@code add}
     * @param pending places that are not done
     * @param joined ids of the workers that have a place and are not done; copied
     * @param lost ids of joined workers whose sessions are over, and of workers whose loss made the generation fail;
     *     copied
     */
    record View(long generation, int pending, List<String> joined, List<String> lost) {
        /** Copies the lists. */
        public View {
            joined = List.copyOf(joined);
            lost = List.copyOf(lost);
        }
    }

    /** What happens when a tracked worker is lost. */
    enum OnLostWorker {
        /**
         * The generation has failed: waiting callers get a {@link WorkersLostException}. The other workers may still
         * finish normally.
         */
        FAIL,
        /** Its place counts as done. */
        COUNT_AS_DONE,
        /** Its place is free again, for another worker to join. */
        REOPEN
    }
}
