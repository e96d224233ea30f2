package io.sereno.tck.proxy;

import java.io.IOException;
import java.lang.System.Logger;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** One of the two sockets of a connection. */
final class Side {
    /** How long a reset after the last bytes waits when the kernel has almost none of them left to send. */
    static final Duration DRAIN = Duration.ofMillis(250);

    /** How long the reset waits for a receiver that does not read. */
    static final Duration DRAIN_LIMIT = Duration.ofSeconds(5);

    private static final int SEND_BUFFER = 64 * 1024;
    private static final Logger LOG = System.getLogger("io.sereno.tck.proxy");

    private final EventLoop loop;
    private final SocketChannel channel;
    private final SelectionKey key;
    private boolean written;
    private Runnable whenDrained = () -> {};

    Side(EventLoop loop, SocketChannel channel, EventLoop.Handler handler) throws IOException {
        this.loop = loop;
        this.channel = channel;
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER);
        this.key = loop.register(channel, 0, handler);
    }

    boolean isConnected() {
        return channel.isConnected();
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    /** Adds or removes an operation that the selector watches for. */
    void want(int operation, boolean wanted) {
        if (key.isValid()) {
            int before = key.interestOps();
            int after = wanted ? before | operation : before & ~operation;
            if (after != before) {
                key.interestOps(after);
            }
        }
    }

    int read(ByteBuffer bytes) throws IOException {
        return channel.read(bytes);
    }

    int write(ByteBuffer bytes) throws IOException {
        int count = channel.write(bytes);
        written |= count > 0;
        return count;
    }

    /** Ends the stream to this side, which may continue to send. */
    void finish() throws IOException {
        channel.shutdownOutput();
    }

    /**
     * Resets this side after the bytes that were written to it. A reset discards what the kernel has not sent yet, and
     * the JDK cannot ask how much that is. But a socket with the smallest send buffer that the system allows is
     * writable only when almost nothing is left: then {@link #drained()} is to be called.
     */
    void resetBehindBytes(Runnable afterwards) {
        if (written) {
            try {
                channel.setOption(StandardSocketOptions.SO_SNDBUF, 1);
                want(SelectionKey.OP_WRITE, true);
                resetIn(DRAIN_LIMIT, afterwards);
                whenDrained = () -> resetIn(DRAIN, afterwards);
                return;
            } catch (IOException e) {
                LOG.log(Logger.Level.DEBUG, "cannot wait until bytes are sent on " + channel, e);
            }
        }
        reset();
        afterwards.run();
    }

    void drained() {
        want(SelectionKey.OP_WRITE, false);
        whenDrained.run();
    }

    private void resetIn(Duration time, Runnable afterwards) {
        loop.schedule(System.nanoTime() + time.toNanos(), () -> {
            reset();
            afterwards.run();
        });
    }

    void reset() {
        close(true);
    }

    void close() {
        close(false);
    }

    private void close(boolean reset) {
        if (channel.isOpen()) {
            try (channel) {
                if (reset) {
                    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                }
            } catch (IOException e) {
                LOG.log(Logger.Level.WARNING, "closing " + channel + " failed", e);
            }
        }
    }
}
