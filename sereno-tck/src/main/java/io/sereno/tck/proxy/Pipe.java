package io.sereno.tck.proxy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * One direction of one connection: the bytes that were read and not yet delivered, in order, and behind them the end of
 * the stream. The mode acts where bytes leave: what was not delivered when the mode changes falls under the new one.
 *
 * <p>Lives on the loop. A pipe that has lost a byte never passes another one: its connection can only end.
 */
final class Pipe {
    /** Of this much (bytes, and what keeping them costs) the pipe stops reading, and TCP stops the sender. */
    static final int LIMIT = 256 * 1024;

    /** What is under way on a delayed line is not stuck: it needs more, or the delay would throttle. */
    static final int LIMIT_UNDER_WAY = 4 * 1024 * 1024;

    private static final int COST_OF_A_CHUNK = 64;
    /** The step in which throttled bytes go: small enough to look like a slow line. */
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
    private long nextStep; // THROTTLE: not before
    private boolean timerSet;
    private long timerAt;

    // how the source ended; told to the sink in this order, behind the queue
    private boolean finReceived;
    private boolean resetReceived;
    private long endArrival;
    /** Writing to the source failed: its own end, when it is read, is a reset, whatever it looks like. */
    private boolean sourceBroken;

    private boolean finDelivered;
    private boolean lostBytes;
    /** Nothing goes out here any more. */
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

    /** The source has bytes, or its end. */
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

    /** The source ended with a reset: told to the sink behind what came before. Nothing goes to the source any more. */
    void sourceReset() {
        endArrival = System.nanoTime();
        resetReceived = true;
        connection.opposite(this).stop();
        pump();
    }

    /** Writing to the source failed; what it had sent before may still be there to be read. */
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
            // the usual way, without a copy
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

    /** Does what the mode says with what is there, then asks for what can happen next. */
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

    /** Returns whether it stopped because the sink takes no more. */
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
                    // a late timer is made up for, by one step at most
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

    /** How many of the next bytes may go in one step. */
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

    /** Nothing goes out here any more, and what is held is dropped: the connection ends, now or soon. */
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
