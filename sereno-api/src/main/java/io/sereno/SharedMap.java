package io.sereno;

import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Values of one kind, each under a key of its own, that many processes read and change one by one and follow together:
 * the settings of each tenant, or the feature flags of an application.
 *
 * <pre>{@code
 * SharedMap<String> flags = sereno.map("flags", Codec.utf8());
 * flags.at("dark-mode").set("on");
 * try (CachedMap<String> cached = flags.cached()) {
 *     String mode = cached.get("dark-mode").map(Versioned::value).orElse("off"); // asks nobody
 *     System.out.println(mode);
 * }
 * }</pre>
 *
 * <p><b>Guarantees.</b> The value of each key is a {@link SharedValue} with all that this promises. What happens to one
 * key does not change, delay or hide what happens to another (SHM-1).
 *
 * <p><b>Not guaranteed.</b> Anything about two keys together: no call changes two keys at one moment, and what shows
 * several values may show the later of two changes without the earlier. What belongs together goes into one value. That
 * {@link #onChange}, {@link #await} and {@link #cached} see every value.
 *
 * <p><b>Size.</b> A client that follows the whole map keeps all of it in memory, reads all of it once in each ttl of
 * its session, 50 values with each request, and reads each value that was changed. So a map is for some thousands of
 * keys. It has no bound of its own.
 *
 * <p><b>Blocking.</b> {@link #getAll}, {@link #cached} and {@link #delete} wait for the store, at most the operation
 * timeout, and are not interruptible. {@link #at} and {@link #onChange} do not wait. {@link #await} is interruptible.
 *
 * <p><b>Errors</b> of every method that reads or changes: {@link NotAppliedException} if nothing was changed, or the
 * map could not be read; the call may be repeated. {@link OutcomeUnknownException} if some values may have been deleted
 * and this could not be found out in time. {@link UnreadableEntryException} if an entry in the store is not a value.
 *
 * <p>Holds nothing and needs no closing. Instances are safe for use by multiple threads.
 *
 * @param <T> the type of the values; their {@link Codec} is given to {@link Sereno#map}
 */
public interface SharedMap<T> {
    /** The most bytes of UTF-8 that a key may take; with a name of more than 100 bytes less, see {@link #at}. */
    int MAX_KEY_BYTES = 400;

    /**
     * The name of the map.
     *
     * @return as given to {@link Sereno#map}
     */
    String name();

    /**
     * The value of a key, to read, change, follow and delete it. Does no I/O.
     *
     * @param key 1 to {@value #MAX_KEY_BYTES} bytes of UTF-8, any characters but U+0000; together with the path of the map,
     *     which is its name, {@code map/} and the child namespaces, at most 510 bytes
     * @return whose name is the key; needs no closing
     * @throws IllegalArgumentException if the key is empty, too long, or has a character that is not accepted
     */
    SharedValue<T> at(String key);

    /**
     * Reads all values. Each is as it was at some moment of the call; two need not be of one moment.
     *
     * @return a map that cannot be modified, in the order of the keys; empty if there is no value
     */
    Map<String, Versioned<T>> getAll();

    /**
     * Keeps all values in this client, up to date, for reads that ask nobody. Waits for the first state.
     *
     * @return to be closed
     * @throws NotAppliedException if the map could not be read in time
     */
    CachedMap<T> cached();

    /**
     * Waits until the map satisfies a condition.
     *
     * <pre>{@code
     * if (sereno.map("nodes", Codec.utf8()).await(nodes -> nodes.size() >= 3, Duration.ofMinutes(5))) {
     *     serve();
     * }
     * }</pre>
     *
     * @param condition is called in the caller's thread with maps that cannot be modified, empty if there is no value;
     *     each value was stored at a moment of the call, and states in between may be skipped
     * @param timeout how long to wait; with zero, the map is read once, within the operation timeout
     * @return false if no state that this client saw satisfied the condition in time
     * @throws IllegalArgumentException if the timeout is negative
     * @throws InterruptedException if the thread was interrupted
     * @throws NotAppliedException if the map could not be read
     */
    boolean await(Predicate<? super Map<String, Versioned<T>>> condition, Duration timeout) throws InterruptedException;

    /**
     * Calls back with the present map, then after each change. The states of each key come in order, and the latest
     * always comes; states in between are skipped if the map changes faster than the callback returns (SHM-3).
     *
     * @param callback receives all values, in a map that cannot be modified
     * @return ends the calls when it is closed; {@link Subscription#ended()} fails if an entry in the store is not a value
     */
    Subscription onChange(Consumer<? super Map<String, Versioned<T>>> callback);

    /**
     * Deletes all values that are there when the call begins, one after another, and none that is set after the call
     * has returned. Of a value that is set meanwhile, either may be the case. If the call fails, some values may be
     * deleted; it may be repeated.
     */
    void delete();
}
