package io.sereno.tck.proxy;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/**
 * One way through the proxy, from the clients to the server or back, and what happens to the bytes on it. A mode is for
 * every connection, those that live and those to come, until the next one is set; a proxy begins with {@link #pass()}.
 *
 * <p><b>Guarantees.</b>
 *
 * <ul>
 *   <li>The mode acts where bytes leave the proxy. When the call that sets a mode has returned, it governs every byte
 *       that was not delivered before, whether it was read already, is under way or is sent later. So after
 *       {@code hold()} nothing more reaches the receiver, save for what was already handed to its socket
 *       ({@link Traffic#delivered()} does not move any more).
 *   <li>Bytes of one connection are delivered in order, whole, and once, through any change of modes; the end of a
 *       stream stands in that order too: a half-close is passed on as one, a reset as one. No byte is ever left out
 *       with others following it: what loses a byte can only end, which it does by a reset, or by the call that asked
 *       for the end.
 *   <li>Memory is bounded: of what cannot go on, each connection keeps at most 256 KiB a direction (4 MiB of what is
 *       delayed); then the proxy stops reading, and TCP makes the sender wait.
 * </ul>
 *
 * <p><b>Not guaranteed.</b> How the bytes are cut into segments. TCP's urgent data are not carried. A reset may overtake
 * bytes that were handed to the socket of a receiver that does not read for seconds: those it loses, as on a real
 * network.
 *
 * <p>Methods that set a mode return when it is in force, which waits for neither side. They throw
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

    /** Bytes go on as they come; what was held goes first. */
    public void pass() {
        set(Mode.PASS);
    }

    /**
     * Each byte is delivered this long after it arrived, or a little later, never earlier. A connection gets at most
     * 4 MiB through in one delay.
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
     * Each connection gets this many bytes a second, in steps of a fiftieth of a second (of one byte, when the rate is
     * lower than that). Over any stretch of time it is at most two steps ahead of the rate.
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

    /** Nothing is delivered, and nothing is lost: any later mode delivers what was held. */
    public void hold() {
        set(Mode.HOLD);
    }

    /**
     * Everything is read and thrown away: a link that is dead while both ends believe in it. A connection that lost
     * something, be it the end of its stream, is reset as soon as another mode is set; the others go on.
     */
    public void swallow() {
        set(Mode.SWALLOW);
    }

    /** The next byte, or end of stream, is not delivered: it resets its connection. */
    public void reset() {
        set(Mode.RESET);
    }

    /**
     * Delivers exactly this many more bytes of each connection, then resets it. The receiver hears of the reset a quarter
     * of a second after it took in the last of them, so that it gets all of them first, however slowly it reads; one that
     * stops reading hears of it five seconds after the cut. Nothing passes either way meanwhile.
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

    /** All that went this way since the proxy was made. May be asked for after closing too. */
    public Traffic traffic() {
        return traffic;
    }

    /**
     * Waits until the proxy has read at least this many bytes, counted since it was made.
     *
     * @throws TimeoutException when it has not; the message says what was seen
     */
    public void awaitReceived(long bytes, Duration timeout) throws InterruptedException, TimeoutException {
        proxy.await(() -> traffic.received() >= bytes, timeout, () -> missing(bytes + " bytes received"));
    }

    /**
     * Waits until at least this many bytes were handed to receivers' sockets, counted since the proxy was made.
     *
     * @throws TimeoutException when they were not; the message says what was seen
     */
    public void awaitDelivered(long bytes, Duration timeout) throws InterruptedException, TimeoutException {
        proxy.await(() -> traffic.delivered() >= bytes, timeout, () -> missing(bytes + " bytes delivered"));
    }

    /**
     * Waits until the proxy has at least this many bytes in its hands, as under {@link #hold()}: with 1, until something
     * was sent that has not arrived.
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

    // All below: on the loop only.

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
