package io.sereno.tck.proxy;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/**
 * One direction through the proxy, from the clients to the server or back, and what happens to the bytes in it. A mode
 * applies to every connection, existing and future, until the next mode is set; a proxy begins with {@link #pass()}.
 *
 * <p><b>Guarantees.</b>
 *
 * <ul>
 *   <li>The mode acts where bytes leave the proxy. When the call that sets a mode has returned, the mode governs every
 *       byte that was not delivered before, whether the byte has been read, is in transit or is sent later. So after
 *       {@code hold()} nothing more reaches the receiver, except what was already handed to its socket
 *       ({@link Traffic#delivered()} does not increase any more).
 *   <li>Bytes of one connection are delivered in order, whole, and once, through any change of modes. The end of a
 *       stream keeps its place in that order: a half-close is passed on as a half-close, a reset as a reset. A byte is
 *       never left out while later bytes are delivered: a connection that loses a byte can only end, by a reset or by
 *       the call that asked for the end.
 *   <li>Memory is bounded: of bytes that cannot be delivered, each connection keeps at most 256 KiB in each direction
 *       (4 MiB of delayed bytes); then the proxy stops reading, and TCP makes the sender wait.
 * </ul>
 *
 * <p><b>Not guaranteed.</b> How the bytes are cut into segments. TCP urgent data are not carried. A reset may overtake
 * bytes that were handed to the socket of a receiver that does not read for seconds; the receiver loses those bytes, as
 * on a real network.
 *
 * <p>Methods that set a mode return when it is in force, and wait for neither side. They throw
 * {@link IllegalStateException} when the proxy is closed. Instances are safe for use by multiple threads.
 */
public final class Direction {
    private static final Duration LONGEST_DELAY = Duration.ofDays(1);

    private final FaultProxy proxy;
    private final String name;
    private final Set<Pipe> pipes = new LinkedHashSet<>();
    private volatile Mode mode = Mode.PASS;
    private volatile Traffic traffic = Traffic.NONE;

    Direction(FaultProxy proxy, String name) {
        this.proxy = proxy;
        this.name = name;
    }

    /** Delivers bytes as they arrive; held bytes are delivered first. */
    public void pass() {
        set(Mode.PASS);
    }

    /**
     * Delivers each byte this long after it arrived, or a little later, never earlier. A connection gets at most 4 MiB
     * through in one delay.
     *
     * @param delay more than zero, at most one day
     */
    public void delay(Duration delay) {
        if (delay.isNegative() || delay.isZero() || delay.compareTo(LONGEST_DELAY) > 0) {
            throw new IllegalArgumentException("delay is " + delay + "; more than zero and at most " + LONGEST_DELAY
                    + " is accepted, pass() takes a delay away");
        }
        set(new Mode(Mode.Kind.DELAY, delay.toNanos()));
    }

    /**
     * Delivers this many bytes a second to each connection, in steps of a fiftieth of a second (of one byte, when the
     * rate is lower than that). Over any period it is at most two steps ahead of the rate.
     *
     * @param bytesPerSecond 1 or more
     */
    public void throttle(long bytesPerSecond) {
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException(
                    "rate is " + bytesPerSecond + " bytes a second; 1 or more is accepted, hold() stops all");
        }
        set(new Mode(Mode.Kind.THROTTLE, bytesPerSecond));
    }

    /** Delivers nothing and loses nothing: any later mode delivers the held bytes. */
    public void hold() {
        set(Mode.HOLD);
    }

    /**
     * Reads and discards everything: a dead link that both ends believe to be alive. A connection that lost something,
     * including the end of its stream, is reset as soon as another mode is set; the others continue.
     */
    public void swallow() {
        set(Mode.SWALLOW);
    }

    /** Does not deliver the next byte or end of stream, but resets its connection. */
    public void reset() {
        set(Mode.RESET);
    }

    /**
     * Delivers exactly this many more bytes of each connection, then resets it. The receiver gets the reset a quarter
     * of a second after it took in the last byte, so that it gets all the bytes first, however slowly it reads. A
     * receiver that stops reading gets the reset five seconds after the cut. Nothing passes either way meanwhile.
     *
     * @param bytes 1 or more
     */
    public void cutAfter(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("cut is after " + bytes
                    + " bytes; 1 or more is accepted, reset() cuts at the next byte and resetAll() at once");
        }
        set(new Mode(Mode.Kind.CUT, bytes));
    }

    /** Everything that went in this direction since the proxy was created. May also be called after closing. */
    public Traffic traffic() {
        return traffic;
    }

    /**
     * Waits until the proxy has read at least this many bytes, counted since it was created.
     *
     * @throws TimeoutException when it has not; the message says what was seen
     */
    public void awaitReceived(long bytes, Duration timeout) throws InterruptedException, TimeoutException {
        proxy.await(() -> traffic.received() >= bytes, timeout, () -> missing(bytes + " bytes received"));
    }

    /**
     * Waits until at least this many bytes were handed to receivers' sockets, counted since the proxy was created.
     *
     * @throws TimeoutException when they were not; the message says what was seen
     */
    public void awaitDelivered(long bytes, Duration timeout) throws InterruptedException, TimeoutException {
        proxy.await(() -> traffic.delivered() >= bytes, timeout, () -> missing(bytes + " bytes delivered"));
    }

    /**
     * Waits until the proxy holds at least this many bytes, as under {@link #hold()}: with 1, until something was sent
     * that has not been delivered.
     *
     * @throws TimeoutException when it has not; the message says what was seen
     */
    public void awaitHeld(long bytes, Duration timeout) throws InterruptedException, TimeoutException {
        proxy.await(() -> traffic.held() >= bytes, timeout, () -> missing(bytes + " bytes held"));
    }

    @Override
    public String toString() {
        return name + ": " + mode + ", " + traffic;
    }

    private String missing(String awaited) {
        return "awaited " + awaited + ", seen " + this;
    }

    private void set(Mode next) {
        proxy.run(() -> change(next));
    }

    // All methods below run on the loop only.

    Mode mode() {
        return mode;
    }

    void change(Mode next) {
        mode = next;
        List.copyOf(pipes).forEach(pipe -> pipe.change(next));
    }

    void add(Pipe pipe) {
        pipes.add(pipe);
    }

    void remove(Pipe pipe) {
        pipes.remove(pipe);
    }

    void count(long received, long delivered, long held) {
        traffic = traffic.plus(received, delivered, held);
    }
}
