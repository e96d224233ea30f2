package io.sereno.backend.etcd;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The configuration of backends in tests: by default a separate namespace, real time, and threads for callbacks. */
final class Config implements BackendConfig {
    private String scheme = "etcd";
    private List<InetSocketAddress> endpoints;
    private String namespace = "test/" + UUID.randomUUID();
    private Map<String, String> parameters = Map.of();
    private @Nullable String user;
    private @Nullable String password;
    private @Nullable Path trust;
    private @Nullable Path certificates;
    private @Nullable Path privateKey;
    private Duration connectTimeout = Duration.ofSeconds(5);
    private Duration operationTimeout = Duration.ofSeconds(5);
    private TimeSource time = RealTime.INSTANCE;
    private Executor executor = RealTime.CALLBACKS;

    private Config(List<InetSocketAddress> endpoints) {
        this.endpoints = endpoints;
    }

    static Config of(InetSocketAddress... endpoints) {
        return new Config(List.of(endpoints));
    }

    static Config of(List<InetSocketAddress> endpoints) {
        return new Config(endpoints);
    }

    Backend open() {
        return new EtcdBackendProvider().open(this);
    }

    private Config with(Consumer<Config> change) {
        Config copy = new Config(endpoints);
        copy.scheme = scheme;
        copy.namespace = namespace;
        copy.parameters = parameters;
        copy.user = user;
        copy.password = password;
        copy.trust = trust;
        copy.certificates = certificates;
        copy.privateKey = privateKey;
        copy.connectTimeout = connectTimeout;
        copy.operationTimeout = operationTimeout;
        copy.time = time;
        copy.executor = executor;
        change.accept(copy);
        return copy;
    }

    Config at(InetSocketAddress... others) {
        return with(copy -> copy.endpoints = List.of(others));
    }

    Config scheme(String other) {
        return with(copy -> copy.scheme = other);
    }

    Config namespace(String other) {
        return with(copy -> copy.namespace = other);
    }

    Config parameters(Map<String, String> others) {
        return with(copy -> copy.parameters = others);
    }

    Config login(@Nullable String asUser, @Nullable String withPassword) {
        return with(copy -> {
            copy.user = asUser;
            copy.password = withPassword;
        });
    }

    Config trust(Path file) {
        return with(copy -> copy.trust = file);
    }

    Config identity(Path certificateFile, Path keyFile) {
        return with(copy -> {
            copy.certificates = certificateFile;
            copy.privateKey = keyFile;
        });
    }

    Config connectTimeout(Duration other) {
        return with(copy -> copy.connectTimeout = other);
    }

    Config operationTimeout(Duration other) {
        return with(copy -> copy.operationTimeout = other);
    }

    Config executor(Executor other) {
        return with(copy -> copy.executor = other);
    }

    @Override
    public String scheme() {
        return scheme;
    }

    @Override
    public List<InetSocketAddress> endpoints() {
        return endpoints;
    }

    @Override
    public String namespace() {
        return namespace;
    }

    @Override
    public Map<String, String> parameters() {
        return parameters;
    }

    @Override
    public Optional<String> user() {
        return Optional.ofNullable(user);
    }

    @Override
    public Optional<char[]> password() {
        return Optional.ofNullable(password).map(String::toCharArray);
    }

    @Override
    public Optional<Path> trust() {
        return Optional.ofNullable(trust);
    }

    @Override
    public Optional<Path> certificates() {
        return Optional.ofNullable(certificates);
    }

    @Override
    public Optional<Path> privateKey() {
        return Optional.ofNullable(privateKey);
    }

    @Override
    public Duration connectTimeout() {
        return connectTimeout;
    }

    @Override
    public Duration operationTimeout() {
        return operationTimeout;
    }

    @Override
    public TimeSource time() {
        return time;
    }

    @Override
    public Executor executor() {
        return executor;
    }
}
