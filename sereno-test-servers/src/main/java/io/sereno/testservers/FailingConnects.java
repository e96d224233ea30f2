package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpServer;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.SerenoException;
import io.sereno.spi.BackendException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The table of docs/connecting.md: how {@code connect()} fails, which is the same for every store. The backend's module
 * defines how its servers are started.
 */
@Tag("servers")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class FailingConnects {
    /** The connect timeout where the call waits until its end. */
    private static final Duration CONNECT = Duration.ofSeconds(4);
    /**
     * The connect timeout where the call succeeds, or finds a fault, before the end. ZooKeeper's backend begins to examine a server after half of
     * the timeout, and gives each step a fraction of the rest; this is long enough on a slow machine.
     */
    private static final Duration EXAMINED = Duration.ofSeconds(12);
    /** How much later than its timeout a call may return. */
    private static final Duration LATE = Duration.ofMillis(500);

    protected static final String USER = "ada";
    protected static final String PASSWORD = "correct-horse";

    private final String scheme;
    private final String classOfAConnection;

    /** A server without users and without TLS. */
    private TestServer server;
    /** A server with TLS and a certificate for localhost only. */
    private TestServer encrypted;

    private Identity identity;
    private Identity stranger;

    /**
     * @param classOfAConnection a class of the client library that is loaded during connecting, on a thread of its own
     */
    @SuppressWarnings("NullAway.Init") // by JUnit, before each test
    protected FailingConnects(String scheme, String classOfAConnection) {
        this.scheme = scheme;
        this.classOfAConnection = classOfAConnection;
    }

    /** A server without users and without TLS. */
    protected abstract TestServer start();

    /** A server with a port for TLS that does not ask clients for a certificate. */
    protected abstract TestServer startEncrypted(Identity identity);

    /** The TLS port of a server from {@link #startEncrypted}. */
    protected abstract InetSocketAddress secureEndpoint(TestServer encrypted);

    /**
     * A server on which {@link #USER} has {@link #PASSWORD}, and no other user may access anything below {@code /own}.
     */
    protected abstract TestServer startWithUser();

    /**
     * Runs the test while too few servers run for any write to succeed. The test gets the part of their URI after
     * {@code ://}.
     */
    protected abstract void withoutQuorum(Consumer<String> test);

    /** The layout number that this version knows. */
    protected int layout() {
        return 1;
    }

    /** Changes the layout number in {@code /newer} of this server to the next one. */
    protected abstract void writeNewerLayout(TestServer server) throws Exception;

    @BeforeAll
    final void startServers(@TempDir Path folder) {
        identity = Identity.create(folder, "server", "dns:localhost");
        stranger = Identity.create(folder, "stranger", "dns:localhost");
        server = start();
        encrypted = startEncrypted(identity);
        // Loads the classes now, so that the measurement below covers only the wait for the store.
        connectTo(server.authority(), "/warm").close();
    }

    @AfterAll
    final void stopServers() {
        server.close();
        encrypted.close();
    }

    private Sereno connectTo(String authority, String rest) {
        return builder(scheme + "://" + authority + rest).connect();
    }

    private static Sereno.Builder builder(String uri) {
        return Sereno.builder().uri(uri).connectTimeout(EXAMINED);
    }

    private interface Check {
        void run() throws Exception;
    }

    /** Side by side, since each of them waits, for seconds on some stores. None stops a server of another. */
    @TestFactory
    final Stream<DynamicTest> whatHasToBeExamined() {
        Map<String, Check> checks = new LinkedHashMap<>();
        Sereno.Builder jvm = builder(secureUri("localhost"));
        checks.put("a certificate that the JVM does not trust is a fault", () -> aCertificateThatIsNotTrusted(jvm));
        Sereno.Builder another = builder(secureUri("localhost")).trust(stranger.certificate());
        checks.put("a certificate other than the trusted one is a fault", () -> aCertificateThatIsNotTrusted(another));
        checks.put("a certificate for another host is a fault", this::aCertificateForAnotherHost);
        checks.put("TLS on the server's side only is a fault", this::tlsOnTheServersSideOnly);
        checks.put("TLS on the client's side only is a fault", this::tlsOnTheClientsSideOnly);
        checks.put("another protocol is a fault", () -> anotherProtocol(scheme, "another protocol"));
        checks.put("another protocol in place of TLS is a fault", () -> anotherProtocol(scheme + "s", "TLS"));
        checks.put("a server that begins to speak another protocol is a fault", this::aGreeter);
        checks.put("class loading does not count against the timeout", this::slowClassLoading);
        ExecutorService threads = Executors.newCachedThreadPool();
        Map<String, Future<?>> begun = new LinkedHashMap<>();
        checks.forEach((name, check) -> begun.put(name, threads.submit(() -> {
            check.run();
            return null;
        })));
        threads.shutdown();
        return begun.entrySet().stream()
                .map(each -> DynamicTest.dynamicTest(each.getKey(), () -> end(each.getValue())));
    }

    private static void end(Future<?> check) throws Throwable {
        try {
            check.get(2, TimeUnit.MINUTES);
        } catch (ExecutionException e) {
            throw e.getCause();
        }
    }

    @Test
    final void whereNobodyListensItMayBeRepeated() throws IOException {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        assertMayBeRepeated(builder(scheme + "://127.0.0.1:" + port), "127.0.0.1:" + port);
    }

    @Test
    final void whereTheHostIsNotKnownItMayBeRepeated() {
        assertMayBeRepeated(builder(scheme + "://no-such-host.invalid:1"), "no-such-host.invalid");
    }

    @Test
    final void whereTheServerIsFrozenItMayBeRepeated() {
        server.pause();
        try {
            assertMayBeRepeated(builder(scheme + "://" + server.authority()), server.authority());
        } finally {
            server.resume();
        }
    }

    @Test
    final void anInterruptEndsTheCall() throws Exception {
        server.pause();
        try {
            CompletableFuture<Throwable> end = new CompletableFuture<>();
            CompletableFuture<Boolean> flag = new CompletableFuture<>();
            Thread caller = new Thread(() -> {
                end.complete(catchThrowable(() -> builder(scheme + "://" + server.authority())
                        .connectTimeout(Duration.ofMinutes(1))
                        .connectRetry(Duration.ofMinutes(1))
                        .connect()
                        .close()));
                flag.complete(Thread.currentThread().isInterrupted());
            });
            caller.start();
            // A specific wait: Netty's timer swallows an interrupt that arrives while it starts.
            while (Stream.of(caller.getStackTrace())
                    .noneMatch(frame -> frame.getClassName().equals(CompletableFuture.class.getName())
                            && frame.getMethodName().equals("get"))) {
                Thread.onSpinWait();
            }
            caller.interrupt();
            assertThat(end.get(30, TimeUnit.SECONDS))
                    .isInstanceOf(NotAppliedException.class)
                    .hasMessageContaining("interrupted");
            assertThat(flag.join()).isTrue();
        } finally {
            server.resume();
        }
    }

    @Test
    final void whereTheQuorumIsMissingItMayBeRepeated() {
        withoutQuorum(place -> assertMayBeRepeated(builder(scheme + "://" + place), "answer"));
    }

    @Test
    final void aWrongPasswordAWrongUserAndNoneAreFaultsOfTheConfiguration() {
        try (TestServer members = startWithUser()) {
            String place = "@" + members.authority() + "/own";
            connectTo(USER + ":" + PASSWORD + place, "").close();
            assertIsAFault(builder(scheme + "://" + USER + ":wrong-horse" + place), "password");
            assertIsAFault(builder(scheme + "://eve:" + PASSWORD + place), "user");
            assertIsAFault(builder(scheme + "://" + place.substring(1)), "password");
        }
    }

    /**
     * For stores whose users keep their stored data when their password changes: the client logs in again with the
     * current password.
     *
     * @param change gives the user of this server that password, and ends the connections made with the former one
     */
    protected final void assertThatAChangedPasswordIsAskedFor(BiConsumer<TestServer, String> change) {
        try (TestServer members = startWithUser()) {
            AtomicBoolean changed = new AtomicBoolean();
            AtomicInteger asked = new AtomicInteger();
            try (Sereno sereno = builder(scheme + "://" + members.authority() + "/own")
                    .credentials(USER, () -> {
                        asked.incrementAndGet();
                        return (changed.get() ? "another-horse" : PASSWORD).toCharArray();
                    })
                    .connect()) {
                assertThat(sereno.counter("visits").incrementAndGet()).isEqualTo(1);
                int before = asked.get();
                changed.set(true);
                change.accept(members, "another-horse");
                // Until the client has reconnected, a call may end without an answer.
                Throwable failure;
                do {
                    failure = catchThrowable(() -> sereno.counter("visits").get());
                } while (failure != null && asked.get() < before + 100);
                assertThat(failure).isNull();
                assertThat(asked.get()).isGreaterThan(before);
            }
        }
    }

    @Test
    final void aPasswordOverAConnectionWithoutTlsIsWarnedOf() {
        List<LogRecord> lines = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("io.sereno.backend." + scheme);
        logger.addHandler(handler);
        try (TestServer members = startWithUser()) {
            connectTo(server.authority(), "/ns").close();
            assertThat(lines).noneMatch(FailingConnects::saysThatItIsNotEncrypted);
            connectTo(USER + ":" + PASSWORD + "@" + members.authority(), "/own").close();
            assertThat(lines)
                    .filteredOn(FailingConnects::saysThatItIsNotEncrypted)
                    .singleElement()
                    .satisfies(line -> assertThat(line.getLevel()).isEqualTo(Level.WARNING));
            assertThat(lines)
                    .map(line -> new SimpleFormatter().format(line))
                    .noneMatch(text -> text.contains(PASSWORD));
        } finally {
            logger.removeHandler(handler);
        }
    }

    private static boolean saysThatItIsNotEncrypted(LogRecord line) {
        return line.getMessage().contains("is not encrypted");
    }

    private void aCertificateThatIsNotTrusted(Sereno.Builder builder) {
        builder(secureUri("localhost")).trust(identity.certificate()).connect().close();
        assertIsAFault(builder, "certification path");
    }

    private void aCertificateForAnotherHost() {
        assertIsAFault(builder(secureUri("127.0.0.1")).trust(identity.certificate()), "127.0.0.1");
    }

    private String secureUri(String host) {
        return scheme + "s://" + host + ":" + secureEndpoint(encrypted).getPort() + "/ns";
    }

    private void tlsOnTheServersSideOnly() {
        String authority = "localhost:" + secureEndpoint(encrypted).getPort();
        assertIsAFault(builder(scheme + "://" + authority + "/ns"), scheme + "s:");
    }

    private void tlsOnTheClientsSideOnly() {
        assertIsAFault(builder(scheme + "s://" + server.authority() + "/ns").trust(identity.certificate()), "TLS");
    }

    private static void anotherProtocol(String scheme, String what) throws IOException {
        ExecutorService threads = Executors.newCachedThreadPool();
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(threads);
        http.start();
        try {
            assertIsAFault(builder(scheme + "://127.0.0.1:" + http.getAddress().getPort()), what);
        } finally {
            http.stop(0);
            threads.shutdownNow();
        }
    }

    private void aGreeter() throws IOException {
        try (Greeter greeter = new Greeter()) {
            assertIsAFault(builder(scheme + "://127.0.0.1:" + greeter.port()), "another protocol");
        }
    }

    /** Sends a greeting first, as SSH does, and answers nothing. */
    private static final class Greeter implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final List<Socket> clients = new ArrayList<>();
        private final CompletableFuture<Void> greeting;

        Greeter() throws IOException {
            greeting = CompletableFuture.runAsync(this::greetAll);
        }

        int port() {
            return listener.getLocalPort();
        }

        private void greetAll() {
            try {
                while (true) {
                    Socket client = listener.accept();
                    clients.add(client);
                    client.getOutputStream().write("SSH-2.0-OpenSSH_9.2\r\n".getBytes(StandardCharsets.US_ASCII));
                }
            } catch (IOException e) {
                // The listener was closed.
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
            greeting.join();
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    @Test
    final void aNewerLayoutIsAFaultOfTheConfigurationThatNamesBothNumbers() throws Exception {
        String uri = scheme + "://" + server.authority() + "/newer";
        builder(uri).connect().close();
        writeNewerLayout(server);
        assertIsAFault(builder(uri), "layout " + (layout() + 1)).hasMessageContaining("layout " + layout());
    }

    /** Loading one class, which connecting needs, takes longer than the connect timeout. */
    private void slowClassLoading() throws Exception {
        Duration timeout = EXAMINED.dividedBy(2);
        String uri = scheme + "://" + server.authority() + "/fresh?connect-timeout=" + timeout.toMillis() + "ms";
        assertThat(SlowJvm.connect(uri, classOfAConnection, timeout.plusSeconds(1)))
                .isEmpty();
    }

    @Test
    final void anApplicationMayStartBeforeItsStore() {
        try (TestServer late = start()) {
            late.kill();
            CompletableFuture<Sereno> connecting =
                    CompletableFuture.supplyAsync(() -> builder(scheme + "://" + late.authority() + "/ns")
                            .connectTimeout(CONNECT)
                            .connectRetry(Duration.ofMinutes(2))
                            .connect());
            assertThat(catchThrowable(() -> builder(scheme + "://" + late.authority())
                            .connectTimeout(Duration.ofSeconds(1))
                            .connect()))
                    .isInstanceOf(NotAppliedException.class);
            assertThat(connecting).isNotDone();
            late.restart();
            try (Sereno sereno = connecting.join()) {
                assertThat(sereno.counter("visits").incrementAndGet()).isEqualTo(1);
            }
        }
    }

    private static void assertMayBeRepeated(Sereno.Builder builder, String where) {
        assertFails(builder.connectTimeout(CONNECT), CONNECT, NotAppliedException.class)
                .hasMessageContaining(where);
    }

    private static AbstractThrowableAssert<?, ?> assertIsAFault(Sereno.Builder builder, String what) {
        return assertFails(builder, EXAMINED, SerenoConfigurationException.class)
                .hasMessageContaining(what);
    }

    private static AbstractThrowableAssert<?, ?> assertFails(
            Sereno.Builder builder, Duration timeout, Class<? extends SerenoException> kind) {
        long begun = System.nanoTime();
        Throwable failure = catchThrowable(() -> builder.connect().close());
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        assertThat(failure)
                .isInstanceOf(kind)
                .hasMessageNotContaining(PASSWORD)
                .hasMessageNotContaining("wrong-horse")
                .hasCauseInstanceOf(BackendException.class);
        assertThat(took).isLessThan(timeout.plus(LATE));
        return assertThat(failure);
    }
}
