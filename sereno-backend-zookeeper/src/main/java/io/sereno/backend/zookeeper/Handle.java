package io.sereno.backend.zookeeper;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.ClientInfo;
import org.apache.zookeeper.proto.ReplyHeader;
import org.apache.zookeeper.proto.RequestHeader;
import org.apache.zookeeper.proto.WhoAmIResponse;
import org.jspecify.annotations.Nullable;

/**
 * One ZooKeeper session. Every request is asynchronous and is answered exactly once, on the handle's own event thread, which must not be blocked.
 * Requests are carried out in the order in which they were made. Unlike {@link ZooKeeper} itself, it ends without blocking.
 */
@SuppressWarnings("try") // ZooKeeper.close() may be interrupted; nothing here calls it.
final class Handle extends ZooKeeper {
    /** Is notified of events of a handle, on its event thread and in order. */
    interface Listener {
        /** The handle is connected, for the first time or again. */
        void connected(Handle handle);

        void disconnected(Handle handle);

        /** The handle has ended permanently: the session has expired, or its credentials were refused. */
        void ended(Handle handle, boolean refused);

        /** A watched node was created, set or deleted. */
        void changed(String path, long zxid);
    }

    private static final System.Logger LOG = System.getLogger(Handle.class.getName());

    private final Signals signals;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong answers = new AtomicLong();
    private volatile @Nullable List<ACL> owner;

    private Handle(String hosts, Hosts provider, int timeoutMillis, Signals signals, ZKClientConfig config)
            throws IOException {
        super(hosts, timeoutMillis, signals, false, provider, config);
        this.signals = signals;
    }

    private Handle(
            String hosts,
            Hosts provider,
            int timeoutMillis,
            Signals signals,
            long session,
            byte[] password,
            ZKClientConfig config)
            throws IOException {
        super(hosts, timeoutMillis, signals, session, password, false, provider, config);
        this.signals = signals;
    }

    /**
     * Begins a new session; returns without waiting for it.
     *
     * @param first gets the handle before the listener is notified of it
     */
    static Handle open(
            String hosts,
            Hosts provider,
            int timeoutMillis,
            ZKClientConfig config,
            Listener listener,
            Consumer<Handle> first)
            throws IOException {
        Signals signals = new Signals(listener);
        Handle handle = new Handle(hosts, provider, timeoutMillis, signals, config);
        try {
            first.accept(handle);
        } finally {
            signals.handle.complete(handle);
        }
        return handle;
    }

    /** Another handle on the session of this one. */
    Handle reopen(String hosts, Hosts provider, ZKClientConfig config, Listener listener, Consumer<Handle> first)
            throws IOException {
        Signals signals = new Signals(listener);
        Handle handle =
                new Handle(hosts, provider, getSessionTimeout(), signals, getSessionId(), getSessionPasswd(), config);
        try {
            first.accept(handle);
        } finally {
            signals.handle.complete(handle);
        }
        return handle;
    }

    /** The owner of the nodes that it creates; null: the creator as the server identifies it. */
    @Nullable
    List<ACL> owner() {
        return owner;
    }

    void owner(@Nullable List<ACL> named) {
        owner = named;
    }

    /** Host and port of the server that it is connected to; the given text while it is between two servers. */
    String server(String otherwise) {
        if (testableRemoteSocketAddress() instanceof InetSocketAddress address) {
            String host = address.getHostString();
            return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
        }
        return otherwise;
    }

    /** Whether a request was sent that has no answer yet. */
    boolean isWaiting() {
        return waiting.get() > 0;
    }

    /** How many answers have come from a server. */
    long answers() {
        return answers.get();
    }

    private <T> void complete(CompletableFuture<Answer<T>> answer, int code, @Nullable T value) {
        Answer<T> reply = Answer.of(code, value);
        if (reply.code() != Code.CONNECTIONLOSS && reply.code() != Code.SESSIONEXPIRED) {
            answers.incrementAndGet();
        }
        answer.complete(reply);
        // Only now, so that requests that the receiver has just sent are counted too.
        waiting.decrementAndGet();
    }

    private <T> CompletableFuture<Answer<T>> asked() {
        waiting.incrementAndGet();
        return new CompletableFuture<>();
    }

    CompletableFuture<Answer<List<OpResult>>> transact(List<Op> operations) {
        CompletableFuture<Answer<List<OpResult>>> answer = asked();
        multi(operations, (code, path, context, results) -> complete(answer, code, results), null);
        return answer;
    }

    /**
     * A transaction that changes nothing. The leader and a majority agree on it, so what is read on this handle afterwards
     * is not older than the moment at which it was sent. ({@code sync} asks no majority: ZOOKEEPER-1675.)
     */
    CompletableFuture<Answer<List<OpResult>>> barrier(String existing) {
        return transact(List.of(Op.check(existing, -1)));
    }

    CompletableFuture<Answer<List<String>>> children(String path) {
        CompletableFuture<Answer<List<String>>> answer = asked();
        getChildren(path, false, (code, p, context, children) -> complete(answer, code, children), (Object) null);
        return answer;
    }

