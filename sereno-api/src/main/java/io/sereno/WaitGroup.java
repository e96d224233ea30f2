package io.sereno;

import java.time.Duration;
import java.util.List;

/**
 * Lets one wait until many elsewhere are done.
 *
 * <pre>{@code
 * WaitGroup group = sereno.waitGroup("import");
 * group.add(5);
 * startWorkers(); // each takes one of the five places by join()
 * group.await();
 * }</pre>
 *
 * <p>The places that {@link #add} opens make up a <em>generation</em>. It is over when all of them are done, or when it
 * has failed because a worker was lost; the next {@code add} then opens the next one. Who waits belongs to the generation
 * found, or, before any {@code add}, to the first. A run that ended before its generation was over leaves it open: to
 * begin afresh, {@link #delete()} it.
 *
 * <p>A worker takes a <em>tracked</em> place by {@link #join()}: if its process dies, this is noticed within its
 * session ttl and the store's lateness, and the generation's {@link OnLostWorker policy} applies. {@link #done()}
 * counts without a place: nobody notices if it never comes.
 *
 * <p><b>Guarantees.</b> {@code await} returns only if the generation was finished at some moment after the call began.
 * The count is never negative. A tracked worker counts once, whatever is repeated.
 *
 * <p><b>Blocking.</b> {@code await} waits for others and is interruptible; the end of the wait changes nothing.
 * Everything else waits for the store, at most the operation timeout, and is not interruptible.
 *
 * <p><b>Errors</b> of everything but the waits: {@link NotAppliedException} if nothing was changed;
 * {@link OutcomeUnknownException} if the change may have been made and this could not be found out in time. Waits go on
 * through outages.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 */
public interface WaitGroup {
    /**
     * What it is called.
     *
     * @return as given to {@link Sereno#waitGroup}
     */
    String name();

    /**
     * Opens places in the current generation, or the next one if that is over, under the policy that it has, or
     * {@link OnLostWorker#FAIL} if it is new.
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
     * @param policy what is to happen when a tracked worker is lost
     * @throws IllegalStateException if the generation has another policy; nothing was changed
     */
    void add(int workers, OnLostWorker policy);

    /**
     * Takes a tracked place.
     *
     * <p>After an {@link OutcomeUnknownException} a place that was taken all the same is given back, for as long as this
     * client's session lasts. If the session ends first, because the store was out of reach all the time, the place is
     * treated as that of a worker that died at once: by the policy of its generation the generation fails, the place counts
     * as done, or it is free again. Nobody can tell the two apart, since the store has the same entries in both cases. After
     * a {@link NotAppliedException} no place was taken, and none is ever treated as lost.
     *
     * @return a place under this client's session; to be closed
     * @throws IllegalStateException if all places are taken; nothing was changed
     */
    Worker join();

    /**
     * Counts one place that nobody took as done.
     *
     * @throws IllegalStateException if there is none; nothing was changed
     */
    void done();

    /**
     * Waits until the generation is finished.
     *
     * @throws InterruptedException if interrupted
     * @throws WorkersLostException if workers were lost and the policy is {@link OnLostWorker#FAIL}; it names at most a
     *     hundred
     * @throws OutcomeUnknownException if eight later generations have failed before the store could be asked again, so
     *     that nobody remembers how this one ended
     * @throws IllegalStateException if the generation was deleted
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    void await() throws InterruptedException;

    /**
     * Waits for some time until the generation is finished. When the time is up it looks once more, and returns at the
     * latest 200 ms later (REC-8), whether that look was answered or not.
     *
     * @param timeout zero or more; zero looks once, and waits for the store alone, at most the operation timeout
     * @return false if the time was up first
     * @throws InterruptedException if interrupted
     * @throws WorkersLostException if workers were lost and the policy is {@link OnLostWorker#FAIL}
     * @throws OutcomeUnknownException as {@link #await()} throws it
     * @throws NotAppliedException if the time ended while the store was out of reach: it has answered nothing since the
     *     call began, or its last request failed
     * @throws IllegalStateException if the generation was deleted
     * @throws SerenoClosedException if the client is closed, also while waiting
     */
    boolean await(Duration timeout) throws InterruptedException;

    /**
     * Looks how far it is, for display.
     *
     * @return the current generation
     */
    View inspect();

    /** Ends the generation and leaves nothing in the store. Who waits for it hears {@link IllegalStateException}. */
    void delete();

    /**
     * How far a generation was when somebody looked.
     *
     * @param generation counts from 1; 0 before any {@code add}
     * @param pending places that are not done
     * @param joined ids of the workers that have a place and are not done; copied
     * @param lost ids of those of them whose sessions are over, and of those whose loss made the generation fail; copied
     */
    record View(long generation, int pending, List<String> joined, List<String> lost) {
        /** Copies the lists. */
        public View {
            joined = List.copyOf(joined);
            lost = List.copyOf(lost);
        }
    }

    /** What is to happen when a tracked worker is lost. */
    enum OnLostWorker {
        /** The generation has failed: whoever waits hears {@link WorkersLostException}. Those at work may end in order. */
        FAIL,
        /** Its place counts as done. */
        COUNT_AS_DONE,
        /** Its place is free again, for another to join. */
        REOPEN
    }
}
