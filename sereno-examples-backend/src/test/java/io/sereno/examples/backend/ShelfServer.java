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
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
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
    private final Map<String, ShelfSession> attached = new ConcurrentHashMap<>();

    private final int port;
    /** Guarded by this: whether the server is frozen, which requests a test holds back, which have come, and which are answered. */
    private boolean paused;

    private final Set<Wire.Request> held = EnumSet.noneOf(Wire.Request.class);
    private final Set<Wire.Request> arrived = EnumSet.noneOf(Wire.Request.class);
    private final Set<Wire.Request> answered = EnumSet.noneOf(Wire.Request.class);

    private volatile ServerSocket socket;
    private volatile @Nullable Thread accepting;

    ShelfServer() {
        socket = listenAnywhere();
        port = socket.getLocalPort();
        time.everySecond(() -> attached.values().forEach(ShelfSession::beat));
    }

    /** Below the ports of outgoing connections: none of these takes the port while the server is down. */
    private ServerSocket listenAnywhere() {
        for (int attempt = 0; attempt < 1_000; attempt++) {
            try {
                return listen(ThreadLocalRandom.current().nextInt(10_240, 32_000));
            } catch (UncheckedIOException e) {
                // Somebody listens there.
            }
        }
        throw new IllegalStateException("no port is free");
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

    void attach(String client, ShelfSession session) {
        ShelfSession former = attached.put(client, session);
        if (former != null && former != session) {
            former.close();
        }
    }

    /** Empty if there is none. */
    List<ShelfSession> attached(String client) {
        ShelfSession session = attached.get(client);
        return session == null ? List.of() : List.of(session);
    }

    void ended(ShelfSession session) {
        sessions.remove(session);
        attached.values().removeIf(session::equals);
    }

    /** Each greeting and each notice waits here while the server is frozen. */
    void passGate() {
        await(() -> !paused);
    }

    /** Each request waits here while the server is frozen, or while a test holds it back. */
    void passGate(Wire.Request request) {
        add(arrived, request);
        await(() -> !paused && !held.contains(request));
    }

    void answered(Wire.Request request) {
        add(answered, request);
    }

    private synchronized void add(Set<Wire.Request> to, Wire.Request request) {
        to.add(request);
        notifyAll();
    }

    private synchronized void await(BooleanSupplier condition) {
        try {
            while (!condition.getAsBoolean()) {
                wait();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the server", e);
        }
    }

    /** Holds back requests of this kind until {@link #release()}. */
    synchronized void hold(Wire.Request request) {
        held.add(request);
    }

    synchronized void release() {
        held.clear();
        notifyAll();
    }

    /** Waits until a request of this kind has come. */
    void awaitArrival(Wire.Request request) {
        await(() -> arrived.contains(request));
    }

    /** Waits until a request of this kind was answered. */
    void awaitAnswer(Wire.Request request) {
        await(() -> answered.contains(request));
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
