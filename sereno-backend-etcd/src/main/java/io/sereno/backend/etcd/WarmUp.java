package io.sereno.backend.etcd;

import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrpc;
import io.grpc.ManagedChannel;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.TimeSource;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * Loads the classes that a first call needs, once in a JVM, by a call to a local socket, which closes the connection.
 * So the time for loading, seconds on a slow machine, does not count against the connect timeout.
 */
final class WarmUp {
    private static final AtomicBoolean BEGUN = new AtomicBoolean();
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private WarmUp() {}

    /**
     * Blocks for little more than the connect timeout or {@link #LONGEST}, whichever is shorter. The time for classes
     * that are not loaded by then counts against the connect timeout.
     */
    static void once(Function<InetSocketAddress, ManagedChannel> dial, BackendConfig config, Executor threads) {
        if (!BEGUN.compareAndSet(false, true)) {
            return;
        }
        Duration limit = config.connectTimeout().compareTo(LONGEST) < 0 ? config.connectTimeout() : LONGEST;
        long began = config.time().nanoTime();
        try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            InetSocketAddress address =
                    InetSocketAddress.createUnresolved(nobody.getInetAddress().getHostAddress(), nobody.getLocalPort());
            Links links = new OwnLinks(List.of(address), dial, config.time());
            Tokens nobodys = new Tokens(Optional.empty(), Optional::empty, false, threads);
            CompletableFuture<?> call = new Calls(
                            links, nobodys, config.time(), threads, limit, new Keys(config.namespace()))
                    .call(LeaseGrpc.getLeaseGrantMethod(), LeaseGrantRequest.getDefaultInstance());
            try {
                acceptOne(nobody, limit, config.time());
            } finally {
                links.close(limit.minusNanos(config.time().nanoTime() - began));
            }
            call.handle((answer, failure) -> Failures.ofRead(failure)).join();
        } catch (IOException e) {
            System.getLogger(WarmUp.class.getName())
                    .log(Level.DEBUG, "no socket for the warm-up; the first connect will be slower", e);
        }
    }

    /** Accepts one connection and waits until it has sent a byte, for this long at most. */
    static void acceptOne(ServerSocket nobody, Duration limit, TimeSource time) throws IOException {
        long began = time.nanoTime();
        nobody.setSoTimeout(millis(limit));
        try (Socket caller = nobody.accept()) {
            caller.setSoTimeout(millis(limit.minusNanos(time.nanoTime() - began)));
            caller.getInputStream().read();
        }
    }

    /** At least one, since zero means no timeout. */
    private static int millis(Duration limit) {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, limit.toMillis()));
    }
}
