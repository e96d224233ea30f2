package io.sereno.tck.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Random;

/** A client and a server with one connection through a proxy, both ends in the hands of the test. */
final class Line implements AutoCloseable {
    /** The direction under test, so that one test serves both. */
    enum Way {
        CLIENT_TO_SERVER,
        SERVER_TO_CLIENT;

        Way back() {
            return this == CLIENT_TO_SERVER ? SERVER_TO_CLIENT : CLIENT_TO_SERVER;
        }
    }

    private static final int STUCK_MILLIS = 30_000;

    final ServerSocket listener;
    final FaultProxy proxy;
    final Socket client;
    final Socket server;

    Line() throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        proxy = FaultProxy.to((InetSocketAddress) listener.getLocalSocketAddress());
        client = connect();
        server = accept();
    }

    Socket connect() throws IOException {
        return connect(proxy);
    }

    static Socket connect(FaultProxy proxy) throws IOException {
        Socket socket = new Socket();
        socket.connect(proxy.endpoint());
        return prepared(socket);
    }

    Socket accept() throws IOException {
        return prepared(listener.accept());
    }

    private static Socket prepared(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(STUCK_MILLIS);
        return socket;
    }

    /** Another connection; both of its ends take in little that they have not read. */
    Pair connectWithReceiveBuffers(int size) throws IOException {
        listener.setReceiveBufferSize(size); // what is accepted has it from there
        Socket socket = new Socket();
        socket.setReceiveBufferSize(size);
        socket.connect(proxy.endpoint());
        return new Pair(prepared(socket), accept());
    }

    /** The two ends of a connection through the proxy. */
    record Pair(Socket client, Socket server) implements AutoCloseable {
        Socket sender(Way way) {
            return way == Way.CLIENT_TO_SERVER ? client : server;
        }

        Socket receiver(Way way) {
            return sender(way.back());
        }

        @Override
        public void close() throws IOException {
            client.close();
            server.close();
        }
    }

    Direction direction(Way way) {
        return way == Way.CLIENT_TO_SERVER ? proxy.clientToServer() : proxy.serverToClient();
    }

    Socket sender(Way way) {
        return way == Way.CLIENT_TO_SERVER ? client : server;
    }

    Socket receiver(Way way) {
        return sender(way.back());
    }

    /** An address without a server. */
    static InetSocketAddress deserted() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }
    }

    /** Ends a socket as a crash does. */
    static void crash(Socket socket) throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    static byte[] random(long seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** The bytes before the orderly end of the stream. */
    static byte[] readToEnd(Socket socket) throws IOException {
        return socket.getInputStream().readAllBytes();
    }

    /** The bytes before the reset of the stream. */
    static byte[] readToReset(Socket socket) throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(read);
        } catch (SocketException e) {
            assertThat(e).hasMessageContaining("reset");
            return read.toByteArray();
        }
        throw new IOException("the stream ended in order after " + read.size() + " bytes, and was to be reset");
    }

    static byte[] read(Socket socket, int size) throws IOException {
        byte[] bytes = socket.getInputStream().readNBytes(size);
        if (bytes.length < size) {
            throw new IOException("the stream ended after " + bytes.length + " of " + size + " bytes");
        }
        return bytes;
    }

    @Override
    public void close() throws IOException {
        proxy.close();
        client.close();
        server.close();
        listener.close();
    }
}
