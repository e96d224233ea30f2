package io.sereno.backend.zookeeper;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.TimeSource;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.X509Util;
import org.jspecify.annotations.Nullable;

/** What all sessions of one client have in common: where the servers are, who we are, and that they end with it. */
final class Connection {
    /** More than a portion of the greatest values; the server is not bound by it. */
    private static final String ANSWER_BYTES = String.valueOf(64 * 1024 * 1024);

    private final String hosts;
    private final ZKClientConfig clientConfig;
    private final byte @Nullable [] credentials;
    private final @Nullable Tls tls;
    private final Paths paths;
    private final Calls calls;
    private final TimeSource time;
    private final Executor executor;
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
        this.credentials = Credentials.of(config);
        this.paths = new Paths(config.namespace());
        this.calls = new Calls(config);
        this.time = config.time();
        this.executor = config.executor();
        this.clientConfig = new ZKClientConfig();
        clientConfig.setProperty("jute.maxbuffer", ANSWER_BYTES);
        // A JAAS configuration of the JVM may be for others: it counts where it is asked for.
        clientConfig.setProperty(
                ZKClientConfig.ENABLE_CLIENT_SASL_KEY,
                String.valueOf(options.sasl().isPresent()));
        options.sasl().ifPresent(name -> {
            clientConfig.setProperty(ZKClientConfig.LOGIN_CONTEXT_NAME_KEY, name);
            if (clientConfig.getProperty(X509Util.FIPS_MODE_PROPERTY) == null) {
                // Unless the JVM is told to be so strict: by itself the client leaves out DIGEST-MD5.
                clientConfig.setProperty(X509Util.FIPS_MODE_PROPERTY, "false");
            }
        });
        // So does what the JVM says about TLS: the URI decides.
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

    Executor executor() {
        return executor;
    }

    Leases leases() {
        return leases;
    }

    /** Known when the backend is open. */
    Range range() {
        Range known = range;
        if (known == null) {
            throw new IllegalStateException("the servers have not told their range yet");
        }
        return known;
    }

    void range(Range told) {
        range = told;
    }

    boolean isClosed() {
        return closed;
    }

    void openHandle(Duration session, Handle.Listener listener, Consumer<Handle> first) throws IOException {
        openHandle(hosts, session, listener, first, null);
    }

    Handle openHandle(
            String servers, Duration session, Handle.Listener listener, Consumer<Handle> first, @Nullable Watcher also)
            throws IOException {
        return Handle.open(
                servers,
                Math.toIntExact(session.toMillis()),
                clientConfig,
                listener,
                opened -> began(opened, first),
                also);
    }

    /** Another handle on the session of this one. */
    void reopen(Handle last, Handle.Listener listener) throws IOException {
        last.reopen(hosts, clientConfig, listener, opened -> began(opened, known -> {}));
    }

    private void began(Handle handle, Consumer<Handle> first) {
        if (credentials != null) {
            handle.addAuthInfo("digest", credentials);
        }
        handles.add(handle);
        first.accept(handle);
        if (closed) {
            // Opened while all others were being closed.
            release(handle);
        }
    }

    void release(Handle handle) {
        handles.remove(handle);
        handle.abandon();
    }

    /** From here on no handle stays open. */
    Set<Handle> close() {
        closed = true;
        return Set.copyOf(handles);
    }
}
