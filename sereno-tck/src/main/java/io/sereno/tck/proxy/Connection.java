package io.sereno.tck.proxy;

import java.io.IOException;
import java.lang.System.Logger;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/**
 * One client connection, forwarded to the server over a second connection. It ends as a whole: when the senders of both
 * directions have ended them, or when both sides are reset.
 *
 * <p>Instances are safe for use by multiple threads.
 */
public final class Connection {
    private static final Logger LOG = System.getLogger("io.sereno.tck.proxy");

    private final FaultProxy proxy;
    private final long number;
    private final InetSocketAddress clientAddress;
    private final boolean silent;
    private final SocketChannel serverChannel;
    private final Side client;
    private final Side server;
    private final Pipe toServer;
    private final Pipe toClient;
    private final ByteBuffer scratch;
    private boolean ending;

    /** A silent connection discards what its client sends; its second socket stays unconnected. */
    Connection(
            FaultProxy proxy,
            EventLoop loop,
            long number,
            SocketChannel clientChannel,
            SocketChannel serverChannel,
            ByteBuffer scratch,
            boolean silent)
            throws IOException {
        this.proxy = proxy;
        this.number = number;
        this.clientAddress = (InetSocketAddress) clientChannel.getRemoteAddress();
        this.silent = silent;
        this.serverChannel = serverChannel;
        this.scratch = scratch;
        this.client = new Side(loop, clientChannel, this::clientReady);
        this.server = new Side(loop, serverChannel, this::serverReady);
        Direction there = proxy.clientToServer();
        Direction back = proxy.serverToClient();
        this.toServer = new Pipe(loop, there, this, client, server, silent ? Mode.SWALLOW : there.mode());
        this.toClient = new Pipe(loop, back, this, server, client, silent ? Mode.SWALLOW : back.mode());
    }

    /** 1 for the first connection that the proxy accepted, and so on. */
    public long number() {
        return number;
    }

    /** The address that the client connected from. */
    public InetSocketAddress client() {
        return clientAddress;
    }

    public Traffic clientToServer() {
        return toServer.traffic();
    }

    public Traffic serverToClient() {
        return toClient.traffic();
    }

    /**
     * Resets both sides and drops the held bytes. When this returns, the resets are sent. Does nothing if the
     * connection has ended.
     *
     * @throws IllegalStateException when the proxy is closed
     */
    public void reset() {
        proxy.run(this::resetNow);
    }

    /**
     * Closes both sides in order and drops the held bytes. When this returns, the ends of stream are sent. Does nothing
     * if the connection has ended.
     *
     * @throws IllegalStateException when the proxy is closed
     */
    public void end() {
        proxy.run(this::endNow);
    }

    @Override
    public String toString() {
        return "connection " + number + " from " + clientAddress + " (" + clientToServer() + " to the server; "
                + serverToClient() + " to the client)";
    }

    // All methods below run on the loop only.

    boolean isSilent() {
        return silent;
    }

    Pipe pipe(Direction direction) {
        return direction == proxy.clientToServer() ? toServer : toClient;
    }

    Pipe opposite(Pipe pipe) {
        return pipe == toServer ? toClient : toServer;
    }

    void open(SocketAddress address) {
        toServer.pump();
        if (silent) {
            return;
        }
        try {
            if (serverChannel.connect(address)) {
                connected();
            } else {
                server.want(SelectionKey.OP_CONNECT, true);
            }
        } catch (IOException e) {
            notConnected(e);
        }
    }

    private void clientReady(SelectionKey key) {
        if (ending) {
            client.drained();
            return;
        }
        if (key.isReadable()) {
            toServer.read(scratch);
        }
        if (key.isValid() && key.isWritable()) {
            toClient.pump();
        }
    }

    private void serverReady(SelectionKey key) {
        if (ending) {
            server.drained();
            return;
        }
        if (key.isConnectable()) {
            try {
                serverChannel.finishConnect();
                connected();
            } catch (IOException e) {
                notConnected(e);
            }
            return;
        }
        if (key.isReadable()) {
            toClient.read(scratch);
        }
        if (key.isValid() && key.isWritable()) {
            toServer.pump();
        }
    }

    private void connected() throws IOException {
        if (serverChannel.getLocalAddress().equals(serverChannel.getRemoteAddress())) {
            // TCP lets a socket connect to itself if nobody listens on its own, randomly chosen, port
            throw new IOException("no server listens on " + serverChannel.getRemoteAddress());
        }
        server.want(SelectionKey.OP_CONNECT, false);
        toServer.pump();
        toClient.pump();
    }

    private void notConnected(IOException cause) {
        LOG.log(Logger.Level.DEBUG, "connection " + number + ": the server cannot be reached", cause);
        server.close();
        toClient.sourceReset();
    }

    /** Called when a pipe was stopped. Ends the connection if both pipes have stopped. */
    void stopped() {
        if (!ending && toServer.isOver() && toClient.isOver()) {
            resetNow();
        }
    }

    void closeIfFinished() {
        if (toServer.finDelivered() && toClient.finDelivered()) {
            endNow();
        }
    }

    /** Ends the connection after the bytes delivered so far: nothing more passes, and both sides are reset. */
    void cut() {
        if (ending) {
            return;
        }
        ending = true;
        toServer.stop();
        toClient.stop();
        client.resetBehindBytes(this::forgetIfClosed);
        server.resetBehindBytes(this::forgetIfClosed);
    }

    void resetIfLossy() {
        if (!silent && (toServer.isLossy() || toClient.isLossy())) {
            resetNow();
        }
    }

    void resetNow() {
        ending = true;
        toServer.stop();
        toClient.stop();
        client.reset();
        server.reset();
        proxy.forget(this);
    }

    void endNow() {
        ending = true;
        toServer.stop();
        toClient.stop();
        client.close();
        server.close();
        proxy.forget(this);
    }

    private void forgetIfClosed() {
        if (!client.isOpen() && !server.isOpen()) {
            proxy.forget(this);
        }
    }
}
