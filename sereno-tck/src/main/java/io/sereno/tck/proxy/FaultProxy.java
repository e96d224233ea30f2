package io.sereno.tck.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A TCP proxy between clients and one server that cuts, holds, delays or throttles on demand. It does not interpret the
 * bytes, so it serves any protocol, including TLS. Use one proxy for each client and server address that a test treats
 * separately: then one client can be cut off while another one watches.
 *
 * <pre>{@code
 * try (FaultProxy proxy = FaultProxy.to(server)) {
 *     Client client = connect(proxy.endpoint());
 *     proxy.serverToClient().hold();
 *     var reply = client.write("x");                                    // reaches the server; the reply does not come back
 *     proxy.serverToClient().awaitHeld(1, Duration.ofSeconds(5));
 *     proxy.resetAll();                                                 // and never will
 *     proxy.heal();                                                     // the client may connect again
 * }
 * }</pre>
 *
 * <p><b>Two kinds of faults.</b> Faults on bytes, separately in each direction: {@link #clientToServer()} and
 * {@link #serverToClient()}, see {@link Direction}. Faults on new connections: {@link #accept()}, {@link #refuse()},
 * {@link #acceptSilently()}. {@link #heal()} ends both.
 *
 * <p>A connection counts from the moment the proxy accepts it, and every call first accepts the connections that the
 * operating system has accepted by then. The proxy then connects to the server, whatever the modes are. If that fails,
 * the client is reset. The reset is an event of the direction to the client, and the mode of that direction holds or
 * delays it like any other event.
 *
 * <p>Only the {@code await} methods wait for a client or the server. All connections share one daemon thread, which has
 * ended when {@link #close()} returns. Calls on a closed proxy throw {@link IllegalStateException}, except for
 * counters. Instances are safe for use by multiple threads.
 */
public final class FaultProxy implements AutoCloseable {
    private static final Logger LOG = System.getLogger("io.sereno.tck.proxy");
    private static final int READ_SIZE = 64 * 1024;

    private final InetSocketAddress server;
    private final EventLoop loop;
    private final Door door;
    private final Direction clientToServer = new Direction(this, "client to server");
    private final Direction serverToClient = new Direction(this, "server to client");
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(READ_SIZE);
    private final Set<Connection> connections = new LinkedHashSet<>();
    private final AtomicLong accepted = new AtomicLong();
    private boolean silent;

    /**
     * Starts a proxy on a free port of the loopback interface.
     *
     * @param server where connections are forwarded to; need not be up
     * @throws UncheckedIOException when there is no port to listen on
     */
    public static FaultProxy to(InetSocketAddress server) {
        return between(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), server);
    }

    /**
     * Starts a proxy on an address that the caller chooses: for clients that take addresses from the server's own
     * answers, or that are not on this machine.
     *
     * @param listen where clients connect to; port 0 takes a free one
     * @param server where connections are forwarded to; need not be up
     * @throws UncheckedIOException when the proxy cannot listen there
     */
    public static FaultProxy between(InetSocketAddress listen, InetSocketAddress server) {
        checkResolved("listen address", listen);
        checkResolved("server address", server);
        if (server.getPort() == 0) {
            throw new IllegalArgumentException("server address " + server + " has port 0; 1 to 65535 is accepted");
        }
        FaultProxy proxy;
        try {
            SocketChannel port = Door.reserve(listen);
            try {
                proxy = new FaultProxy(port, server);
            } catch (IOException e) {
                port.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on " + listen, e);
        }
        proxy.loop.start();
        try {
            proxy.accept();
        } catch (RuntimeException e) {
            proxy.close();
            throw e;
        }
        return proxy;
    }

    private static void checkResolved(String what, InetSocketAddress address) {
        if (address.isUnresolved()) {
            throw new IllegalArgumentException(what + " " + address + " is not resolved; an address or a host name that"
                    + " can be looked up is accepted");
        }
    }

    private FaultProxy(SocketChannel port, InetSocketAddress server) throws IOException {
        this.server = server;
        this.loop = new EventLoop("fault-proxy-to-" + server.getPort(), this::admitWaiting, this::closeSockets);
        this.door = new Door(loop, port, this::admit);
    }

    /** The address that clients connect to; stays the same until the proxy is closed. */
    public InetSocketAddress endpoint() {
        return door.address();
    }

    public Direction clientToServer() {
        return clientToServer;
    }

    public Direction serverToClient() {
        return serverToClient;
    }

    /** Holds both directions, in one step: a partition. {@link #heal()} ends it without losing bytes. */
    public void hold() {
        run(() -> changeBoth(Mode.HOLD));
    }

    /** Forwards new connections to the server, as in the beginning. Silent connections are reset. */
    public void accept() {
        run(this::acceptNow);
    }

    /** Refuses new connections; existing ones are not changed. */
    public void refuse() {
        run(() -> {
            try {
                door.shut();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot keep port " + endpoint().getPort(), e);
            }
        });
    }

    /**
     * Accepts new connections and never answers them: a server that hangs. Bytes that they send are discarded and never
     * reach the server. Existing connections are not changed.
     */
    public void acceptSilently() {
        run(() -> {
            openDoor();
            silent = true;
        });
    }

    /**
     * Sets both directions to {@linkplain Direction#pass() pass} and {@linkplain #accept() accepts} new connections, in
     * one step. Held bytes are delivered; connections that lost something are reset.
     */
    public void heal() {
        run(() -> {
            changeBoth(Mode.PASS);
            acceptNow();
        });
    }

    /**
     * Resets both sides of every connection and drops the held bytes. When this returns, the resets are sent. Modes
     * stay.
     */
    public void resetAll() {
        run(() -> List.copyOf(connections).forEach(Connection::resetNow));
    }

    /**
     * Closes both sides of every connection in order and drops the held bytes: what clients see when the server's
     * process is killed or a load balancer hangs up. When this returns, the ends of stream are sent. Modes stay. A side
     * that has sent more than the proxy has read gets a reset instead, as operating systems do for data that nobody
     * will read.
     *
     * <p>Try both this and {@link #resetAll()}: some clients give up a request on a reset, and send it again on an
     * orderly end.
     */
    public void endAll() {
        run(() -> List.copyOf(connections).forEach(Connection::endNow));
    }

    /** The live connections, in the order in which they were accepted. */
    public List<Connection> connections() {
        return loop.call(() -> List.copyOf(connections));
    }

    /** How many connections were accepted since the proxy was created, including silent ones. */
    public long accepted() {
        return accepted.get();
    }

    /**
     * Waits until this many connections were accepted since the proxy was created.
     *
     * @throws TimeoutException when they were not; the message says what was seen
     */
    public void awaitAccepted(long total, Duration timeout) throws InterruptedException, TimeoutException {
        await(() -> accepted() >= total, timeout, () -> "awaited " + total + " accepted connections, seen " + this);
    }

    /**
     * Waits until there is no live connection.
     *
     * @throws TimeoutException when there still are some; the message says what was seen
     */
    public void awaitNoConnection(Duration timeout) throws InterruptedException, TimeoutException {
        await(connections::isEmpty, timeout, () -> "awaited the end of all connections, seen " + this);
    }

    /**
     * Resets all connections and releases the port. Idempotent. Returns when the thread has ended, which takes
     * milliseconds whatever the clients and the server do.
     */
    @Override
    public void close() {
        loop.close();
    }

    @Override
    public String toString() {
        return "fault proxy " + endpoint() + " to " + server + " (" + accepted() + " connections accepted; "
                + clientToServer + "; " + serverToClient + ")";
    }

    void run(Runnable command) {
        loop.run(command);
    }

    void await(BooleanSupplier condition, Duration timeout, Supplier<String> missing)
            throws InterruptedException, TimeoutException {
        loop.await(condition, timeout, missing);
    }

    // All methods below run on the loop only.

    void forget(Connection connection) {
        connections.remove(connection);
        clientToServer.remove(connection.pipe(clientToServer));
        serverToClient.remove(connection.pipe(serverToClient));
    }

    private void changeBoth(Mode mode) {
        // first, or bytes held in one direction would still pass before the loss in the other direction ends the
        // connection
        List.copyOf(connections).forEach(Connection::resetIfLossy);
        clientToServer.change(mode);
        serverToClient.change(mode);
    }

    private void acceptNow() {
        openDoor();
        silent = false;
        for (Connection connection : List.copyOf(connections)) {
            if (connection.isSilent()) {
                connection.resetNow();
            }
        }
    }

    private void openDoor() {
        try {
            door.open();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on " + endpoint(), e);
        }
    }

    private void admit(SocketChannel client) {
        long number = accepted.incrementAndGet();
        try {
            SocketChannel upstream = SocketChannel.open();
            Connection connection;
            try {
                connection = new Connection(this, loop, number, client, upstream, scratch, silent);
            } catch (IOException e) {
                upstream.close();
                throw e;
            }
            connections.add(connection);
            clientToServer.add(connection.pipe(clientToServer));
            serverToClient.add(connection.pipe(serverToClient));
            connection.open(server);
        } catch (IOException e) { // most likely out of file descriptors, or the client has disconnected
            LOG.log(Logger.Level.WARNING, "connection " + number + " cannot be led on and is reset", e);
            try (client) {
                client.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException alsoGone) {
                LOG.log(Logger.Level.DEBUG, "connection " + number + " cannot be reset", alsoGone);
            }
        }
    }

    private void admitWaiting() {
        door.admit();
    }

    private void closeSockets() {
        List.copyOf(connections).forEach(Connection::resetNow);
        try {
            door.close();
        } catch (IOException e) {
            LOG.log(Logger.Level.WARNING, "closing " + endpoint() + " failed", e);
        }
    }
}
