package io.sereno.recipes.connect;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import io.sereno.Sereno;
import io.sereno.SerenoConfigurationException;
import io.sereno.SerenoMeter;
import io.sereno.SerenoObserver;
import io.sereno.recipes.client.Settings;
import io.sereno.recipes.kernel.Hooks;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import io.sereno.spi.TimeSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Collects the settings; {@link #connect()} checks all of them and reports every fault in one error before the backend is opened.
 *
 * <p>Of a URI's parameters, {@code require}, {@code session-ttl}, {@code connect-timeout}, {@code connect-retry} and
 * {@code operation-timeout} are used here; the others go to the backend, which rejects unknown ones.
 */
final class SerenoBuilder implements Sereno.Builder {
    static final String URI_PROPERTY = "sereno.uri";
    static final String URI_VARIABLE = "SERENO_URI";

    private final Connector connector;
    private final Map<String, String> environment;

    private @Nullable String uri;
    private @Nullable Backend backend;
    private @Nullable String namespace;
    private @Nullable String nodeId;
    private @Nullable Duration sessionTtl;
    private @Nullable Duration connectTimeout;
    private @Nullable Duration connectRetry;
    private @Nullable Duration operationTimeout;
    private @Nullable Credentials credentials;
    private @Nullable Path trust;
    private @Nullable Path certificates;
    private @Nullable Path privateKey;
    private @Nullable Executor executor;
    private @Nullable TimeSource time;
    private @Nullable Function<? super BackendConfig, ? extends Backend> opener;
    private final List<UnaryOperator<Backend>> wrappers = new ArrayList<>();
    private final List<SerenoObserver> observers = new ArrayList<>();
    private final List<SerenoMeter> meters = new ArrayList<>();
    private final Set<Promise> required = EnumSet.noneOf(Promise.class);

    SerenoBuilder(Connector connector, Map<String, String> environment) {
        this.connector = connector;
        this.environment = environment;
    }

    @Override
    public Sereno.Builder uri(String uri) {
        this.uri = requireNonNull(uri, "uri");
        return this;
    }

    @Override
    public Sereno.Builder backend(Backend backend) {
        this.backend = requireNonNull(backend, "backend");
        return this;
    }

    @Override
    public Sereno.Builder namespace(String namespace) {
        this.namespace = requireNonNull(namespace, "namespace");
        return this;
    }

    @Override
    public Sereno.Builder nodeId(String nodeId) {
        this.nodeId = requireNonNull(nodeId, "nodeId");
        return this;
    }

    @Override
    public Sereno.Builder sessionTtl(Duration ttl) {
        this.sessionTtl = requireNonNull(ttl, "ttl");
        return this;
    }

    @Override
    public Sereno.Builder connectTimeout(Duration timeout) {
        this.connectTimeout = requireNonNull(timeout, "timeout");
        return this;
    }

    @Override
    public Sereno.Builder connectRetry(Duration time) {
        this.connectRetry = requireNonNull(time, "time");
        return this;
    }

    @Override
    public Sereno.Builder operationTimeout(Duration timeout) {
        this.operationTimeout = requireNonNull(timeout, "timeout");
        return this;
    }

    @Override
    public Sereno.Builder credentials(String user, char[] password) {
        this.credentials = Credentials.fixed(requireNonNull(user, "user"), requireNonNull(password, "password"));
        return this;
    }

    @Override
    public Sereno.Builder credentials(String user, Supplier<char[]> password) {
        this.credentials = Credentials.supplied(requireNonNull(user, "user"), requireNonNull(password, "password"));
        return this;
    }

    @Override
    public Sereno.Builder trust(Path caCertificates) {
        this.trust = requireNonNull(caCertificates, "caCertificates");
        return this;
    }

    @Override
    public Sereno.Builder identity(Path certificates, Path privateKey) {
        this.certificates = requireNonNull(certificates, "certificates");
        this.privateKey = requireNonNull(privateKey, "privateKey");
        return this;
    }

    @Override
    public Sereno.Builder executor(Executor executor) {
        this.executor = requireNonNull(executor, "executor");
        return this;
    }

    @Override
    public Sereno.Builder observer(SerenoObserver observer) {
        observers.add(requireNonNull(observer, "observer"));
        return this;
    }

    @Override
    public Sereno.Builder meter(SerenoMeter meter) {
        meters.add(requireNonNull(meter, "meter"));
        return this;
    }

    @Override
    public Sereno.Builder opener(Function<? super BackendConfig, ? extends Backend> opener) {
        this.opener = requireNonNull(opener, "opener");
        return this;
    }

    @Override
    public Sereno.Builder wrap(UnaryOperator<Backend> wrapper) {
        wrappers.add(requireNonNull(wrapper, "wrapper"));
        return this;
    }

    @Override
    public Sereno.Builder require(Promise... promises) {
        for (Promise promise : promises) {
            required.add(requireNonNull(promise, "promise"));
        }
        return this;
    }

    @Override
    public Sereno.Builder timeSource(TimeSource time) {
        this.time = requireNonNull(time, "time");
        return this;
    }

    @Override
    public Sereno connect() {
        Backend given = backend;
        return given == null ? open() : over(given);
    }

    private Sereno over(Backend given) {
        Faults faults = new Faults();
        faults.collect(this::checkNothingOfAUri);
        Guarantees facts = given.guarantees();
        String prefix = faults.collect("", () -> namespace == null ? "" : checkedNamespace(namespace));
        Settings settings = settings(faults, new UriParameters(Map.of()), prefix, facts.backend());
        faults.throwAll();
        check(facts, settings, required);
        try {
            return connector.connect(settings, given, false);
        } catch (IllegalArgumentException e) {
            // On a backend of the caller's the namespace becomes part of each directory, which leaves less room for it.
            throw new SerenoConfigurationException("namespace(...): " + e.getMessage(), e);
        }
    }

    private void checkNothingOfAUri() {
        String ofUri = Stream.of(
                        set("uri", uri),
                        set("credentials", credentials),
                        set("trust", trust),
                        set("identity", certificates),
                        set("connectTimeout", connectTimeout),
                        set("connectRetry", connectRetry),
                        set("opener", opener),
                        set("wrap", wrappers.isEmpty() ? null : wrappers))
                .flatMap(Optional::stream)
                .collect(joining(", "));
        if (!ofUri.isEmpty()) {
            throw new SerenoConfigurationException(
                    "backend(...) is open already and cannot be combined with " + ofUri + "; leave out one of them");
        }
    }

    private Sereno open() {
        Backends backends = Backends.find();
        Faults faults = new Faults();
        SerenoUri address = faults.collect(SerenoUri.NOWHERE, () -> address(backends));
        UriParameters parameters = new UriParameters(address.parameters());
        Optional<Credentials> login = faults.collect(Optional.empty(), () -> login(address));
        Set<Promise> promises = faults.collect(required, () -> parameters.promises(required));
        Duration patience = faults.collect(Duration.ZERO, () -> parameters.connectTimeout(connectTimeout));
        Duration retry = faults.collect(Duration.ZERO, () -> parameters.connectRetry(connectRetry));
        Optional<Path> authorities = faults.collect(Optional.empty(), () -> file("trust", trust));
        Optional<Path> chain = faults.collect(Optional.empty(), () -> file("identity", certificates));
        Optional<Path> key = faults.collect(Optional.empty(), () -> file("identity", privateKey));
        Settings settings = settings(faults, parameters, "", address.address());
        faults.throwAll();
        BackendProvider provider = backends.forScheme(address.scheme());
        UriConfig config = new UriConfig(
                address.scheme(),
                address.hosts().stream().map(SerenoUri.Host::unresolved).toList(),
                address.namespace(),
                parameters.rest(),
                login,
                authorities,
                chain,
                key,
                patience,
                settings.operationTimeout(),
                settings.time(),
                settings.signals());

        List<AutoCloseable> made = new ArrayList<>(settings.owned());
        try {
            Backend used = Attempts.open(opening(provider), config, settings.backendName(), retry);
            made.add(0, used);
            for (UnaryOperator<Backend> wrapper : wrappers) {
                Backend wrapped = Wrapping.around(used, wrapper);
                if (wrapped != used) {
                    made.add(0, wrapped);
                }
                used = wrapped;
            }
            check(used.guarantees(), settings, promises);
            return connector.connect(settings, used, true);
        } catch (RuntimeException | Error e) {
            closeAll(made, e);
            throw e;
        }
    }

    private Function<? super BackendConfig, ? extends Backend> opening(BackendProvider provider) {
        Function<? super BackendConfig, ? extends Backend> given = opener;
        if (given == null) {
            return provider::open;
        }
        return config -> {
            @Nullable Backend opened = given.apply(config);
            if (opened == null) {
                throw new IllegalArgumentException("the function of opener(...) returned null; a backend is accepted");
            }
            return opened;
        };
    }

    private SerenoUri address(Backends backends) {
        String property = System.getProperty(URI_PROPERTY);
        String variable = environment.get(URI_VARIABLE);
        SerenoUri given;
        if (uri != null) {
            given = parse("uri(...)", uri);
        } else if (property != null) {
            given = parse("-D" + URI_PROPERTY, property);
        } else if (variable != null) {
            given = parse(URI_VARIABLE, variable);
        } else {
            given = parse("default address", backends.defaultUri());
        }
        BackendProvider provider = backends.forScheme(given.scheme());
        SerenoUri complete = given.withDefaults(provider.defaultUri().map(text -> parse("default address", text)));
        if (provider.pathParameter().isPresent()) {
            complete = complete.withPathAs(provider.pathParameter().get());
        }
        if (namespace == null) {
            return complete;
        }
        if (!complete.namespace().isEmpty()) {
            throw new SerenoConfigurationException(
                    "the namespace is given twice, in the URI and by namespace(...); leave one out");
        }
        return complete.withNamespace(checkedNamespace(namespace));
    }

    private static SerenoUri parse(String origin, String text) {
        try {
            return SerenoUri.parse(text);
        } catch (SerenoConfigurationException e) {
            throw new SerenoConfigurationException(origin + ": " + e.getMessage(), e);
        }
    }

    private static String checkedNamespace(String namespace) {
        NameRules.namespaceFault(namespace).ifPresent(fault -> {
            throw new SerenoConfigurationException("namespace(...): the namespace " + fault);
        });
        return namespace;
    }

    private static String checkedNodeId(String nodeId) {
        NameRules.nodeIdFault(nodeId).ifPresent(fault -> {
            throw new SerenoConfigurationException("nodeId(...): the node id " + fault);
        });
        return nodeId;
    }

    private Optional<Credentials> login(SerenoUri address) {
        if (credentials == null) {
            return address.credentials();
        }
        if (address.credentials().isPresent()) {
            throw new SerenoConfigurationException(
                    "credentials are given twice, in the URI and by credentials(...); leave one out");
        }
        if (credentials.isFixedAndEmpty()) {
            throw new SerenoConfigurationException("credentials(...): the password is empty");
        }
        return Optional.of(credentials);
    }

    private static Optional<Path> file(String option, @Nullable Path path) {
        if (path != null && !(Files.isRegularFile(path) && Files.isReadable(path))) {
            throw new SerenoConfigurationException(
                    option + "(...): " + path + " is not a file that can be read; a PEM file is accepted");
        }
        return Optional.ofNullable(path);
    }

    private Settings settings(Faults faults, UriParameters parameters, String prefix, String backendName) {
        Duration ttl = faults.collect(Duration.ZERO, () -> parameters.sessionTtl(sessionTtl));
        Duration timeout = faults.collect(Duration.ZERO, () -> parameters.operationTimeout(operationTimeout));
        String node = faults.collect("", () -> nodeId == null ? NodeId.fresh(environment) : checkedNodeId(nodeId));
        SystemTime ownTime = new SystemTime();
        Executor threads = new CallbackThreads();
        // With simulated time, everything runs on the executor that the test knows.
        boolean simulated = backend != null && time != null;
        return new Settings(
                node,
                prefix,
                ttl,
                timeout,
                time == null ? ownTime : time,
                executor == null ? threads : simulated ? executor : new GuardedExecutor(threads, executor),
                executor != null && simulated ? executor : threads,
                new Hooks(observers, meters),
                backendName,
                time == null ? List.of(ownTime) : List.of());
    }

    private static void check(Guarantees facts, Settings settings, Set<Promise> promises) {
        Set<Promise> missing = EnumSet.copyOf(promises);
        missing.removeAll(facts.promises());
        if (!missing.isEmpty()) {
            throw new SerenoConfigurationException(settings.backendName() + " does not promise "
                    + UriParameters.names(missing) + ", which require asks for; it promises: "
                    + UriParameters.names(facts.promises()));
        }
        Duration ttl = settings.sessionTtl();
        if (ttl.compareTo(facts.leastTtl()) < 0 || ttl.compareTo(facts.greatestTtl()) > 0) {
            throw new SerenoConfigurationException(
                    "sessionTtl is " + ttl + ", but " + settings.backendName() + " gives " + facts.leastTtl() + " to "
                            + facts.greatestTtl() + "; PT4S to PT38S fits every store with its usual settings");
        }
    }

    private static void closeAll(List<AutoCloseable> made, Throwable cause) {
        for (AutoCloseable resource : made) {
            try {
                resource.close();
            } catch (Exception e) {
                cause.addSuppressed(e);
            }
        }
    }

    private static Optional<String> set(String option, @Nullable Object value) {
        return value == null ? Optional.empty() : Optional.of(option + "(...)");
    }

    /** Leaves out everything that may be or contain a secret. */
    @Override
    public String toString() {
        Map<String, @Nullable Object> shown = new LinkedHashMap<>();
        shown.put("uri", uri == null ? null : describe(uri));
        shown.put("backend", backend == null ? null : backend.guarantees().backend());
        shown.put("namespace", namespace);
        shown.put("nodeId", nodeId);
        shown.put("sessionTtl", sessionTtl);
        shown.put("require", required.isEmpty() ? null : UriParameters.names(required));
        shown.values().removeIf(Objects::isNull);
        return "Sereno.Builder" + shown;
    }

    private static String describe(String uri) {
        try {
            return SerenoUri.parse(uri).toString();
        } catch (SerenoConfigurationException e) {
            return "malformed";
        }
    }
}
