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
    /**
     * How long a reset that stands behind bytes in the stream waits after the last of them. A reset throws away what
     * the kernel has not sent yet, and the JDK cannot ask how much that is; with the small send buffer below, a receiver
     * that reads at all has long taken it in.
     */
    static final Duration DRAIN = Duration.ofMillis(250);

    private static final int SEND_BUFFER = 64 * 1024;
    private static final Logger LOG = System.getLogger("io.sereno.tck.proxy");

    private final SocketChannel channel;
    private final SelectionKey key;
    private boolean written;
    private long lastWrite;

    Side(EventLoop loop, SocketChannel channel, EventLoop.Handler handler) throws IOException {
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

    /** Adds or takes away an operation that the selector is asked for. */
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
        if (count > 0) {
            written = true;
            lastWrite = System.nanoTime();
        }
        return count;
    }

    /** Ends the stream to this side, which may go on sending. */
    void finish() throws IOException {
        channel.shutdownOutput();
    }

    /** When a reset no longer overtakes bytes that were written before. */
    long drainedAt(long now) {
        return written ? lastWrite + DRAIN.toNanos() : now;
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
