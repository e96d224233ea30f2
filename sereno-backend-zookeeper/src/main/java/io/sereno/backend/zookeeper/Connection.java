package io.sereno.backend.zookeeper;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.TimeSource;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.X509Util;
import org.jspecify.annotations.Nullable;

/**
 * What all sessions of one client share: the addresses of the servers, the client's identity, and the end together with
 * the client.
 */
final class Connection {
    /** More than a portion of values of the greatest size. The server has its own limit. */
    private static final String ANSWER_BYTES = String.valueOf(64 * 1024 * 1024);

    private static final Duration LEAST_PATIENCE = Duration.ofMillis(250);
    private static final Duration MOST_PATIENCE = Duration.ofSeconds(2);

    private final String hosts;
    private final ZKClientConfig clientConfig;
    private final BackendConfig config;
    private final Options options;
    private final @Nullable Tls tls;
    private final Paths paths;
    private final Calls calls;
    private final TimeSource time;
    private final Executor executor;
    private final Executor threads;
    private final Leases leases = new Leases();
    private final Set<Handle> handles = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Range range;
    private volatile boolean closed;

    Connection(BackendConfig config, Options options) {
        this.hosts = config.endpoints().stream()
                .map(address -> (address.getHostString().indexOf(':') < 0
                                ? address.getHostString()
                                : "[" + address.getHostString() + "]")
                        + ":" + address.getPort())
                .collect(Collectors.joining(","));
        this.config = config;
        this.options = options;
        this.paths = new Paths(config.namespace());
        this.calls = new Calls(config);
        this.time = config.time();
        this.executor = config.executor();
        this.threads = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), daemons("sereno-zookeeper-"));
        this.clientConfig = new ZKClientConfig();
        clientConfig.setProperty("jute.maxbuffer", ANSWER_BYTES);
        // A JAAS configuration of the JVM may be meant for others. It is used only if requested.
        clientConfig.setProperty(
                ZKClientConfig.ENABLE_CLIENT_SASL_KEY,
                String.valueOf(options.sasl().isPresent()));
        options.sasl().ifPresent(name -> {
            clientConfig.setProperty(ZKClientConfig.LOGIN_CONTEXT_NAME_KEY, name);
            if (clientConfig.getProperty(X509Util.FIPS_MODE_PROPERTY) == null) {
                // Unless the JVM is configured to be so strict: by default the client excludes DIGEST-MD5.
                clientConfig.setProperty(X509Util.FIPS_MODE_PROPERTY, "false");
            }
        });
        // The same holds for the JVM's TLS settings: the URI decides.
        clientConfig.setProperty(ZKClientConfig.SECURE_CLIENT, "false");
        this.tls = options.tls() ? new Tls(config) : null;
        if (tls != null) {
            tls.configure(clientConfig);
        }
    }

    String hosts() {
        return hosts;
    }

    Optional<Tls> tls() {
        return Optional.ofNullable(tls);
    }

    Paths paths() {
        return paths;
    }

    Calls calls() {
        return calls;
    }

    TimeSource time() {
        return time;
    }

    private static ThreadFactory daemons(String prefix) {
        AtomicLong made = new AtomicLong();
        return task -> {
            Thread thread = new Thread(null, task, prefix + made.incrementAndGet(), 0, false);
            thread.setDaemon(true);
            return thread;
        };
    }

    /** For listeners. It belongs to the application, which may block all of its threads. */
    Executor executor() {
        return executor;
    }

    /** For internal work that may block. It accepts every task; its threads end after a second without work. */
    Executor threads() {
        return threads;
    }

    Leases leases() {
        return leases;
    }

    /** Known when the backend is open. */
    Range range() {
        Range known = range;
        if (known == null) {
            throw new IllegalStateException("the servers' range of session timeouts is not known yet");
        }
        return known;
    }

    void range(Range reported) {
        range = reported;
    }

    boolean isClosed() {
        return closed;
    }

    void openHandle(Duration session, Handle.Listener listener, Consumer<Handle> first) throws IOException {
        openHandle(hosts, session, listener, first);
    }

    Handle openHandle(String servers, Duration session, Handle.Listener listener, Consumer<Handle> first)
            throws IOException {
        return Handle.open(
                servers,
                new Hosts(servers, this::readCertificates),
                Math.toIntExact(session.toMillis()),
                clientConfig,
                listener,
                opened -> began(opened, first));
    }

    /** An unregistered handle, for {@link WarmUp}. */
    Handle openUnknown(String servers, Duration session, Handle.Listener listener) throws IOException {
        return Handle.open(
                servers,
                new Hosts(servers, () -> {}),
                Math.toIntExact(session.toMillis()),
                clientConfig,
                listener,
                opened -> {});
    }

    /** Opens another handle on the session of this one. */
    void reopen(Handle last, String servers, Handle.Listener listener, Consumer<Handle> first) throws IOException {
        last.reopen(
                servers,
                new Hosts(servers, this::readCertificates),
                clientConfig,
                listener,
                opened -> began(opened, first));
    }

    /** The servers, in the order of the URI. */
    List<String> servers() {
        return List.of(hosts.split(","));
    }

    /**
     * How long a server may be silent before another one is tried, so that a third of the shortest lease leaves time for two
     * servers.
     */
    Duration patience() {
        Duration shortest = leases.shortestTtl().dividedBy(6);
        if (shortest.compareTo(LEAST_PATIENCE) < 0) {
            return LEAST_PATIENCE;
        }
        return shortest.compareTo(MOST_PATIENCE) > 0 ? MOST_PATIENCE : shortest;
    }

    /** Reads the certificates before each attempt to connect, since they may have been replaced. */
    private void readCertificates() {
        if (tls != null) {
            tls.refresh();
        }
    }

    private void began(Handle handle, Consumer<Handle> first) {
        handles.add(handle);
        // Requested for each session. On one session ZooKeeper's client repeats it by itself when it reconnects.
        try {
            byte[] credentials = Credentials.of(config);
            if (credentials != null) {
                handle.owner(Acl.ofSession(config, options, credentials));
                handle.addAuthInfo("digest", credentials);
            }
        } catch (RuntimeException | Error e) {
            release(handle);
            throw e;
        }
        first.accept(handle);
        if (closed) {
            // Opened while all other handles were being closed.
            release(handle);
        }
    }

    void release(Handle handle) {
        handles.remove(handle);
        handle.abandon();
    }

    /** From now on no handle stays open. */
    Set<Handle> close() {
        closed = true;
        return Set.copyOf(handles);
    }
}
