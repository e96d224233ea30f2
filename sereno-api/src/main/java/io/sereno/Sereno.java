package io.sereno;

import io.sereno.spi.Backend;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import io.sereno.spi.TimeSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** One store under one namespace, the door to every recipe. Thread-safe. Outlives sessions: after an expiry it opens a new one. */
public interface Sereno extends AutoCloseable {
    /** The most bytes of UTF-8 that a name given by the user may take: of a mutex, an election, a group, a member, a child namespace. */
    int MAX_NAME_BYTES = 400;

    /** -Dsereno.uri, else SERENO_URI, else the only backend on the class path at its default address; never memory: unasked. */
    static Sereno connect() {
        return builder().connect();
    }
    /** scheme:[//[user:password@]host[:port][,...]][/namespace][?key=value&...]. A String: java.net.URI refuses "memory:" and lists of IPv6 hosts. */
    static Sereno connect(String uri) {
        return builder().uri(uri).connect();
    }

    static Builder builder() {
        return SerenoFactory.load().newBuilder();
    }
    /** Over a backend of the caller's, which close() leaves open. */
    static Sereno over(Backend backend) {
        return builder().backend(backend).connect();
    }

    Mutex mutex(String name);

    LeaderElection election(String name);

    Counter counter(String name);

    WaitGroup waitGroup(String name);

    <T> Topic<T> topic(String name, Codec<T> codec);

    Membership membership(String group);
    /** membership(group).join(id, ttl): announces that node id of group lives. */
    KeepAlive keepAlive(String group, String id, Duration ttl) throws InterruptedException;
    /** Unique among all generators of this name in this namespace, Sonyflake layout. */
    IdGenerator ids(String name);

    IdGenerator ids(String name, IdLayout layout);
    /** A view below namespace/child, sharing connection and session; its close() does nothing. */
    Sereno withNamespace(String child);

    String nodeId();

    SessionState sessionState();

    Subscription onSessionState(Consumer<SessionState> callback);
    /** What this store promises, as plain facts. */
    Guarantees guarantees();
    /** Gives back what is held, ends callbacks; 5 s at most, even against a frozen server. */
    @Override
    void close();

    /** Checked as a whole by connect(), before any I/O; toString() shows no secret. */
    interface Builder {
        Builder uri(String uri);

        Builder backend(Backend backend);

        Builder namespace(String namespace);
        /** Default: host name, process id, eight random characters. */
        Builder nodeId(String nodeId);
        /** Default 10 s, renewed every third; refused when the store cannot give it. */
        Builder sessionTtl(Duration ttl);
        /** Default 5 s. */
        Builder connectTimeout(Duration timeout);
        /** Default 5 s: each request, and each call that waits for the store alone. */
        Builder operationTimeout(Duration timeout);

        Builder credentials(String user, char[] password);
        /** PEM files: the one form that jetcd, ZooKeeper and lettuce all take. */
        Builder trust(Path caCertificates);

        Builder identity(Path certificates, Path privateKey);
        /** Callbacks; never shut down here. Default: daemon threads, made when needed, gone when idle. */
        Builder executor(Executor executor);

        Builder observer(SerenoObserver observer);
        /** Fails unless the store promises all of these; in a URI: ?require=durable,fail-over-safe */
        Builder require(Promise... promises);
        /** Virtual time for tests. */
        Builder timeSource(TimeSource time);

        Sereno connect();
    }
}
