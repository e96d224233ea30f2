package io.sereno.recipes.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.SerenoMeter;
import io.sereno.SerenoObserver;
import io.sereno.recipes.client.Settings;
import io.sereno.recipes.connect.Probe.DatabaseProvider;
import io.sereno.recipes.connect.Probe.ProbeBackend;
import io.sereno.recipes.connect.Probe.ProbeProvider;
import io.sereno.recipes.connect.Probe.UnaddressedProvider;
import io.sereno.recipes.kernel.Hooks;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Promise;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SerenoBuilderTest {
    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>(Map.of("HOSTNAME", "host-1"));
    private final List<Settings> connected = new ArrayList<>();
    private final ClassLoader contextLoader = Thread.currentThread().getContextClassLoader();
    private final Sereno client = (Sereno) Proxy.newProxyInstance(
            Sereno.class.getClassLoader(), new Class<?>[] {Sereno.class}, (proxy, method, arguments) -> {
                throw new AssertionError("no recipe is expected");
            });

    @BeforeEach
    void onlyTheProbes() throws IOException {
        Probe.reset();
        Thread.currentThread()
                .setContextClassLoader(
                        path("backends", ProbeProvider.class, UnaddressedProvider.class, DatabaseProvider.class));
    }

    @AfterEach
    void restore() {
        System.clearProperty(SerenoBuilder.URI_PROPERTY);
        Thread.currentThread().setContextClassLoader(contextLoader);
    }

    // The settings that reach the backend and the client.

    @Test
    void theBackendGetsWhatTheUriSays() {
        builder()
                .uri("probes://ada:secret@a,[::1]:1/billing?window=3&connect-timeout=2s&operation-timeout=500ms")
                .connect();

        BackendConfig config = opened();
        assertThat(config.scheme()).isEqualTo("probes");
        assertThat(config.endpoints())
                .containsExactly(
                        InetSocketAddress.createUnresolved("a", 7000), InetSocketAddress.createUnresolved("::1", 1));
        assertThat(config.namespace()).isEqualTo("billing");
        assertThat(config.parameters()).isEqualTo(Map.of("window", "3"));
        assertThat(config.user()).contains("ada");
        assertThat(config.connectTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.operationTimeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(settings().operationTimeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(settings().backendName()).isEqualTo("probes://a:7000,[::1]:1/billing");
        assertThat(settings().namespace()).isEmpty();
    }

    @Test
    void whereThePathNamesADatabaseTheNamespaceIsAParameter() {
        builder()
                .uri("tables://ada:secret@a:1/app?namespace=billing%2Feu&sslmode=require")
                .connect();

        BackendConfig config = opened();
        assertThat(config.namespace()).isEqualTo("billing/eu");
        assertThat(config.parameters()).isEqualTo(Map.of("dbname", "app", "sslmode", "require"));
        assertThat(settings().backendName()).isEqualTo("tables://a:1/app?namespace=billing/eu");
    }

    @Test
    void whereThePathNamesADatabaseTheNamespaceMayComeFromTheBuilder() {
        builder().uri("tables:/app").namespace("billing").connect();

        assertThat(opened().namespace()).isEqualTo("billing");
        assertThat(opened().parameters()).isEqualTo(Map.of("dbname", "app"));
    }

    @Test
    void theBackendGetsWhatTheBuilderSays() throws IOException {
        Path pem = Files.writeString(directory.resolve("some.pem"), "-----BEGIN");
        Executor executor = Runnable::run;
        SerenoObserver observer = new SerenoObserver() {};
        SerenoObserver second = new SerenoObserver() {};
        SerenoMeter meter = new SerenoMeter() {};
        try (SystemTime time = new SystemTime()) {
            builder()
                    .uri("probe:")
                    .namespace("billing/eu")
                    .nodeId("n1")
                    .sessionTtl(Duration.ofSeconds(4))
                    .connectTimeout(Duration.ofSeconds(1))
                    .operationTimeout(Duration.ofSeconds(2))
                    .trust(pem)
                    .identity(pem, pem)
                    .executor(executor)
                    .observer(observer)
                    .observer(second)
                    .meter(meter)
                    .timeSource(time)
                    .connect();

            BackendConfig config = opened();
            assertThat(config.endpoints()).containsExactly(InetSocketAddress.createUnresolved("localhost", 7000));
            assertThat(config.namespace()).isEqualTo("billing/eu");
            assertThat(config.connectTimeout()).isEqualTo(Duration.ofSeconds(1));
            assertThat(config.operationTimeout()).isEqualTo(Duration.ofSeconds(2));
            assertThat(config.trust()).contains(pem);
            assertThat(config.certificates()).contains(pem);
            assertThat(config.privateKey()).contains(pem);
            assertThat(config.time()).isSameAs(time);
            assertThat(config.executor())
                    .isNotSameAs(executor)
                    .isSameAs(settings().signals());
            assertThat(settings())
                    .isEqualTo(new Settings(
                            "n1",
                            "",
                            Duration.ofSeconds(4),
                            Duration.ofSeconds(2),
                            time,
                            settings().executor(),
                            settings().signals(),
                            new Hooks(List.of(observer, second), List.of(meter)),
                            "probe://localhost:7000/billing/eu",
                            List.of()));
        }
    }

    @Test
    void unsetSettingsHaveDefaults() {
        builder().uri("quiet:").connect();

        assertThat(opened().endpoints()).isEmpty();
        assertThat(opened().namespace()).isEmpty();
        assertThat(opened().connectTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings().sessionTtl()).isEqualTo(Duration.ofSeconds(10));
        assertThat(settings().operationTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings().nodeId())
                .matches("host-1-" + ProcessHandle.current().pid() + "-[0-9a-z]{8}");
        assertThat(settings().time()).isInstanceOf(SystemTime.class);
        assertThat(settings().executor()).isInstanceOf(CallbackThreads.class);
        assertThat(settings().owned()).isEqualTo(List.of(settings().time()));
    }

    @Test
    void aBackendOfTheCallersIsUsedAsItIsAndLeftOpen() {
        ProbeBackend backend = new ProbeBackend(Set.of(Promise.DURABLE));

        builder().backend(backend).namespace("billing").require(Promise.DURABLE).connect();

        assertThat(Probe.OPENED).isEmpty();
        assertThat(settings().namespace()).isEqualTo("billing");
        assertThat(settings().backendName()).isEqualTo("probe");
        assertThat(closes).containsExactly(false);
        assertThat(backend.closed).isZero();
    }

    @Test
    void aNamespaceOverABackendMustFitIntoItsDirectories() {
        Sereno.Builder builder = new DefaultSerenoFactory()
                .newBuilder()
                .backend(backend())
                .sessionTtl(Duration.ofSeconds(2))
                .namespace("n/".repeat(31) + "nn");

        refused(builder::connect).hasMessageStartingWith("namespace(...): path of child namespaces takes 128 bytes");
    }

    // Where the URI comes from.

    @Test
    void withoutUriThePropertyCountsThenTheVariableThenTheOnlyBackendWithAnAddress() {
        builder().connect();
        assertThat(opened().endpoints()).containsExactly(InetSocketAddress.createUnresolved("localhost", 7000));

        environment.put(SerenoBuilder.URI_VARIABLE, "probe://variable:1");
        builder().connect();
        assertThat(opened().endpoints()).containsExactly(InetSocketAddress.createUnresolved("variable", 1));

        System.setProperty(SerenoBuilder.URI_PROPERTY, "probe://property:1");
        builder().connect();
        assertThat(opened().endpoints()).containsExactly(InetSocketAddress.createUnresolved("property", 1));

        builder().uri("probe://given:1").connect();
        assertThat(opened().endpoints()).containsExactly(InetSocketAddress.createUnresolved("given", 1));
    }

    @Test
    void anErrorSaysWhereTheUriCameFrom() {
        environment.put(SerenoBuilder.URI_VARIABLE, "");
        refused(builder()::connect).hasMessageStartingWith("SERENO_URI: malformed URI at index 0");

        System.setProperty(SerenoBuilder.URI_PROPERTY, "localhost:1");
        refused(builder()::connect).hasMessageStartingWith("-Dsereno.uri: malformed URI at index 10");
    }

    @Test
    void withoutUriABackendWithoutAddressIsNotTaken() throws IOException {
        Thread.currentThread().setContextClassLoader(path("memory", UnaddressedProvider.class));

        refused(builder()::connect).hasMessageContaining("is never the default");
    }

    // Every fault, before any I/O.

    static Stream<Arguments> faults() {
        return Stream.of(
                fault("an unknown scheme", b -> b.uri("consul://h:1"), "no backend for the scheme 'consul'"),
                fault("a malformed URI", b -> b.uri("probe://h:x"), "uri(...): malformed URI at index 10"),
                fault("an empty URI", b -> b.uri(""), "malformed URI at index 0"),
                fault("a database twice", b -> b.uri("tables:/a?dbname=b"), "given twice: dbname"),
                fault(
                        "a namespace twice where the path is a database",
                        b -> b.uri("tables:/a?namespace=b").namespace("c"),
                        "the namespace is given twice"),
                fault(
                        "a namespace with an empty segment where the path is a database",
                        b -> b.uri("tables:/a?namespace=b//c"),
                        "?namespace: the namespace "),
                fault("a URI and a backend", b -> b.uri("probe:").backend(backend()), "combined with uri(...)"),
                fault(
                        "settings of a URI and a backend",
                        b -> b.backend(backend())
                                .credentials("ada", "secret".toCharArray())
                                .trust(Path.of("x"))
                                .identity(Path.of("x"), Path.of("y"))
                                .connectTimeout(Duration.ofSeconds(1))
                                .connectRetry(Duration.ofSeconds(1)),
                        "combined with credentials(...), trust(...), identity(...), connectTimeout(...), connectRetry(...)"),
                fault("no port and no default", b -> b.uri("quiet://h"), "write host:port"),
                fault("an empty namespace", b -> b.namespace(""), "namespace is empty"),
                fault("a slash at the end", b -> b.namespace("a/"), "empty segment"),
                fault("a namespace with NUL", b -> b.namespace("a\0"), "U+0000"),
                fault("an over-long namespace", b -> b.namespace("é".repeat(33)), "66 bytes of UTF-8, at most 64"),
                fault("an ill-formed namespace", b -> b.namespace("a\ud83c"), "surrogate pair"),
                fault(
                        "an ill-formed namespace over a backend",
                        b -> b.backend(backend()).namespace("a\ud83c"),
                        "surrogate pair"),
                fault("two namespaces", b -> b.uri("probe:/a").namespace("b"), "namespace is given twice"),
                fault("an empty node id", b -> b.nodeId(""), "node id is empty"),
                fault("an over-long node id", b -> b.nodeId("x".repeat(201)), "201 bytes of UTF-8, at most 200"),
                fault("an ill-formed node id", b -> b.nodeId("\udf19"), "surrogate pair"),
                fault("no ttl", b -> b.sessionTtl(Duration.ZERO), "sessionTtl(...): PT0S is out of range"),
                fault("a negative ttl", b -> b.sessionTtl(Duration.ofSeconds(-1)), "PT0.2S to PT24H is accepted"),
                fault("a huge ttl", b -> b.sessionTtl(Duration.ofSeconds(Long.MAX_VALUE)), "PT0.2S to PT24H"),
                fault("no timeout", b -> b.operationTimeout(Duration.ZERO), "operationTimeout(...): PT0S"),
                fault("a negative timeout", b -> b.connectTimeout(Duration.ofMillis(-1)), "PT0.001S to PT24H"),
                fault("a negative retry", b -> b.connectRetry(Duration.ofMillis(-1)), "PT0S to PT24H is accepted"),
                fault("a malformed retry", b -> b.uri("probe:?connect-retry=long"), "?connect-retry: not a duration"),
                fault(
                        "two retries",
                        b -> b.uri("probe:?connect-retry=1s").connectRetry(Duration.ofSeconds(1)),
                        "given twice: connect-retry in the URI and connectRetry(...)"),
                fault("a malformed ttl", b -> b.uri("probe:?session-ttl=ten"), "?session-ttl: not a duration"),
                fault("a ttl of zero", b -> b.uri("probe:?session-ttl=0s"), "?session-ttl: PT0S is out of range"),
                fault("a negative timeout in the URI", b -> b.uri("probe:?connect-timeout=-1s"), "not a duration"),
                fault(
                        "two timeouts",
                        b -> b.uri("probe:?operation-timeout=1s").operationTimeout(Duration.ofSeconds(1)),
                        "given twice: operation-timeout in the URI and operationTimeout(...)"),
                fault(
                        "an unknown promise",
                        b -> b.uri("probe:?require=durable,eternal"),
                        "'eternal' is not a promise; accepted are snapshot-reads, durable, fail-over-safe"),
                fault("an empty promise", b -> b.uri("probe:?require="), "'' is not a promise"),
                fault(
                        "two logins",
                        b -> b.uri("probe://ada:secret@h").credentials("ada", "secret".toCharArray()),
                        "credentials are given twice"),
                fault("an empty password", b -> b.credentials("ada", new char[0]), "password is empty"),
                fault("a missing file", b -> b.trust(Path.of("no/such.pem")), "trust(...): no/such.pem is not a file"),
                fault("a directory", b -> b.trust(Path.of("/")), "trust(...): / is not a file"),
                fault(
                        "a missing key",
                        b -> b.identity(Path.of("no/cert.pem"), Path.of("no/key.pem")),
                        "identity(...): no/cert.pem is not a file"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void aFaultIsReportedBeforeAnyInputOrOutput(String kind, UnaryOperator<Sereno.Builder> fault, String message) {
        Sereno.Builder faulty = fault.apply(builder());

        refused(faulty::connect).hasMessageContaining(message).hasMessageNotContaining("secret");
        assertThat(Probe.OPENED).isEmpty();
        assertThat(connected).isEmpty();
    }

    @Test
    void severalFaultsAreReportedTogether() {
        Sereno.Builder faulty = builder()
                .uri("probe://ada:secret@h:x?session-ttl=ten")
                .credentials("ada", new char[0])
                .nodeId("")
                .sessionTtl(Duration.ZERO)
                .trust(Path.of("no/such.pem"));

        refused(faulty::connect)
                .hasMessageMatching("(?s)5 faults:"
                        + "\\n - uri\\(...\\): malformed URI at index 21: .*"
                        + "\\n - credentials\\(...\\): the password is empty"
                        + "\\n - trust\\(...\\): no/such.pem is not a file .*"
                        + "\\n - sessionTtl\\(...\\): PT0S is out of range; .*"
                        + "\\n - nodeId\\(...\\): the node id is empty; .*")
                .hasMessageNotContaining("secret");
        assertThat(Probe.OPENED).isEmpty();
        assertThat(connected).isEmpty();
    }

    @SuppressWarnings("NullAway")
    static Stream<Arguments> nulls() {
        return Stream.of(
                nothing("uri", b -> b.uri(null)),
                nothing("backend", b -> b.backend(null)),
                nothing("namespace", b -> b.namespace(null)),
                nothing("nodeId", b -> b.nodeId(null)),
                nothing("ttl", b -> b.sessionTtl(null)),
                nothing("timeout", b -> b.connectTimeout(null)),
                nothing("timeout", b -> b.operationTimeout(null)),
                nothing("user", b -> b.credentials(null, new char[1])),
                nothing("password", b -> b.credentials("ada", (char[]) null)),
                nothing("password", b -> b.credentials("ada", (Supplier<char[]>) null)),
                nothing("time", b -> b.connectRetry(null)),
                nothing("caCertificates", b -> b.trust(null)),
                nothing("certificates", b -> b.identity(null, Path.of("x"))),
                nothing("privateKey", b -> b.identity(Path.of("x"), null)),
                nothing("executor", b -> b.executor(null)),
                nothing("observer", b -> b.observer(null)),
                nothing("meter", b -> b.meter(null)),
                nothing("opener", b -> b.opener(null)),
                nothing("wrapper", b -> b.wrap(null)),
                nothing("promise", b -> b.require(Promise.DURABLE, null)),
                nothing("time", b -> b.timeSource(null)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("nulls")
    void nullIsRefusedAtOnceByName(String name, Consumer<Sereno.Builder> call) {
        assertThatThrownBy(() -> call.accept(builder()))
                .isInstanceOf(NullPointerException.class)
                .hasMessage(name);
    }

    // The promises of the store.

    @Test
    void requiredPromisesAreThoseOfTheUriAndOfTheBuilder() {
        builder().uri("probe:?require=durable").require(Promise.DURABLE).connect();
        assertThat(connected).hasSize(1);

        ProbeBackend backend = willOpen(Promise.DURABLE, Promise.MANY_PROCESSES);
        refused(builder().uri("probe:?require=durable,fail-over-safe").require(Promise.SNAPSHOT_READS)::connect)
                .hasMessage("probe://localhost:7000 does not promise snapshot-reads, fail-over-safe, which require asks"
                        + " for; it promises: durable, many-processes");
        assertThat(backend.closed).isEqualTo(1);
    }

    @Test
    void aSessionTtlThatTheStoreDoesNotGiveIsRefused() {
        for (int seconds : new int[] {1, 61}) {
            ProbeBackend backend = willOpen();
            refused(builder().sessionTtl(Duration.ofSeconds(seconds))::connect)
                    .hasMessage(
                            "sessionTtl is PT" + (seconds == 1 ? "1S" : "1M1S")
                                    + ", but probe://localhost:7000 gives PT2S to PT1M; PT4S to PT38S fits every store with its usual settings");
            assertThat(backend.closed).isEqualTo(1);
        }
        builder().sessionTtl(Duration.ofSeconds(2)).connect();
        builder().uri("probe:?session-ttl=1m").connect();
        assertThat(settings().sessionTtl()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void aBackendOfTheCallersIsLeftOpenAlsoWhenItIsRefused() {
        ProbeBackend backend = backend();

        refused(builder().backend(backend).require(Promise.FAIL_OVER_SAFE)::connect)
                .hasMessageStartingWith("probe does not promise fail-over-safe");
        refused(builder().backend(backend).sessionTtl(Duration.ofSeconds(1))::connect)
                .hasMessageContaining("PT1S");
        assertThat(backend.closed).isZero();
    }

    // Failures while connecting.

    @Test
    void aStoreOutOfReachIsNotApplied() {
        Probe.opening = config -> {
            throw new BackendException(Outcome.NOT_APPLIED, false, "connection refused", new IOException());
        };

        assertThatThrownBy(builder().uri("probe://ada:secret@h:1")::connect)
                .isInstanceOf(NotAppliedException.class)
                .hasMessageStartingWith("no connection to probe://h:1: connection refused")
                .hasMessageNotContaining("secret");
    }

    @Test
    void aStoreThatRefusesAndAParameterThatTheBackendDoesNotKnowAreFaultsOfTheConfiguration() {
        Probe.opening = config -> {
            throw new BackendException(Outcome.NOT_APPLIED, true, "unknown user", new IOException());
        };
        refused(builder()::connect)
                .hasMessage("the store at probe://localhost:7000 refuses the connection: unknown user");

        Probe.opening = config -> {
            throw new IllegalArgumentException("unknown parameter 'windw'; accepted: window");
        };
        refused(builder()::connect).hasMessage("probe://localhost:7000: unknown parameter 'windw'; accepted: window");
    }

    @Test
    void afterAFailureTheBackendAndTheTimerAreClosed() {
        ProbeBackend backend = willOpen();
        SystemTime[] timer = new SystemTime[1];
        SerenoBuilder builder = new SerenoBuilder(
                (settings, opened, closes) -> {
                    timer[0] = (SystemTime) settings.time();
                    throw new IllegalStateException("as it may happen");
                },
                environment);

        assertThatThrownBy(builder::connect).hasMessage("as it may happen");
        assertThat(backend.closed).isEqualTo(1);
        assertThat(timer[0].isClosed()).isTrue();
    }

    // Secrets.

    @Test
    void thePasswordIsCopiedAndKeptForEachLoginToCome() {
        char[] password = "secret".toCharArray();
        Sereno.Builder builder = builder().uri("probe:").credentials("ada", password);
        password[0] = 'X';

        builder.connect();

        assertThat(opened().user()).contains("ada");
        char[] first = opened().password().orElseThrow();
        assertThat(first).containsExactly("secret".toCharArray());
        first[0] = 'X';
        assertThat(opened().password().orElseThrow()).containsExactly("secret".toCharArray());
        assertThatCode(builder::connect).doesNotThrowAnyException();
    }

    @Test
    void aPasswordSupplierIsAskedAtEachLogin() {
        Iterator<String> passwords = List.of("first", "second").iterator();
        builder()
                .uri("probe:")
                .credentials("ada", () -> passwords.next().toCharArray())
                .connect();

        assertThat(opened().password().orElseThrow()).containsExactly("first".toCharArray());
        assertThat(opened().password().orElseThrow()).containsExactly("second".toCharArray());
        assertThat(opened()).asString().contains("ada:***");
    }

    @Test
    @SuppressWarnings("NullAway")
    void aSupplierWithoutAPasswordIsAFailureThatMayPass() {
        List<Supplier<char[]>> suppliers = List.of(
                () -> {
                    throw new IllegalStateException("secret");
                },
                () -> null,
                () -> new char[0]);
        for (Supplier<char[]> supplier : suppliers) {
            Probe.opening = config -> {
                config.password();
                return backend();
            };
            assertThatThrownBy(builder().uri("probe:").credentials("ada", supplier)::connect)
                    .isInstanceOf(NotAppliedException.class)
                    .hasMessageContaining("the password supplier of credentials(...)")
                    .hasMessageNotContaining("secret");
        }
    }

    @Test
    void aFailedConnectMayBeRepeated() {
        Sereno.Builder builder = builder().uri("probe:").credentials("ada", "secret".toCharArray());
        Probe.opening = config -> {
            throw new BackendException(Outcome.NOT_APPLIED, false, "connection refused", new IOException());
        };
        assertThatThrownBy(builder::connect).isInstanceOf(NotAppliedException.class);

        willOpen();
        assertThatCode(builder::connect).doesNotThrowAnyException();
    }

    @Test
    void nothingShowsAPassword() {
        Sereno.Builder builder = builder();
        assertThat(builder).asString().isEqualTo("Sereno.Builder{}");

        builder.uri("probe://ada:secret@h/ns?a=secret").require(Promise.DURABLE).connect();

        assertThat(builder).asString().isEqualTo("Sereno.Builder{uri=probe://h/ns?a, require=durable}");
        assertThat(opened()).asString().contains("ada:***").doesNotContain("secret@");
        assertThat(settings()).asString().doesNotContain("secret");
        assertThat(builder().uri("probe://ada:secret").credentials("ada", "secret".toCharArray()))
                .asString()
                .isEqualTo("Sereno.Builder{uri=malformed}");
    }

    private final List<Boolean> closes = new ArrayList<>();

    private SerenoBuilder builder() {
        return new SerenoBuilder(
                (settings, backend, closesBackend) -> {
                    connected.add(settings);
                    closes.add(closesBackend);
                    return client;
                },
                environment);
    }

    private static ProbeBackend backend() {
        return new ProbeBackend(Set.of());
    }

    private static ProbeBackend willOpen(Promise... promises) {
        ProbeBackend backend = new ProbeBackend(Set.of(promises));
        Probe.opening = config -> backend;
        return backend;
    }

    private static BackendConfig opened() {
        return Probe.OPENED.get(Probe.OPENED.size() - 1);
    }

    private Settings settings() {
        return connected.get(connected.size() - 1);
    }

    private static AbstractThrowableAssert<?, ?> refused(ThrowingCallable connect) {
        return assertThatThrownBy(connect).isInstanceOf(SerenoConfigurationException.class);
    }

    private static Arguments fault(String kind, UnaryOperator<Sereno.Builder> fault, String message) {
        return Arguments.of(kind, fault, message);
    }

    private static Arguments nothing(String name, Consumer<Sereno.Builder> call) {
        return Arguments.of(name, call);
    }

    private ServicePath path(String name, Class<?>... providers) throws IOException {
        return ServicePath.of(Files.createDirectories(directory.resolve(name)), providers);
    }
}
