package io.sereno.backend.etcd;

import static io.sereno.backend.etcd.Stages.await;
import static io.sereno.backend.etcd.Stages.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.grpc.CallCredentials;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.testservers.EtcdServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Backends over a channel of an application. */
@Tag("servers")
@Timeout(120)
class EtcdBackendsTest {
    private static final String PASSWORD = "correct-horse";

    private final String namespace = "test-" + UUID.randomUUID();
    private final List<Runnable> closing = new ArrayList<>();

    @AfterEach
    void close() {
        for (int i = closing.size() - 1; i >= 0; i--) {
            closing.get(i).run();
        }
    }

    private ManagedChannel channel(InetSocketAddress server) {
        return open(OpenedChannel.to(server).build());
    }

    private ManagedChannel open(ManagedChannel channel) {
        closing.add(channel::shutdownNow);
        return channel;
    }

    private static Commit put(String name) {
        return Commit.to("d").put(name, Bytes.EMPTY).build();
    }

    @Test
    void theChannelOutlivesTheBackend() throws Exception {
        EtcdServer etcd = SharedEtcd.SERVER;
        ManagedChannel channel = channel(etcd.endpoint());
        try (Backend backend = EtcdBackends.over(channel, null, namespace);
                Sereno sereno = Sereno.over(backend);
                Grant grant =
                        sereno.mutex("m").tryAcquire(Duration.ofSeconds(5)).orElseThrow()) {
            assertThat(grant.isHeld()).isTrue();
        }
        assertThat(KVGrpc.newBlockingStub(channel)
                        .range(RangeRequest.newBuilder()
                                .setKey(new Keys(namespace).layout())
                                .build())
                        .getCount())
                .isEqualTo(1);
    }

