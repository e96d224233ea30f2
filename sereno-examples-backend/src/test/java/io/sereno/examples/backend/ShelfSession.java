package io.sereno.examples.backend;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Lease;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** One connection to the server: a thread that answers its requests, and one more that sends notices if it listens. */
final class ShelfSession {
    /** Writes an answer, which is known by then. */
    @FunctionalInterface
    private interface Answer {
        void to(DataOutputStream out) throws IOException;
    }

    /** The last task of the second thread. */
    private static final class End implements Runnable {
        @Override
        public void run() {}
    }

    private final ShelfServer server;
    private final Socket socket;
    /** Guarded by this. */
    private final Map<Long, NoticeQueue> watches = new HashMap<>();

    private boolean ended;

    /** What the second thread has to send. */
    private final BlockingQueue<Runnable> toSend = new LinkedBlockingQueue<>();

    private volatile ShelfServer.@Nullable Store store;
    private volatile @Nullable DataOutputStream out;

    ShelfSession(ShelfServer server, Socket socket) {
        this.server = server;
        this.socket = socket;
    }

    void start() {
        run("tck-shelf-requests", this::serve);
    }

    private static void run(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // It was closed already.
        }
    }

    private void serve() {
        try (socket;
                DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
                DataOutputStream answers = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()))) {
            socket.setTcpNoDelay(true);
            if (in.readLong() != Wire.GREETING) {
                return;
            }
            ShelfServer.Store opened = server.store(in.readUTF());
            store = opened;
            server.passGate();
            answers.writeLong(Wire.GREETING);
            answers.flush();
            boolean listens = false;
            while (!listens) {
                Wire.Request request = Wire.Request.from(in);
                listens = request == Wire.Request.LISTEN;
                try {
                    Answer answer = answer(request, in, opened);
                    answers.writeBoolean(true);
                    answer.to(answers);
                } catch (BackendException refused) {
                    answers.writeBoolean(false);
                    answers.writeUTF(String.valueOf(refused.getMessage()));
                }
                answers.flush();
                server.answered(request);
            }
            out = answers;
            run("tck-shelf-notices", this::sendAll);
            // Until the client has gone: it asks nothing more over this connection.
            var unused = in.read();
        } catch (IOException e) {
            // The client has gone.
        } finally {
            server.ended(this);
            end();
            toSend.add(new End());
        }
    }

    private Answer answer(Wire.Request request, DataInputStream in, ShelfServer.Store opened) throws IOException {
        Backend client = opened.client();
        switch (request) {
            case READ -> {
                var query = Wire.readQuery(in);
                server.passGate(request);
                var snapshot = result(client.read(query));
                return to -> Wire.write(to, snapshot);
            }
            case COMMIT -> {
                var commit = Wire.readCommit(in);
                server.passGate(request);
                var outcome = result(client.commit(commit));
                return to -> Wire.write(to, outcome);
            }
            case GRANT -> {
                Duration ttl = Duration.ofNanos(in.readLong());
                server.passGate(request);
                Lease lease = result(client.grantLease(ttl));
                opened.leases().put(lease.id(), lease);
                return to -> to.writeLong(lease.id());
            }
            case RENEW -> {
                Lease lease = opened.leases().get(in.readLong());
                server.passGate(request);
                boolean lives = lease != null && result(lease.renew());
                return to -> to.writeBoolean(lives);
            }
            case REVOKE -> {
                Lease lease = opened.leases().remove(in.readLong());
                server.passGate(request);
                if (lease != null) {
                    var unused = result(lease.revoke().thenApply(nothing -> true));
                }
                return to -> {};
            }
            case ATTACH -> {
                String name = in.readUTF();
                server.passGate(request);
                server.attach(name, this);
                return to -> {};
            }
            case LISTEN -> {
                for (int left = in.readInt(); left > 0; left--) {
                    watch(in.readLong(), Wire.readTarget(in));
                }
                server.passGate(request);
                return to -> {};
            }
            case WATCH -> {
                String name = in.readUTF();
                long number = in.readLong();
                Target target = Wire.readTarget(in);
                server.passGate(request);
                var attached = server.attached(name);
                attached.forEach(session -> session.watch(number, target));
                return to -> to.writeBoolean(!attached.isEmpty());
            }
            default -> {
                String name = in.readUTF();
                long number = in.readLong();
                server.passGate(request);
                server.attached(name).forEach(session -> session.unwatch(number));
                return to -> {};
            }
        }
    }

    /** The shelf answers at once. */
    private static <T> T result(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof BackendException refused ? refused : e;
        }
    }

    /** A watch that is set already stays: its notices may be on their way. */
    synchronized void watch(long number, Target target) {
        ShelfServer.Store of = store;
        if (ended || of == null || watches.containsKey(number)) {
            return;
        }
        NoticeQueue watch =
                new NoticeQueue(target, new Sender(number), toSend::add, server.time(), ShelfSession.this::forget);
        watches.put(number, watch);
        synchronized (of.shelf()) {
            of.shelf().add(watch);
        }
    }

    private synchronized void unwatch(long number) {
        NoticeQueue watch = watches.remove(number);
        if (watch != null) {
            watch.cancel();
        }
    }

    private synchronized void end() {
        ended = true;
        watches.values().forEach(NoticeQueue::cancel);
        watches.clear();
    }

    private void forget(NoticeQueue watch) {
        ShelfServer.Store of = store;
        if (of != null) {
            synchronized (of.shelf()) {
                of.shelf().remove(watch);
            }
        }
    }

    private void sendAll() {
        try {
            Runnable task = toSend.take();
            while (!(task instanceof End)) {
                task.run();
                if (toSend.isEmpty()) {
                    flush();
                }
                task = toSend.take();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the server", e);
        }
    }

    private void flush() {
        DataOutputStream to = out;
        try {
            if (to != null) {
                to.flush();
            }
        } catch (IOException e) {
            close();
        }
    }

    /** Says that the server is there. */
    void beat() {
        if (toSend.isEmpty()) {
            toSend.add(() -> send(0, "", 0));
        }
    }

    private void send(long number, String name, long revision) {
        DataOutputStream to = out;
        if (to == null) {
            return;
        }
        try {
            server.passGate();
            to.writeLong(number);
            to.writeUTF(name);
            to.writeLong(revision);
        } catch (IOException e) {
            close();
        }
    }

    private final class Sender implements WatchListener {
        private final long number;

        Sender(long number) {
            this.number = number;
        }

        @Override
        public void changed(String name, long revision) {
            send(number, name, revision);
        }

        @Override
        public void reset() {
            send(number, "", 0);
        }
    }
}
