package io.sereno.examples.backend;

import io.sereno.spi.Lease;
import io.sereno.tck.ServerControl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A server of shelves: real sockets, in threads of this process. Killing it closes the sockets and keeps the shelves, as if they
 * were on a disk.
 */
final class ShelfServer implements ServerControl, AutoCloseable {
    /**
     * A namespace.
     *
     * @param client of the shelf, that stands for all clients of the server: each of them knows its own leases
     */
    record Store(Shelf shelf, ShelfBackend client, Map<Long, Lease> leases) {}

    private final ServerTime time = new ServerTime();
    private final Map<String, Store> stores = new ConcurrentHashMap<>();
    private final Set<ShelfSession> sessions = ConcurrentHashMap.newKeySet();
    /** By the name that a client has given itself: its connection for notices. */
    private final Map<String, ShelfSession> listeners = new ConcurrentHashMap<>();

    private final int port;
    /** Guarded by this. */
    private boolean paused;

    private volatile ServerSocket socket;
    private volatile @Nullable Thread accepting;

    ShelfServer() {
        socket = listen(0);
        port = socket.getLocalPort();
        time.everySecond(() -> listeners.values().forEach(ShelfSession::beat));
    }

    private ServerSocket listen(int wanted) {
        try {
            ServerSocket made = new ServerSocket();
            made.setReuseAddress(true);
            made.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), 1_000);
            Thread thread = new Thread(() -> accept(made), "tck-shelf-accept");
            thread.setDaemon(true);
            thread.start();
            accepting = thread;
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen", e);
        }
    }

    private void accept(ServerSocket from) {
        try {
            while (true) {
                Socket accepted = from.accept();
                ShelfSession session = new ShelfSession(this, accepted);
                sessions.add(session);
                if (from.isClosed()) {
                    session.close();
                }
                session.start();
            }
        } catch (IOException e) {
            // The server was killed.
        }
    }

    InetSocketAddress endpoint() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    Store store(String namespace) {
        return stores.computeIfAbsent(namespace, name -> {
            Shelf shelf = new Shelf();
            return new Store(shelf, new ShelfBackend(shelf, time, Runnable::run), new ConcurrentHashMap<>());
        });
    }

    ServerTime time() {
        return time;
    }

    void listens(String client, ShelfSession session) {
        ShelfSession former = listeners.put(client, session);
        if (former != null && former != session) {
            former.close();
        }
    }

    /** Empty if there is none. */
    List<ShelfSession> listener(String client) {
        ShelfSession session = listeners.get(client);
        return session == null ? List.of() : List.of(session);
    }

    void ended(ShelfSession session) {
        sessions.remove(session);
        listeners.values().removeIf(session::equals);
    }

    /** Each request and each notice waits here while the server is frozen. */
    synchronized void passGate() {
        try {
            while (paused) {
                wait();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the server", e);
        }
    }

    @Override
    public Set<Ability> abilities() {
        return EnumSet.of(Ability.PAUSE, Ability.RESTART);
    }

    @Override
    public synchronized void pause() {
        paused = true;
    }

    @Override
    public synchronized void resume() {
        paused = false;
        notifyAll();
    }

    @Override
    public void kill() {
        try {
            socket.close();
            Thread thread = accepting;
            if (thread != null) {
                // Only then the port is free.
                thread.join();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close the port", e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the kit", e);
        }
        sessions.forEach(ShelfSession::close);
        resume();
    }

    @Override
    public void restart() {
        socket = listen(port);
    }

    @Override
    public void close() {
        kill();
        time.close();
    }
}
