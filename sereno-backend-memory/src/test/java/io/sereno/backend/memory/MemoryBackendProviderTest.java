package io.sereno.backend.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendProvider;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Query;
import io.sereno.spi.TimeSource;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class MemoryBackendProviderTest {
    private final TestTime time = new TestTime();
    private final BackendProvider provider = new MemoryBackendProvider();

    @Test
    void withoutANameEachClientHasAStoreOfItsOwn() {
        try (Backend first = open("");
                Backend second = open("")) {
            put(first);
            assertThat(entries(first)).isEqualTo(1);
            assertThat(entries(second)).isZero();
        }
    }

    @Test
    void clientsOfOneNameShareAStoreAndOthersDoNot() {
        try (Backend first = open("billing");
                Backend second = open("billing");
                Backend other = open("billing/2")) {
            put(first);
            assertThat(entries(second)).isEqualTo(1);
            assertThat(entries(other)).isZero();
        }
    }

    @Test
    void aStoreWithANameIsGoneWhenItsLastClientClosesIt() {
        Backend first = open("billing");
        Backend second = open("billing");
        put(first);
        first.close();
        first.close();
        assertThat(entries(second)).isEqualTo(1);
        second.close();
        try (Backend third = open("billing")) {
            assertThat(entries(third)).isZero();
        }
    }

    @Test
    void isNeverTheDefault() {
        assertThat(provider.schemes()).containsExactly("memory");
        assertThat(provider.defaultUri()).isEmpty();
    }

    @Test
    void unusedSettingsAreRefusedByName() {
        Config config = config("billing");
        assertRefused(config.withParameters(Map.of("database", "3")), "[database]");
        assertRefused(
                config.withEndpoints(List.of(InetSocketAddress.createUnresolved("localhost", 2379))), "localhost");
        assertRefused(config.withUser("paul"), "a user");
        assertRefused(config.withTrust(Path.of("ca.pem")), "certificates");
    }

    @Test
    void doesNotRepeatAPassword() {
        Config config = config("billing").withPassword("swordfish");
        assertThatThrownBy(() -> provider.open(config))
                .message()
                .contains("a password")
                .doesNotContain("swordfish");
    }

    @Test
    void isRegisteredForTheClassPathAndForTheModulePathAlike() {
        List<String> onClassPath = ServiceLoader.load(BackendProvider.class).stream()
                .map(found -> found.type().getName())
                .toList();
        List<String> onModulePath = ModuleFinder.of(Path.of("target/classes")).findAll().stream()
                .flatMap(module -> module.descriptor().provides().stream())
                .filter(provides -> provides.service().equals(BackendProvider.class.getName()))
                .map(ModuleDescriptor.Provides::providers)
                .flatMap(List::stream)
                .toList();
        assertThat(onClassPath).isEqualTo(onModulePath).containsExactly(MemoryBackendProvider.class.getName());
    }

    private void assertRefused(BackendConfig config, String why) {
        assertThatThrownBy(() -> provider.open(config))
                .hasMessageContaining(why)
                .hasMessageContaining("memory:/name")
                .isInstanceOf(IllegalArgumentException.class);
    }

    private Backend open(String namespace) {
        return provider.open(config(namespace));
    }

    private static void put(Backend backend) {
        backend.commit(Commit.to("d").put("a", Bytes.EMPTY).build());
    }

    private static int entries(Backend backend) {
        return backend.read(new Query.All("d"))
                .toCompletableFuture()
                .join()
                .entries()
                .size();
    }

    private Config config(String namespace) {
        return new Config(namespace, List.of(), Map.of(), Optional.empty(), Optional.empty(), Optional.empty(), time);
    }

    private record Config(
            String namespace,
            List<InetSocketAddress> endpoints,
            Map<String, String> parameters,
            Optional<String> user,
            Optional<char[]> password,
            Optional<Path> trust,
            TimeSource time)
            implements BackendConfig {
        Config withEndpoints(List<InetSocketAddress> changed) {
            return new Config(namespace, changed, parameters, user, password, trust, time);
        }

        Config withParameters(Map<String, String> changed) {
            return new Config(namespace, endpoints, changed, user, password, trust, time);
        }

        Config withUser(String changed) {
            return new Config(namespace, endpoints, parameters, Optional.of(changed), password, trust, time);
        }

        Config withPassword(String changed) {
            return new Config(namespace, endpoints, parameters, user, Optional.of(changed.toCharArray()), trust, time);
        }

        Config withTrust(Path changed) {
            return new Config(namespace, endpoints, parameters, user, password, Optional.of(changed), time);
        }

        @Override
        public String scheme() {
            return "memory";
        }

        @Override
        public Optional<Path> certificates() {
            return Optional.empty();
        }

        @Override
        public Optional<Path> privateKey() {
            return Optional.empty();
        }

        @Override
        public Duration connectTimeout() {
            return Duration.ofSeconds(5);
        }

        @Override
        public Duration operationTimeout() {
            return Duration.ofSeconds(5);
        }

        @Override
        public Executor executor() {
            return Runnable::run;
        }
    }
}
