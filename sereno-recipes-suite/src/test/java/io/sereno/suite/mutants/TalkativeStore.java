package io.sereno.suite.mutants;

import io.sereno.backend.memory.MemoryStore;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.tck.BackendFixture;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A server that sends a line for each commit to every client; the clients ignore it. Their calls do not use this connection. */
public final class TalkativeStore implements BackendFixture {
    private static final byte[] LINE = "changed\n".getBytes(StandardCharsets.US_ASCII);

    private final ServerSocket server;
    private final List<Socket> connected = new CopyOnWriteArrayList<>();
    private @Nullable MemoryStore store;

    /** Starts it. */
    public TalkativeStore() {
        try {
            server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(this::accept);
    }

    private void accept() {
        try {
            while (true) {
                Socket client = server.accept();
                connected.add(client);
                client.getOutputStream().write('!');
            }
        } catch (IOException e) {
            // The server was closed.
        }
    }

    private void tellAll() {
        connected.removeIf(client -> !send(client));
    }

    /** Whether the client is still connected. */
    private static boolean send(Socket client) {
        try {
            client.getOutputStream().write(LINE);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public Backend connect(BackendConfig config) throws IOException {
        InetSocketAddress endpoint = config.endpoints().get(0);
        Socket socket = new Socket(endpoint.getHostString(), endpoint.getPort());
        InputStream in = socket.getInputStream();
        // From here on the server knows this client.
        if (in.read() < 0) {
            throw new EOFException("the server was closed");
        }
        start(() -> {
            try {
                in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // The client was closed.
            }
        });
        Backend below = store(config).connect(config.executor());
        return new Hooks(below)
                .commits(commit -> below.commit(commit).whenComplete((result, failure) -> tellAll()))
                .closes(() -> {
                    below.close();
                    try {
                        socket.close();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }

    private synchronized MemoryStore store(BackendConfig config) {
        MemoryStore made = store == null ? new MemoryStore(config.time()) : store;
        store = made;
        return made;
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "talkative-store");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public List<InetSocketAddress> endpoints() {
        return List.of(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()));
    }

    @Override
    public void close() {
        try {
            server.close();
            for (Socket client : connected) {
                client.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
