package io.sereno.backend.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.codec.ByteArrayCodec;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.TimeSource;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Loads the classes that a first connection needs, once in a JVM: connects to a local socket, which closes the
 * connection. So the time for loading, seconds on a slow machine, does not count against the connect timeout. No user
 * and no password is sent.
 */
final class WarmUp {
    private static final AtomicBoolean BEGUN = new AtomicBoolean();
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private WarmUp() {}

    /**
     * Blocks for little more than the connect timeout or {@link #LONGEST}, whichever is shorter. The time for classes
     * that are not loaded by then counts against the connect timeout.
     */
    static void once(RedisClient client, Address address, BackendConfig config) {
        if (!BEGUN.compareAndSet(false, true)) {
            return;
        }
        Duration limit = config.connectTimeout().compareTo(LONGEST) < 0 ? config.connectTimeout() : LONGEST;
        try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            InetSocketAddress endpoint =
                    InetSocketAddress.createUnresolved(nobody.getInetAddress().getHostAddress(), nobody.getLocalPort());
            CompletableFuture<?> contact = client.connectAsync(
                            ByteArrayCodec.INSTANCE, address.sentinel(endpoint, limit))
                    .toCompletableFuture();
            acceptOne(nobody, limit, config.time());
            contact.handle((made, failure) -> Optional.ofNullable(failure).map(Errors::meaning))
                    .join();
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