    CompletableFuture<Answer<Integer>> numberOfChildren(String path) {
        CompletableFuture<Answer<Integer>> answer = asked();
        exists(
                path,
                false,
                (code, p, context, stat) -> complete(answer, code, stat == null ? null : stat.getNumChildren()),
                null);
        return answer;
    }

    CompletableFuture<Answer<byte[]>> data(String path) {
        CompletableFuture<Answer<byte[]>> answer = asked();
        getData(path, false, (code, p, context, data, stat) -> complete(answer, code, data), null);
        return answer;
    }

    /** How the server identifies this session; servers before 3.7 do not report it. */
    CompletableFuture<Answer<List<ClientInfo>>> asWhom() {
        CompletableFuture<Answer<List<ClientInfo>>> answer = asked();
        RequestHeader header = new RequestHeader();
        header.setType(OpCode.whoAmI);
        WhoAmIResponse response = new WhoAmIResponse();
        AsyncCallback.VoidCallback callback = (code, path, context) -> complete(answer, code, response.getClientInfo());
        cnxn.queuePacket(header, new ReplyHeader(), null, response, callback, null, null, null, null);
        return answer;
    }

    /** The paths of all nodes that are bound to this session. */
    CompletableFuture<Answer<List<String>>> ephemerals() {
        CompletableFuture<Answer<List<String>>> answer = asked();
        getEphemerals("/", (code, context, paths) -> complete(answer, code, paths), null);
        return answer;
    }

    /** One round trip, carried out after everything that was sent before. */
    CompletableFuture<Answer<Void>> roundTrip(String path) {
        CompletableFuture<Answer<Void>> answer = asked();
        exists(path, false, (code, p, context, stat) -> complete(answer, code, null), null);
        return answer;
    }

    /** Sets a watch. Notices go to the listener. */
    CompletableFuture<Answer<Void>> watch(String path, AddWatchMode mode) {
        CompletableFuture<Answer<Void>> answer = asked();
        addWatch(path, signals, mode, (code, p, context) -> complete(answer, code, null), null);
        return answer;
    }

    /**
     * Removes a watch, even if the server cannot be asked: then it is forgotten here, and so on the server at the next
     * connection.
     */
    void unwatch(String path) {
        removeWatches(path, signals, Watcher.WatcherType.Any, true, (code, p, context) -> {}, null);
    }

    /** Asks the server to end the session, with all nodes that are bound to it. Nothing can be sent afterwards. */
    CompletableFuture<Answer<Void>> end() {
        CompletableFuture<Answer<Void>> answer = new CompletableFuture<>();
        RequestHeader header = new RequestHeader();
        header.setType(OpCode.closeSession);
        AsyncCallback.VoidCallback callback = (code, path, context) -> answer.complete(Answer.of(code, null));
        cnxn.queuePacket(header, new ReplyHeader(), null, null, callback, null, null, null, null);
        return answer;
    }

    /** Breaks the connection, if there is one; the client makes another. */
    void reconnect() {
        try {
            getTestable().closeSocket();
        } catch (IOException | RuntimeException e) {
            // There is no connection, or it breaks by itself.
            LOG.log(Level.DEBUG, "a connection could not be closed", e);
        }
    }

    /**
     * Releases threads and socket, and answers the requests under way. The session lives on in the server until its time is over.
     */
    void abandon() {
        // A handle that has ended by itself releases them by itself. Its last answers may come on the very thread that
        // disconnecting would wait for.
        if (getState().isAlive()) {
            cnxn.disconnect();
        }
    }

    /** Turns ZooKeeper's events into calls. Events may come before the handle's constructor has returned. */
    private static final class Signals implements Watcher {
        private final CompletableFuture<Handle> handle = new CompletableFuture<>();
        private final Listener listener;

        Signals(Listener listener) {
            this.listener = listener;
        }

        /** Catches everything: ZooKeeper's event thread would swallow an exception, and the event with it. */
        @Override
        public void process(WatchedEvent event) {
            try {
                call(event);
            } catch (RuntimeException | Error defect) {
                LOG.log(
                        Level.ERROR,
                        () -> "a step of the backend failed at " + event + "; the backend reconnects",
                        defect);
                handle.join().reconnect();
            }
        }

        private void call(WatchedEvent event) {
            String path = event.getPath();
            if (path != null) {
                listener.changed(path, event.getZxid());
                return;
            }
            // An event without a state reports a SASL log-in that could not even begin.
            KeeperState state = event.getState() == null ? KeeperState.AuthFailed : event.getState();
            Consumer<Handle> call = switch (state) {
                case SyncConnected -> listener::connected;
                case Disconnected -> listener::disconnected;
                case Expired -> ended -> listener.ended(ended, false);
                case AuthFailed -> ended -> listener.ended(ended, true);
                default -> ignored -> {};
            };
            Handle self = handle.join();
            call.accept(self);
            if (state == KeeperState.AuthFailed) {
                // Only after this end would the client keep its thread.
                self.cnxn.disconnect();
            }
        }
    }
}
