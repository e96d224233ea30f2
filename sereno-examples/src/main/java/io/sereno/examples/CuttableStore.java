package io.sereno.examples;

import com.google.auto.service.AutoService;
import io.sereno.simulation.FaultyBackend;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import io.sereno.spi.TimeSource;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/** {@code cuttable-etcd://host/name} is the store {@code etcd://host/name} over a wire that can be cut, and so with every other scheme. */
@AutoService(BackendProvider.class)
public final class CuttableStore implements BackendProvider {
    private static final String PREFIX = "cuttable-";
    private static final AtomicReference<FaultyBackend> LATEST = new AtomicReference<>();

    /** The wire of the client that connected last. */
    static FaultyBackend latestWire() {
        return Objects.requireNonNull(LATEST.get(), "no client has connected to a scheme that begins with " + PREFIX);
    }

    /** One for each backend on the class path. */
    @Override
    public Set<String> schemes() {
        return ServiceLoader.load(BackendProvider.class).stream()
                .filter(provider -> provider.type() != CuttableStore.class)
                .flatMap(provider -> provider.get().schemes().stream())
                .map(PREFIX::concat)
                .collect(Collectors.toSet());
    }

    @Override
    public Optional<String> defaultUri() {
        return Optional.empty();
    }

    @Override
    public Backend open(BackendConfig config) {
        String scheme = config.scheme().substring(PREFIX.length());
        BackendProvider store = ServiceLoader.load(BackendProvider.class).stream()
                .filter(provider -> provider.type() != CuttableStore.class)
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.schemes().contains(scheme))
                .findFirst()
                .orElseThrow();
        FaultyBackend wire = new FaultyBackend(
                store.open(new Uncuttable(config, scheme, store.pathParameter())), config.time(), config.executor());
        LATEST.set(wire);
        return wire;
    }

    /** The same but for the scheme, and for what the path stands for, which differs between the schemes. */
    private record Uncuttable(BackendConfig config, String scheme, Optional<String> pathParameter)
            implements BackendConfig {
        private static final String NAMESPACE = "namespace";

        @Override
        public List<InetSocketAddress> endpoints() {
            return config.endpoints();
        }

        @Override
        public String namespace() {
            return pathParameter.isPresent() ? config.parameters().getOrDefault(NAMESPACE, "") : config.namespace();
        }

        @Override
        public Map<String, String> parameters() {
            Map<String, String> parameters = new HashMap<>(config.parameters());
            pathParameter.ifPresent(parameter -> {
                parameters.remove(NAMESPACE);
                parameters.put(parameter, config.namespace());
            });
            return parameters;
        }

        @Override
        public Optional<String> user() {
            return config.user();
        }

        @Override
        public Optional<char[]> password() {
            return config.password();
        }

        @Override
        public Optional<Path> trust() {
            return config.trust();
        }

        @Override
        public Optional<Path> certificates() {
            return config.certificates();
        }

        @Override
        public Optional<Path> privateKey() {
            return config.privateKey();
        }

        @Override
        public Duration connectTimeout() {
            return config.connectTimeout();
        }

        @Override
        public Duration operationTimeout() {
            return config.operationTimeout();
        }

        @Override
        public TimeSource time() {
            return config.time();
        }

        @Override
        public Executor executor() {
            return config.executor();
        }
    }
}
