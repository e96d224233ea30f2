package io.sereno.tck.proxy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * One direction of one connection: the bytes that were read and not yet delivered, in order, followed by the end of the
 * stream. The mode acts where bytes leave: bytes that were not delivered when the mode changes fall under the new mode.
 *
 * <p>Runs on the loop. A pipe that has lost a byte never passes another one: its connection can only end.
 */
final class Pipe {
    /**
     * When it holds this much (bytes, and the cost of keeping them) the pipe stops reading, and TCP stops the sender.
     */
    static final int LIMIT = 256 * 1024;

    /**
     * The limit for a delayed line: bytes in transit are not stuck, and a smaller limit would make the delay a
     * throttle.
     */
    static final int LIMIT_UNDER_WAY = 4 * 1024 * 1024;

    private static final int COST_OF_A_CHUNK = 64;
    /** Throttled bytes are delivered in steps this short, so that it looks like a slow line. */
    private static final int THROTTLE_STEPS_A_SECOND = 50;

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private record Chunk(ByteBuffer bytes, long arrival) {}

    private final EventLoop loop;
    private final Direction direction;
    private final Connection connection;
    private final Side source;
    private final Side sink;
    private final Queue<Chunk> queue = new ArrayDeque<>();
    private int queueCost;
    private volatile Traffic traffic = Traffic.NONE;

    private Mode mode;
    private long cutIn; // CUT: bytes still to deliver
    private long nextStep; // THROTTLE: earliest next step
    private boolean timerSet;
    private long timerAt;

    // how the source ended; passed to the sink in this order, after the queue
    private boolean finReceived;
    private boolean resetReceived;
    private long endArrival;
    /** Writing to the source failed: when its own end is read, it counts as a reset, whatever it looks like. */
    private boolean sourceBroken;

    private boolean finDelivered;
    private boolean lostBytes;
    /** No more bytes are delivered here. */
    private boolean over;

    Pipe(EventLoop loop, Direction direction, Connection connection, Side source, Side sink, Mode mode) {
        this.loop = loop;
        this.direction = direction;
        this.connection = connection;
        this.source = source;
        this.sink = sink;
        this.mode = mode;
        enter(mode);
    }

    Traffic traffic() {
        return traffic;
    }

    boolean finDelivered() {
        return finDelivered;
    }

    boolean isLossy() {
        return lostBytes;
    }

    void change(Mode next) {
        if (connection.isSilent()) {
            return;
        }
        if (lostBytes && next.kind() != Mode.Kind.SWALLOW) {
            connection.resetNow();
            return;
        }
        enter(next);
        pump();
    }

    private void enter(Mode next) {
        mode = next;
        cutIn = next.amount();
        nextStep = System.nanoTime();
    }

    /** Called when the source has bytes, or its end. */
    void read(ByteBuffer scratch) {
        if (over || sourceEnded()) {
            return;
        }
        int count;
        try {
            count = source.read(scratch.clear());
        } catch (IOException e) { // reset by the source
            sourceReset();
            return;
        }
        if (count < 0) {
            endArrival = System.nanoTime();
            finReceived = !sourceBroken;
            resetReceived = sourceBroken;
        } else if (count > 0) {
            received(scratch.flip());
        }
        pump();
    }

    /**
     * The source ended with a reset. The reset is passed to the sink after the earlier bytes. Nothing goes to the
     * source any more.
     */
    void sourceReset() {
        endArrival = System.nanoTime();
        resetReceived = true;
        connection.opposite(this).stop();
        pump();
    }

    /** Writing to the source failed; bytes that it sent before may still be there to read. */
    private void sourceBroke() {
        sourceBroken = true;
        if (finReceived) {
            endArrival = System.nanoTime();
            resetReceived = true;
        }
        pump();
    }

    private boolean sourceEnded() {
        return finReceived || resetReceived;
    }

    private void received(ByteBuffer bytes) {
        int count = bytes.remaining();
        count(count, 0, count);
        if (mode.kind() == Mode.Kind.SWALLOW) {
            lostBytes = true;
            count(0, 0, -count);
            return;
        }
        if (mode.kind() == Mode.Kind.PASS && queue.isEmpty() && sink.isConnected()) {
            // the usual case, without a copy
            try {
                write(bytes);
            } catch (IOException e) {
                sinkBroke();
                return;
            }
        }
        if (bytes.hasRemaining()) {
            ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
            queueCost += copy.remaining() + COST_OF_A_CHUNK;
            queue.add(new Chunk(copy, System.nanoTime()));
        }
    }

