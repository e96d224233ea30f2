package io.sereno;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * Makes ids that are unique and sort by time.
 *
 * <pre>{@code
 * long id = sereno.ids("messages").nextId();
 * IdLayout.Parts parts = IdLayout.SONYFLAKE.decode(id);
 * System.out.println(id + " was made at " + parts.time());
 * }</pre>
 *
 * <p>A generator takes a slot and reserves windows of time for it in the store. Inside its window it makes ids without
 * I/O, as many as the layout has room for: 25,600 per second and slot with {@link IdLayout#SONYFLAKE}. If the store is
 * out of reach, it continues to the end of the window. Generators of one name share a slot within a client, and keep it
 * until the client closes. Afterwards the store still has the layout, and up to where each slot is used.
 *
 * <p><b>Guarantees.</b> Ids are unique among all generators of the name, whatever clocks and leases do: windows of one
 * slot never overlap. Ids of one generator are strictly increasing.
 *
 * <p><b>Not guaranteed.</b> An order between ids of different generators, beyond that of their wall clocks. Uniqueness
 * after the store has lost acknowledged writes: see {@link io.sereno.spi.Promise#FAIL_OVER_SAFE}.
 *
 * <p>Holds nothing that needs closing. Instances are safe for use by multiple threads.
 */
public interface IdGenerator {
    /**
     * Makes an id. Waits, at most the operation timeout, if the window is used up, no slot is free, or the clock went
     * back; not interruptible.
     *
     * @return an id, positive or 0, greater than all earlier ids of this generator
     * @throws NotAppliedException if there was no id in time; the call may be repeated
     * @throws IllegalStateException if ids of this name are made with another layout
     */
    long nextId();

    /**
     * Makes several ids, waiting as {@link #nextId()} for all of them together.
     *
     * @param count how many, 1 or more
     * @return that many ids, increasing
     * @throws NotAppliedException if there were not enough ids in time; those that were made are discarded
     * @throws IllegalStateException if ids of this name are made with another layout
     */
    long[] nextIds(int count);

    /**
     * Makes an id, waiting for some time.
     *
     * @param timeout zero or more
     * @return an id; empty if there was none in time
     * @throws InterruptedException if interrupted while waiting
     * @throws NotAppliedException if the time ended while the store was out of reach, or the clock shows a time that
     *     the layout has no ids for
     * @throws IllegalStateException if ids of this name are made with another layout
     */
    OptionalLong tryNextId(Duration timeout) throws InterruptedException;

    /**
     * The layout of its ids.
     *
     * @return as given to {@link Sereno#ids(String, IdLayout)}
     */
    IdLayout layout();
}
