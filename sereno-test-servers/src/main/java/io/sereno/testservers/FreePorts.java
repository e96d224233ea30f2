package io.sereno.testservers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * Ports that nobody listens on, each handed out once in this JVM. They lie below the range that systems use for the
 * ports of outgoing connections, so that no client can occupy a server's port while the server is down.
 */
class FreePorts {
    private static final int LEAST = 10_240;
    private static final int END = 32_000;
    private static final int ATTEMPTS = 5;

    /** 127.0.0.1, and never ::1: servers must bind to the same address that clients connect to. */
    private static final InetAddress LOOPBACK = loopback();

    private static final Set<Integer> HANDED_OUT = ConcurrentHashMap.newKeySet();

    private static InetAddress loopback() {
        try {
            return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // only for an address of another length
        }
    }

    static InetSocketAddress address(int port) {
        return new InetSocketAddress(LOOPBACK, port);
    }

    int next() {
        return next(0);
    }

    /** A port that is free, and so is the port {@code distance} above it. */
    int next(int distance) {
        for (int attempt = 0; attempt < 10_000; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(LEAST, END - distance);
            int other = port + distance;
            if (HANDED_OUT.add(port) && (distance == 0 || HANDED_OUT.add(other)) && isFree(port) && isFree(other)) {
                return port;
            }
        }
        throw new TestServerException("no free port from " + LEAST + " to " + (END - 1) + " on 127.0.0.1");
    }

    private static boolean isFree(int port) {
        try (ServerSocket probe = new ServerSocket(port, 1, LOOPBACK)) {
            return probe.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Starts the created server, and returns it when it answers. A port may be taken between the probe and the start:
     * then another server is created, on other ports.
     */
    static <T extends TestServer> T start(Supplier<T> create) {
        for (int attempt = 1; ; attempt++) {
            T server = create.get();
            try {
                server.restart();
                return server;
            } catch (PortTakenException e) {
                server.close();
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            } catch (RuntimeException e) {
                server.close();
                throw e;
            }
        }
    }
}
