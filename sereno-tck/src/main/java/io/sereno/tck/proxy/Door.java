package io.sereno.tck.proxy;

import java.io.IOException;
import java.lang.System.Logger;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Accepts the clients. A second socket is bound to the port and never listens: so the proxy keeps the port while
 * connections are refused, and no other socket can take it meanwhile.
 */
final class Door {
    private static final int BACKLOG = 4096;
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(100);
    private static final Logger LOG = System.getLogger("io.sereno.tck.proxy");

    private final EventLoop loop;
    private final Consumer<SocketChannel> guests;
    private final InetSocketAddress address;
    private SocketChannel reservation;
    private @Nullable ServerSocketChannel listener;
    private @Nullable SelectionKey key;

    /** Reserves the port of an address, a free one for 0, without listening. */
    static SocketChannel reserve(InetSocketAddress listen) throws IOException {
        return bind(SocketChannel.open(), listen);
    }

    Door(EventLoop loop, SocketChannel reservation, Consumer<SocketChannel> guests) throws IOException {
        this.loop = loop;
        this.guests = guests;
        this.reservation = reservation;
        this.address = (InetSocketAddress) reservation.getLocalAddress();
    }

    InetSocketAddress address() {
        return address;
    }

    // All methods below run on the loop only.

    void open() throws IOException {
        if (listener != null) {
            return;
        }
        ServerSocketChannel opened;
        try {
            opened = bind(ServerSocketChannel.open(), address);
        } catch (BindException e) {
            // not every system lets two sockets have one port, even when only one of them listens
            reservation.close();
            opened = bind(ServerSocketChannel.open(), address);
        }
        key = loop.register(opened, SelectionKey.OP_ACCEPT, ready -> admit());
        listener = opened;
    }

    /** Refuses connections from now on. */
    void shut() throws IOException {
        if (listener != null) {
            listener.close();
            listener = null;
            if (!reservation.isOpen()) {
                loop.letGoOfClosed();
                reservation = reserve(address);
            }
        }
    }

    /** Accepts every connection that the kernel has accepted so far. */
    void admit() {
        if (listener == null) {
            return;
        }
        try {
            for (SocketChannel guest; (guest = listener.accept()) != null; ) {
                guests.accept(guest);
            }
        } catch (IOException e) { // most likely out of file descriptors
            LOG.log(Logger.Level.WARNING, "accepting at " + address + " failed, trying again soon", e);
            SelectionKey paused = key;
            if (paused != null) {
                paused.interestOps(0);
                loop.schedule(System.nanoTime() + PAUSE_AFTER_FAILURE.toNanos(), () -> {
                    if (paused.isValid()) {
                        paused.interestOps(SelectionKey.OP_ACCEPT);
                    }
                });
            }
        }
    }

    void close() throws IOException {
        if (listener != null) {
            listener.close();
        }
        reservation.close();
    }

    private static <C extends NetworkChannel> C bind(C channel, InetSocketAddress address) throws IOException {
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            if (channel instanceof ServerSocketChannel server) {
                server.bind(address, BACKLOG);
            } else {
                channel.bind(address);
            }
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }
}
