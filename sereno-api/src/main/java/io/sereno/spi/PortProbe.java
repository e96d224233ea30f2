package io.sereno.spi;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * Finds out what answers at an address. For {@link BackendProvider#open}, because client libraries often report only
 * that they got no connection: TLS on one side only and another protocol are errors that do not go away by waiting.
 *
 * <p>It opens its own connections, at most two for each address, sends the beginning of the store's protocol, and looks
 * at the first bytes of the answer. It sends neither a user nor a password, and it checks no certificate.
 *
 * <p>Instances are immutable and safe for use by multiple threads.
 */
public final class PortProbe {
    private static final System.Logger LOG = System.getLogger(PortProbe.class.getName());

    /** Enough bytes to recognise a protocol. */
    private static final int BYTES = 64;

    private static final int LEAST_BYTES = 8;

    private static final byte HANDSHAKE = 22;
    private static final byte ALERT = 21;

    private final String store;
    private final String plain;
    private final String secure;
    private final byte[] greeting;
    private final Predicate<byte[]> own;

    /**
     * Describes a protocol.
     *
     * @param store name of the store, for messages
     * @param plain scheme of URIs for connections without TLS
     * @param secure scheme of URIs for connections with TLS
     * @param greeting what a client of the store may send first; copied
     * @param own whether the first bytes of an answer, 1 to 64 of them, are those of the store's protocol
     */
    public PortProbe(String store, String plain, String secure, byte[] greeting, Predicate<byte[]> own) {
        this.store = store;
        this.plain = plain;
        this.secure = secure;
        this.greeting = greeting.clone();
        this.own = own;
    }

    @Override
    public String toString() {
        return "probe for " + store;
    }

    private enum Answer {
        NONE,
        OWN,
        TLS,
        OTHER
    }

    /**
     * Finds out what is wrong with a connection to these servers. Blocks at most for the limit; an interrupt ends the
     * wait and leaves the thread's interrupt flag set.
     *
     * @param servers asked in order until one answers as expected
     * @param tls whether the client wants TLS
     * @param limit how long to wait for all of them together
     * @return a sentence for people; empty if one server answers as expected, if one does not answer in time, or if the
     *     probe fails
     */
    public Optional<String> fault(List<InetSocketAddress> servers, boolean tls, Duration limit) {
        CompletableFuture<Optional<String>> answer = new CompletableFuture<>();
        // A separate thread, because nothing limits the time that the JDK takes to look up a host name.
        Thread thread = new Thread(
                () -> {
                    try {
                        answer.complete(look(servers, tls, limit));
                    } catch (RuntimeException | Error e) {
                        answer.completeExceptionally(e);
                    }
                },
                "sereno-port-probe");
        thread.setDaemon(true);
        thread.start();
        try {
            return answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            LOG.log(Level.DEBUG, "cannot find out which protocol the servers speak", e.getCause());
            return Optional.empty();
        }
    }

    private Optional<String> look(List<InetSocketAddress> servers, boolean tls, Duration limit) {
        int millis = (int) Math.max(1, limit.toMillis() / (4L * servers.size()));
        boolean silent = false;
        String found = null;
        for (InetSocketAddress server : servers) {
            Answer answer = ask(server, millis);
            if (answer == (tls ? Answer.TLS : Answer.OWN)) {
                return Optional.empty();
            }
            if (answer == Answer.NONE) {
                silent = true;
            } else {
                found = describe(server.getHostString() + ":" + server.getPort(), answer, tls);
            }
        }
        // A server that is down may be the right one, and may come back.
        return silent ? Optional.empty() : Optional.ofNullable(found);
    }

    private String describe(String server, Answer answer, boolean tls) {
        return switch (answer) {
            case OWN -> store + " at " + server + " does not speak TLS; write " + plain + ": or name its port for TLS";
            case TLS -> "the server at " + server + " speaks TLS; write " + secure + ":";
            default ->
                "the server at " + server + " speaks another protocol than " + store + (tls ? ", and no TLS" : "")
                        + "; check the port";
        };
    }

    private Answer ask(InetSocketAddress server, int millis) {
        byte[] answer = exchange(server, greeting, millis);
        if (answer.length == 0) {
            return isTls(exchange(server, clientHello(server), millis)) ? Answer.TLS : Answer.NONE;
        }
        return isTls(answer) ? Answer.TLS : own.test(answer) ? Answer.OWN : Answer.OTHER;
    }

    /** The first bytes of the answer; none if there is no server, or no answer in time. */
    private static byte[] exchange(InetSocketAddress server, byte[] message, int millis) {
        byte[] answer = new byte[BYTES];
        int size = 0;
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(server.getHostString(), server.getPort()), millis);
            socket.setSoTimeout(millis);
            socket.getOutputStream().write(message);
            InputStream in = socket.getInputStream();
            int read;
            do {
                read = in.read(answer, size, BYTES - size);
                size += Math.max(0, read);
            } while (read > 0 && size < LEAST_BYTES);
        } catch (IOException e) {
            // The bytes received before the exception are the answer.
        }
        return Arrays.copyOf(answer, size);
    }

    private static byte[] clientHello(InetSocketAddress server) {
        try {
            SSLEngine engine = SSLContext.getDefault().createSSLEngine(server.getHostString(), server.getPort());
            engine.setUseClientMode(true);
            ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
            engine.wrap(ByteBuffer.allocate(0), hello);
            return Arrays.copyOf(hello.array(), hello.position());
        } catch (NoSuchAlgorithmException | SSLException e) {
            throw new IllegalStateException("this JVM has no TLS", e);
        }
    }

    /** Whether this is a TLS record that answers a client's first record. */
    private static boolean isTls(byte[] answer) {
        return answer.length >= 2 && (answer[0] == HANDSHAKE || answer[0] == ALERT) && answer[1] == 3;
    }
}