    /** Applies the mode to what is queued, then asks for the events that can come next. */
    void pump() {
        if (over) {
            return;
        }
        boolean sinkIsFull = false;
        switch (mode.kind()) {
            case HOLD -> {}
            case SWALLOW -> swallow();
            case RESET -> {
                if (isPending()) {
                    connection.cut();
                }
            }
            case PASS, DELAY, THROTTLE, CUT -> {
                if (sink.isConnected()) {
                    try {
                        sinkIsFull = deliver();
                    } catch (IOException e) {
                        sinkBroke();
                    }
                }
            }
        }
        if (!over) {
            if (sink.isConnected()) {
                sink.want(SelectionKey.OP_WRITE, sinkIsFull);
            }
            if (source.isConnected()) {
                source.want(SelectionKey.OP_READ, !sourceEnded() && queueCost < limit());
            }
        }
    }

    private int limit() {
        return mode.kind() == Mode.Kind.DELAY ? LIMIT_UNDER_WAY : LIMIT;
    }

    private boolean isPending() {
        return !queue.isEmpty() || (finReceived && !finDelivered) || resetReceived;
    }

    private void swallow() {
        lostBytes |= isPending();
        dropQueue();
    }

    /** Returns whether it stopped because the sink accepts no more. */
    private boolean deliver() throws IOException {
        long now = System.nanoTime();
        for (Chunk head; (head = queue.peek()) != null; ) {
            if (isTooEarly(head.arrival, now)) {
                return false;
            }
            int portion = portion(head.bytes.remaining());
            int end = head.bytes.limit();
            head.bytes.limit(head.bytes.position() + portion);
            int written = write(head.bytes);
            head.bytes.limit(end);
            queueCost -= written;
            if (!head.bytes.hasRemaining()) {
                queue.remove();
                queueCost -= COST_OF_A_CHUNK;
            }
            switch (mode.kind()) {
                case THROTTLE ->
                    // makes up for a late timer, by one step at most
                    nextStep = Math.max(nextStep - now, -SECOND / THROTTLE_STEPS_A_SECOND)
                            + now
                            + written * SECOND / mode.amount();
                case CUT -> {
                    cutIn -= written;
                    if (cutIn == 0) {
                        connection.cut();
                        return false;
                    }
                }
                default -> {}
            }
            if (written < portion) {
                return true;
            }
        }
        deliverEnd(now);
        return false;
    }

    private void deliverEnd(long now) throws IOException {
        if (!sourceEnded() || isTooEarly(endArrival, now)) {
            return;
        }
        if (finReceived && !finDelivered) {
            finDelivered = true;
            sink.finish();
        }
        if (resetReceived) {
            connection.cut();
        } else {
            connection.closeIfFinished();
        }
    }

    private boolean isTooEarly(long arrival, long now) {
        long due = switch (mode.kind()) {
            case DELAY -> arrival + mode.amount();
            case THROTTLE -> nextStep;
            default -> now;
        };
        if (due - now <= 0) {
            return false;
        }
        if (!timerSet || due - timerAt < 0) {
            timerSet = true;
            timerAt = due;
            loop.schedule(due, () -> {
                timerSet = false;
                pump();
            });
        }
        return true;
    }

    /** How many of the next bytes may be delivered in one step. */
    private int portion(int available) {
        return switch (mode.kind()) {
            case THROTTLE -> (int) Math.min(available, Math.max(1, mode.amount() / THROTTLE_STEPS_A_SECOND));
            case CUT -> (int) Math.min(available, cutIn);
            default -> available;
        };
    }

    private int write(ByteBuffer bytes) throws IOException {
        int written = sink.write(bytes);
        count(0, written, -written);
        return written;
    }

    private void sinkBroke() {
        stop();
        connection.opposite(this).sourceBroke();
    }

    /** Delivers no more bytes and drops the held ones: the connection ends, now or soon. */
    void stop() {
        over = true;
        dropQueue();
        source.want(SelectionKey.OP_READ, false);
        sink.want(SelectionKey.OP_WRITE, false);
        connection.stopped();
    }

    boolean isOver() {
        return over;
    }

    private void dropQueue() {
        long held = traffic.held();
        queue.clear();
        queueCost = 0;
        count(0, 0, -held);
    }

    private void count(long received, long delivered, long held) {
        traffic = traffic.plus(received, delivered, held);
        direction.count(received, delivered, held);
    }
}
