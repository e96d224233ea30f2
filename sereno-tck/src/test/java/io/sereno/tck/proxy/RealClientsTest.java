package io.sereno.tck.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.grpc.Status;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.TestServer;
import io.sereno.testservers.ZooKeeperServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The proxy between real servers and their own clients: a write whose reply is lost, and one whose request is lost.
 * docs/testing.md states which outcome each client then reports, as these tests have found it.
 */
@Tag("servers")
@Timeout(120)
class RealClientsTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final byte[] VALUE = new byte[10_000];

    /** How the connection ends on which the message is lost. */
    enum End {
        RESET,
        ORDERLY;

        void of(FaultProxy proxy) {
            if (this == RESET) {
                proxy.resetAll();
            } else {
                proxy.endAll();
            }
        }
    }

    /** A client that writes one key. Each write leaves a trace, so a write that was done twice is visible. */
    interface BareClient {
        CompletableFuture<?> write();

        long writesDone() throws Exception;

        void close() throws Exception;
    }

    @TestInstance(Lifecycle.PER_CLASS)
    abstract static class Drill {
        private TestServer server;
        private FaultProxy proxy;
        private BareClient client;
        private BareClient onlooker;

        abstract TestServer start();

        abstract BareClient connect(InetSocketAddress address, String key) throws Exception;

        /** The outcome that the client reports for a write without a reply when the connection ends, in one word. */
        abstract String reported(End end);

        /** How often the client does such a write once more, by itself. */
        long repeats(End end) {
            return 0;
        }

        abstract String word(Throwable failure);

        @BeforeAll
        void startServer() {
            server = start();
        }

        @AfterAll
        void stopServer() {
            server.close();
        }

        @BeforeEach
        void connectBoth() throws Exception {
            InetSocketAddress address = server.endpoints().get(0);
            String key = "key-" + System.nanoTime();
            proxy = FaultProxy.to(address);
            onlooker = connect(address, key);
            client = connect(proxy.endpoint(), key);
            client.write().get(20, TimeUnit.SECONDS);
            assertThat(onlooker.writesDone()).isEqualTo(1);
        }

        @AfterEach
        void disconnect() throws Exception {
            proxy.heal();
            client.close();
            onlooker.close();
            proxy.close();
        }

        @ParameterizedTest
        @EnumSource(End.class)
        void cannotKnowWhetherTheReplyWasLost(End end) throws Exception {
            proxy.serverToClient().hold();
            CompletableFuture<?> write = client.write();
            awaitWrites(2); // the server has done it
            proxy.serverToClient().awaitHeld(1, SOON);
            assertThat(write).isNotDone();
            end.of(proxy);
            proxy.heal();
            assertThat(outcome(write)).isEqualTo(reported(end));
            client.close();
            assertThat(onlooker.writesDone()).isEqualTo(2 + repeats(end));
        }

        @ParameterizedTest
        @EnumSource(End.class)
        void cannotKnowWhetherTheRequestWasLost(End end) throws Exception {
            proxy.clientToServer().hold();
            CompletableFuture<?> write = client.write();
            proxy.clientToServer().awaitHeld(VALUE.length, SOON);
            assertThat(onlooker.writesDone()).isEqualTo(1);
            assertThat(write).isNotDone();
            end.of(proxy);
            proxy.heal();
            assertThat(outcome(write)).isEqualTo(reported(end));
            client.close();
            assertThat(onlooker.writesDone()).isEqualTo(1 + repeats(end));
        }

        @Test
        void succeedsLateWhenTheRequestIsLate() throws Exception {
            proxy.clientToServer().hold();
            CompletableFuture<?> write = client.write();
            proxy.clientToServer().awaitHeld(VALUE.length, SOON);
            assertThat(onlooker.writesDone()).isEqualTo(1);
            assertThat(write).isNotDone();
            proxy.heal();
            assertThat(outcome(write)).isEqualTo("done");
            assertThat(onlooker.writesDone()).isEqualTo(2);
        }

        private void awaitWrites(long count) throws Exception {
            long deadline = System.nanoTime() + SOON.toNanos();
            while (onlooker.writesDone() < count) {
                if (System.nanoTime() - deadline > 0) {
                    throw new TimeoutException("the onlooker sees " + onlooker.writesDone() + " writes, not " + count);
                }
            }
        }

        private String outcome(CompletableFuture<?> write) throws Exception {
            try {
                write.get(20, TimeUnit.SECONDS);
                return "done";
            } catch (ExecutionException e) {
                return word(Objects.requireNonNull(e.getCause()));
            }
        }
    }

    @Nested
    @Tag("etcd")
    class Etcd extends Drill {
        @Override
        TestServer start() {
            return EtcdServer.start();
        }

        @Override
        BareClient connect(InetSocketAddress address, String key) {
            Client client = Client.builder()
                    .endpoints("http://" + address.getHostString() + ":" + address.getPort())
                    .build();
            ByteSequence name = ByteSequence.from(key, UTF_8);
            return new BareClient() {
                @Override
                public CompletableFuture<?> write() {
                    return client.getKVClient().put(name, ByteSequence.from(VALUE));
                }

                @Override
                public long writesDone() throws Exception {
                    return client.getKVClient().get(name).get(20, TimeUnit.SECONDS).getKvs().stream()
                            .mapToLong(entry -> entry.getVersion())
                            .sum();
                }

                @Override
                public void close() {
                    client.close();
                }
            };
        }

        @Override
        String reported(End end) {
            return "UNAVAILABLE";
        }

        @Override
        String word(Throwable failure) {
            return Status.fromThrowable(failure).getCode().name();
        }
    }

    @Nested
    @Tag("zookeeper")
    class ZooKeeperHandle extends Drill {
        @Override
        TestServer start() {
            return ZooKeeperServer.start();
        }

        @Override
        BareClient connect(InetSocketAddress address, String key) throws Exception {
            ZooKeeper client = new ZooKeeper(address.getHostString() + ":" + address.getPort(), 20_000, event -> {});
            String path = "/" + key;
            if (client.exists(path, false) == null) {
                client.create(path, VALUE, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            }
            return new BareClient() {
                @Override
                public CompletableFuture<?> write() {
                    CompletableFuture<Object> done = new CompletableFuture<>();
                    client.setData(
                            path,
                            VALUE,
                            -1,
                            (code, where, context, stat) -> {
                                if (code == KeeperException.Code.OK.intValue()) {
                                    done.complete(stat);
                                } else {
                                    done.completeExceptionally(KeeperException.create(KeeperException.Code.get(code)));
                                }
                            },
                            null);
                    return done;
                }

                @Override
                public long writesDone() throws Exception {
                    return client.exists(path, false).getVersion();
                }

                @Override
                public void close() throws Exception {
                    client.close();
                }
            };
        }

        @Override
        String reported(End end) {
            return "CONNECTIONLOSS";
        }

        @Override
        String word(Throwable failure) {
            return ((KeeperException) failure).code().name();
        }
    }

    @Tag("redis")
    abstract static class Redis extends Drill {
        @Override
        TestServer start() {
            return RedisServer.start(Persistence.NONE);
        }

        abstract ClientOptions options();

        @Override
        BareClient connect(InetSocketAddress address, String key) {
            RedisClient client = RedisClient.create(RedisURI.create(address.getHostString(), address.getPort()));
            client.setOptions(options());
            StatefulRedisConnection<String, String> connection = client.connect();
            return new BareClient() {
                @Override
                public CompletableFuture<?> write() {
                    return connection
                            .async()
                            .append(key, new String(VALUE, UTF_8))
                            .toCompletableFuture();
                }

                @Override
                public long writesDone() {
                    return connection.sync().strlen(key) / VALUE.length;
                }

                @Override
                public void close() {
                    connection.close();
                    client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
                }
            };
        }

        /** Netty reports a reset by a class of its own if it finds its native transport. */
        @Override
        String word(Throwable failure) {
            return failure instanceof IOException
                    ? "IOException"
                    : failure.getClass().getSimpleName();
        }
    }

    @Nested
    class RedisByDefault extends Redis {
        @Override
        ClientOptions options() {
            return ClientOptions.create();
        }

        @Override
        String reported(End end) {
            return end == End.RESET ? "IOException" : "done";
        }

        @Override
        long repeats(End end) {
            return end == End.RESET ? 0 : 1;
        }
    }

    @Nested
    class RedisWithoutReconnect extends Redis {
        @Override
        ClientOptions options() {
            return ClientOptions.builder().autoReconnect(false).build();
        }

        @Override
        String reported(End end) {
            return end == End.RESET ? "IOException" : "RedisException";
        }
    }
}
