package io.sereno.combinations;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.combinations.Applications.Run;
import io.sereno.combinations.Combination.Packaging;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.PostgresServer;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.TestServer;
import io.sereno.testservers.ZooKeeperServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Applications that start, connect and take a lock: one for each line of Spring Boot, and with -Psereno.thorough the rest of docs/versions.md. */
@Tag("servers")
@Tag("etcd")
@Tag("redis")
@Tag("zookeeper")
@Tag("postgresql")
class CombinationsTest {
    private static final List<String> STORES = List.of("etcd", "redis", "zookeeper", "postgresql");
    /** The one that Spring Boot 4.1.2 manages does not resolve everywhere. */
    static final Map<String, String> RESOLVING = Map.of("netty.version", "4.2.18.Final");

    private static final Map<String, TestServer> SERVERS = new HashMap<>();
    private static @Nullable Applications applications;

    static List<Combination> usual() {
        return List.of(
                Combination.starter("3.5.7", Map.of(), "redis"),
                Combination.starter("4.0.7", Map.of(), "redis"),
                Combination.starter("4.1.2", RESOLVING, "redis"));
    }

    static List<Combination> thorough() {
        List<Combination> all = new ArrayList<>();
        for (String store : List.of("etcd", "zookeeper", "postgresql")) {
            all.add(Combination.starter("3.5.7", Map.of(), store));
            all.add(Combination.starter("4.1.2", RESOLVING, store));
            all.add(Combination.boot("3.5.7", Map.of(), store));
            all.add(Combination.boot("4.0.7", Map.of(), store));
            all.add(Combination.boot("4.1.2", RESOLVING, store));
        }
        Combination four = Combination.plain(
                "plain-all",
                "sereno-bom",
                List.of("api", "backend-etcd", "backend-redis", "backend-zookeeper", "backend-postgresql"),
                "etcd",
                "redis",
                "zookeeper",
                "postgresql");
        all.add(four);
        all.add(Combination.plain(
                "plain-all-reversed",
                "sereno-bom",
                List.of("backend-postgresql", "backend-zookeeper", "backend-redis", "backend-etcd", "api"),
                "etcd",
                "redis",
                "zookeeper",
                "postgresql"));
        all.add(Combination.plain(
                "plain-all-dependencies",
                "sereno-dependencies",
                List.of("api", "backend-etcd", "backend-redis", "backend-zookeeper", "backend-postgresql"),
                "etcd",
                "redis",
                "zookeeper",
                "postgresql"));
        for (String store : STORES) {
            all.add(Combination.plain("plain-" + store, "sereno-bom", List.of("api", "backend-" + store), store));
        }
        String client = "org.apache.zookeeper:zookeeper:3.9.5";
        all.add(Combination.plain(
                        "zookeeper-client-behind", "sereno-bom", List.of("api", "backend-redis", client), "redis")
                .with("BesideZooKeeper.java"));
        all.add(Combination.plain(
                        "zookeeper-client-before", "sereno-bom", List.of(client, "api", "backend-redis"), "redis")
                .with("BesideZooKeeper.java"));
        all.add(Combination.boot("3.5.7", Map.of(), "etcd", "redis", "zookeeper", "postgresql")
                .packaged(Packaging.FAT));
        all.add(Combination.boot("4.1.2", RESOLVING, "etcd", "redis", "zookeeper", "postgresql")
                .packaged(Packaging.FAT));
        all.add(four.packaged(Packaging.SHADED));
        return all;
    }

    static List<Combination> tried() {
        return Boolean.getBoolean("sereno.thorough")
                ? Stream.concat(usual().stream(), thorough().stream()).toList()
                : usual();
    }

    @BeforeAll
    static void build() throws Exception {
        applications = Applications.write("applications", tried()).build();
    }

    @AfterAll
    static void stopServers() {
        SERVERS.values().forEach(TestServer::close);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("named")
    void itStartsAndTakesALockAtEachStore(String name, Combination combination) throws Exception {
        List<String> arguments = new ArrayList<>();
        if (combination.app().equals("BesideZooKeeper.java")) {
            arguments.add(server("zookeeper").authority());
        }
        for (String store : combination.stores()) {
            arguments.add(uri(store, name));
        }
        Run run = requireNonNull(applications).start(combination, arguments);
        assertThat(run.status()).as(run.output()).isZero();
        for (String store : combination.stores()) {
            assertThat(run.output()).contains("held at " + store + "://");
        }
    }

    private static String uri(String store, String namespace) {
        String authority = server(store).authority();
        return store.equals("postgresql")
                ? "postgresql://" + PostgresServer.USER + ":any@" + authority + "/" + PostgresServer.DATABASE
                        + "?namespace=" + namespace
                : store + "://" + authority + "/" + namespace;
    }

    static Stream<Arguments> named() {
        return tried().stream().map(c -> Arguments.of(c.name(), c));
    }

    private static TestServer server(String store) {
        return SERVERS.computeIfAbsent(store, missing -> switch (missing) {
            case "etcd" -> EtcdServer.start();
            case "redis" -> RedisServer.start(Persistence.APPEND_ALWAYS);
            case "postgresql" -> PostgresServer.start();
            default -> ZooKeeperServer.start();
        });
    }
}