    @Test
    void closingEndsTheCallsUnderWayAndNoOthers() throws Exception {
        try (StubEtcd stub = new StubEtcd()) {
            Backend backend = EtcdBackends.over(channel(stub.endpoint()), null, namespace);
            stub.ignoreTransactions();
            CompletionStage<?> commit = backend.commit(put("a"));
            assertThat(stub.arrive(1)).isTrue();
            backend.close();
            assertThat(failure(commit).outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(failure(commit)).hasMessageContaining("this client was closed meanwhile");
            assertThat(failure(backend.commit(put("b"))).outcome()).isEqualTo(Outcome.NOT_APPLIED);
        }
    }

    @Test
    void aChannelThatIsShutDownIsRefusedBeforeAnyRequest() {
        ManagedChannel channel = channel(SharedEtcd.SERVER.endpoint());
        channel.shutdownNow();
        assertThatThrownBy(() -> EtcdBackends.over(channel, null, namespace))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is shut down; a channel that is open until the backend is closed is accepted");
    }

    @Test
    void theServerOfSomethingElseIsNamed() throws Exception {
        Server other = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .build()
                .start();
        closing.add(other::shutdownNow);
        Channel channel = channel(InetSocketAddress.createUnresolved("127.0.0.1", other.getPort()));
        assertThatThrownBy(() -> EtcdBackends.over(channel, null, namespace))
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("speaks gRPC and is not etcd")
                .satisfies(thrown ->
                        assertThat(((BackendException) thrown).permanent()).isTrue());
    }

    @Test
    void parametersOfAUriAreRefused() {
        Config config = Config.of(SharedEtcd.SERVER.endpoint()).parameters(Map.of("x", "1"));
        assertThatThrownBy(() -> EtcdBackends.over(channel(SharedEtcd.SERVER.endpoint()), config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("unknown parameters [x]");
    }

    /** The first attempt may have been done: only the application knows that its channel sends again. */
    @Test
    void aCommitThatTheChannelSentTwiceHasAnUnknownOutcome() throws Exception {
        try (StubEtcd stub = new StubEtcd()) {
            ManagedChannel channel = open(OpenedChannel.to(stub.endpoint())
                    .enableRetry()
                    .defaultServiceConfig(Map.of(
                            "methodConfig",
                            List.of(Map.of(
                                    "name",
                                    List.of(Map.of("service", "etcdserverpb.KV")),
                                    "retryPolicy",
                                    Map.of(
                                            "maxAttempts",
                                            3.0,
                                            "initialBackoff",
                                            "0.01s",
                                            "maxBackoff",
                                            "0.01s",
                                            "backoffMultiplier",
                                            1.0,
                                            "retryableStatusCodes",
                                            List.of("FAILED_PRECONDITION"))))))
                    .build());
            Backend backend = EtcdBackends.over(channel, null, namespace);
            closing.add(backend::close);
            stub.answer(Status.FAILED_PRECONDITION);
            BackendException failure = failure(backend.commit(put("a")));
            assertThat(stub.transactions()).isGreaterThan(1);
            assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(failure).hasMessageContaining("without a retry policy");
        }
    }

    @Test
    void withAUserSerenoLogsInOverTheChannelAndAgainWhenTheTokenIsOld() throws Exception {
        try (EtcdServer etcd = EtcdServer.start()) {
            Users users = users(etcd);
            ManagedChannel channel = channel(etcd.endpoint());
            Backend backend = EtcdBackends.over(
                    channel,
                    Config.of(etcd.endpoint())
                            .namespace("billing")
                            .login("app", PASSWORD)
                            .connectTimeout(Duration.ofSeconds(10)));
            closing.add(backend::close);
            assertThat(await(backend.commit(put("a")))).isInstanceOf(Committed.class);
            users.changePassword("app", PASSWORD);
            assertThat(await(backend.commit(put("b")))).isInstanceOf(Committed.class);
        }
    }

    @Test
    void credentialsAreAskedAgainWhenTheirTokenIsOld() throws Exception {
        try (EtcdServer etcd = EtcdServer.start()) {
            Users users = users(etcd);
            ManagedChannel channel = channel(etcd.endpoint());
            LogIns credentials = new LogIns(channel);
            Backend backend = EtcdBackends.over(channel, credentials, "billing");
            closing.add(backend::close);
            assertThat(await(backend.commit(put("a")))).isInstanceOf(Committed.class);
            users.changePassword("app", PASSWORD);
            credentials.keepToken.set(1);
            assertThat(await(backend.commit(put("b")))).isInstanceOf(Committed.class);
        }
    }

    @Test
    void aServerWithUsersAndNoCredentialsIsExplained() {
        try (EtcdServer etcd = EtcdServer.start()) {
            users(etcd);
            ManagedChannel channel = channel(etcd.endpoint());
            assertThatThrownBy(() -> EtcdBackends.over(channel, null, "billing"))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("the server asks for a user and a password, and none was given");
        }
    }

    private Users users(EtcdServer etcd) {
        Outsider outsider = new Outsider(etcd);
        closing.add(outsider::close);
        Users users = new Users(outsider, PASSWORD);
        users.switchOn("app", "billing");
        return users;
    }

    /** Logs in for each call, but uses the last token as often as a test says. */
    private static final class LogIns extends CallCredentials {
        private final Channel channel;
        private final AtomicInteger keepToken = new AtomicInteger();
        private volatile String token = "";

        LogIns(Channel channel) {
            this.channel = channel;
        }

        @Override
        public void applyRequestMetadata(RequestInfo request, Executor executor, MetadataApplier applier) {
            executor.execute(() -> {
                if (token.isEmpty() || keepToken.getAndDecrement() <= 0) {
                    token = AuthGrpc.newBlockingStub(channel)
                            .authenticate(AuthenticateRequest.newBuilder()
                                    .setName("app")
                                    .setPassword(PASSWORD)
                                    .build())
                            .getToken();
                }
                Metadata headers = new Metadata();
                headers.put(Tokens.HEADER, token);
                applier.apply(headers);
            });
        }
    }
}
