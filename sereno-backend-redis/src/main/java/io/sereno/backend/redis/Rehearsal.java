package io.sereno.backend.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.codec.ByteArrayCodec;
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
 * Loads the classes that a first connection needs, once in a JVM, so that the time for that does not count against the connect
 * timeout: by a connection to a socket of this process, which hangs up. On a slow machine it takes seconds. No user and no password is sent.
 */
final class Rehearsal {
    private static final AtomicBoolean BEGUN = new AtomicBoolean();
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private Rehearsal() {}

    static void once(RedisClient client, Address address) {
        if (!BEGUN.compareAndSet(false, true)) {
            return;
        }
        try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody.setSoTimeout((int) LIMIT.toMillis());
            InetSocketAddress endpoint =
                    InetSocketAddress.createUnresolved(nobody.getInetAddress().getHostAddress(), nobody.getLocalPort());
            CompletableFuture<?> contact = client.connectAsync(
                            ByteArrayCodec.INSTANCE, address.sentinel(endpoint, LIMIT))
                    .toCompletableFuture();
            try (Socket caller = nobody.accept()) {
                caller.setSoTimeout((int) LIMIT.toMillis());
                caller.getInputStream().read();
            }
            contact.handle((made, failure) -> Optional.ofNullable(failure).map(Errors::meaning))
                    .join();
        } catch (IOException e) {
            System.getLogger(Rehearsal.class.getName())
                    .log(Level.DEBUG, "no socket for a rehearsal; the first connect is the slower for it", e);
        }
    }
}
