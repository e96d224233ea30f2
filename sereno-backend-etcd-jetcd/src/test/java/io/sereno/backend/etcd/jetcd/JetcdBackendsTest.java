package io.sereno.backend.etcd.jetcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.etcd.jetcd.auth.Permission;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.stub.MetadataUtils;
import io.netty.handler.ssl.SslContext;
import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.testservers.EtcdCluster;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Identity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Both ways from jetcd to a backend. {@link BridgeTckTest} and {@link BuilderTckTest} try every rule. */
@Tag("servers")
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class JetcdBackendsTest {
    private static final String PASSWORD = "correct-horse";
    private static final Duration SOON = Duration.ofSeconds(10);

    private final String namespace = "test-" + UUID.randomUUID();
    private EtcdServer etcd;

    @BeforeAll
    void start() {
        etcd = EtcdServer.start();
    }

    @AfterAll
    void stop() {
        etcd.close();
    }

    private static Commit put(String name) {
        return Commit.to("d").put(name, Bytes.EMPTY).build();
    }

    private static void requireCommits(Backend backend, String name) {
        assertThat(backend.commit(put(name)).toCompletableFuture().join()).isInstanceOf(Committed.class);
    }

    private static void requireLocks(Backend backend) throws Exception {
        try (Sereno sereno = Sereno.over(backend);
                Grant grant = sereno.mutex("m").tryAcquire(SOON).orElseThrow()) {
            assertThat(grant.isHeld()).isTrue();
        }
    }

    private void requireBothWays(ClientBuilder builder) throws Exception {
        JetcdBridge bridge = JetcdBridge.install(builder);
        try (Client client = builder.build();
                Backend over = bridge.open(client, namespace);
                Backend own = JetcdBackends.open(builder, namespace)) {
            requireCommits(over, "a");
            requireLocks(own);
        }
    }

    @Test
    void theClientOutlivesTheBackend() throws Exception {
        ClientBuilder builder = Jetcd.to(etcd.endpoint());
        JetcdBridge bridge = JetcdBridge.install(builder);
        try (Client client = builder.build()) {
            try (Backend backend = bridge.open(client, namespace)) {
                requireLocks(backend);
            }
            assertThat(client.getKVClient()
                            .get(Jetcd.bytes(namespace + ":layout"))
                            .join()
                            .getCount())
                    .isEqualTo(1);
        }
    }

    /** A namespace of jetcd stands before its own keys, and not before those of Sereno. */
    @Test
    void aClientWithANamespaceIsFound() throws Exception {
        ClientBuilder builder = Jetcd.to(etcd.endpoint()).namespace(Jetcd.bytes("app/"));
        JetcdBridge bridge = JetcdBridge.install(builder);
        try (Client client = builder.build();
                Backend backend = bridge.open(client, namespace)) {
            requireLocks(backend);
        }
    }

    @Test
    void aClosedClientIsRefused() throws Exception {
        ClientBuilder builder = Jetcd.to(etcd.endpoint());
        JetcdBridge bridge = JetcdBridge.install(builder);
        Client client = builder.build();
        bridge.open(client, namespace).close();
        client.close();
        assertThatThrownBy(() -> bridge.open(client, namespace))
                .hasMessageContaining("is shut down; a channel that is open until the backend is closed is accepted");
    }

    @Test
    void aClientOfAnotherBuilderIsRefused() throws Exception {
        JetcdBridge bridge = JetcdBridge.install(Jetcd.to(etcd.endpoint()));
        ClientBuilder other = Jetcd.to(etcd.endpoint());
        JetcdBridge.install(other);
        try (Client client = other.build()) {
            assertThatThrownBy(() -> bridge.open(client, namespace))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("an open client that was built by the builder with this bridge is accepted");
        }
    }

    @Test
    void ofTwoClientsOfOneBuilderTheRightOneIsUsed() throws Exception {
        try (EtcdServer second = EtcdServer.start()) {
            ClientBuilder builder = Jetcd.to(etcd.endpoint());
            JetcdBridge bridge = JetcdBridge.install(builder);
            ClientBuilder copy = builder.copy().endpoints("http://" + second.authority());
            try (Client one = builder.build();
                    Client two = copy.build();
                    Backend backend = bridge.open(two, namespace + "-two")) {
                requireCommits(backend, "a");
                assertThat(one.getKVClient()
                                .get(Jetcd.bytes(namespace + "-two:layout"))
                                .join()
                                .getCount())
                        .isZero();
            }
        }
    }

    @Test
    void aBuilderWithoutEndpointsIsRefused() {
        assertThatThrownBy(() -> JetcdBackends.open(Client.builder(), namespace))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the jetcd builder has no endpoints");
    }

    @Test
    void aTargetOfAnotherKindIsRefused() {
        assertThatThrownBy(() -> JetcdBackends.open(Client.builder().target("dns+srv:///etcd.local"), namespace))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ip:///host:port[,host:port...] and dns:///host:port are accepted");
    }

    @Test
    void aNamespaceThatIsTooLongIsRefusedBeforeAnyRequest() throws Exception {
        ClientBuilder builder = Client.builder().endpoints("http://127.0.0.1:1");
        JetcdBridge bridge = JetcdBridge.install(builder);
        try (Client client = builder.build()) {
            assertThatThrownBy(() -> bridge.open(client, "x".repeat(65))).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void theInterceptorsAndHeadersOfTheBuilderSeeSerenosRequests() throws Exception {
        for (boolean over : new boolean[] {true, false}) {
            Seen seen = new Seen();
            ClientBuilder builder = Jetcd.to(etcd.endpoint()).interceptor(seen).header("x-team", "billing");
            JetcdBridge bridge = JetcdBridge.install(builder);
            try (Client client = builder.build();
                    Backend backend = over ? bridge.open(client, namespace) : JetcdBackends.open(builder, namespace)) {
                requireCommits(backend, "a");
            }
            assertThat(seen.methods).contains("etcdserverpb.KV/Txn", "etcdserverpb.Lease/LeaseGrant");
        }
    }

    /** The certificate of the server is for a name that no resolver knows, and both sides check certificates. */
    @Test
    void theCertificatesAndTheAuthorityOfTheBuilderAreUsed(@TempDir Path folder) throws Exception {
        Identity server = Identity.create(folder, "server", "dns:etcd.internal");
        Identity app = Identity.create(folder, "app", "dns:app.internal");
        SslContext tls = GrpcSslContexts.forClient()
                .trustManager(server.certificate().toFile())
                .keyManager(app.certificate().toFile(), app.key().toFile())
                .build();
        try (EtcdServer secure = EtcdServer.startWithTls(
                "--cert-file=" + server.certificate(),
                "--key-file=" + server.key(),
                "--client-cert-auth",
                "--trusted-ca-file=" + app.certificate())) {
            ClientBuilder builder =
                    Jetcd.to(secure.secureEndpoint()).sslContext(tls).authority("etcd.internal");
            requireBothWays(builder);
            ClientBuilder withoutAuthority = Jetcd.to(secure.secureEndpoint()).sslContext(tls);
            assertThatThrownBy(() -> JetcdBackends.open(withoutAuthority, namespace))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("127.0.0.1");
        }
    }

    @Test
    void aTargetWithANameIsAccepted() throws Exception {
        ClientBuilder builder =
                Client.builder().target("dns:///localhost:" + etcd.endpoint().getPort());
        requireBothWays(builder);
    }

    /** jetcd renews its token only when a call of its own is refused; Sereno logs in by itself. */
    @Test
    void withUsersSerenoLogsInAndAgainWhenTheTokenIsOld() throws Exception {
        try (EtcdServer guarded = EtcdServer.start();
                Client plain = Jetcd.to(guarded.endpoint()).build()) {
            Auth auth = plain.getAuthClient();
            for (String name : new String[] {"root", "app"}) {
                auth.userAdd(Jetcd.bytes(name), Jetcd.bytes(PASSWORD)).join();
                auth.roleAdd(Jetcd.bytes(name)).join();
                auth.userGrantRole(Jetcd.bytes(name), Jetcd.bytes(name)).join();
            }
            auth.roleGrantPermission(
                            Jetcd.bytes("app"),
                            Jetcd.bytes("billing:"),
                            Jetcd.bytes("billing;"),
                            Permission.Type.READWRITE)
                    .join();
            auth.authEnable().join();
            Seen logIns = new Seen();
            ClientBuilder builder = Jetcd.to(guarded.endpoint())
                    .user(Jetcd.bytes("app"))
                    .password(Jetcd.bytes(PASSWORD))
                    .authInterceptors(logIns);
            JetcdBridge bridge = JetcdBridge.install(builder);
            try (Client client = builder.build();
                    Client root = Jetcd.to(guarded.endpoint())
                            .user(Jetcd.bytes("root"))
                            .password(Jetcd.bytes(PASSWORD))
                            .build();
                    Backend over = bridge.open(client, "billing");
                    Backend own = JetcdBackends.open(builder, "billing")) {
                requireCommits(over, "a");
                requireCommits(own, "b");
                // etcd forgets the tokens of the user then, as it does when they are old.
                root.getAuthClient()
                        .userChangePassword(Jetcd.bytes("app"), Jetcd.bytes(PASSWORD))
                        .join();
                logIns.methods.clear();
                requireCommits(over, "c");
                assertThat(logIns.methods).containsExactly("etcdserverpb.Auth/Authenticate");
                requireCommits(own, "d");
            }
        }
    }

    /**
     * jetcd sends calls to the members in turn, and gives the frozen one up after 15 s, as docs/etcd.md advises. A session that lives three times as
     * long outlives that.
     */
    @Test
    @Tag("thorough")
    void aSessionOutlivesAMemberThatIsFrozen() throws Exception {
        try (EtcdCluster cluster = EtcdCluster.start(3)) {
            ClientBuilder builder = Jetcd.to(cluster.endpoints())
                    .keepaliveTime(Duration.ofSeconds(10))
                    .keepaliveTimeout(Duration.ofSeconds(5))
                    .keepaliveWithoutCalls(false);
            JetcdBridge bridge = JetcdBridge.install(builder);
            EtcdServer leader = cluster.leader();
            EtcdServer frozen = cluster.members().stream()
                    .filter(member -> member != leader)
                    .findFirst()
                    .orElseThrow();
            try (Client client = builder.build();
                    Backend backend = bridge.open(client, namespace);
                    Sereno sereno = Sereno.builder()
                            .backend(backend)
                            .sessionTtl(Duration.ofSeconds(45))
                            .connect();
                    Grant grant = sereno.mutex("m").tryAcquire(SOON).orElseThrow()) {
                frozen.pause();
                assertThat(grant.lost()
                                .toCompletableFuture()
                                .handle((cause, failure) -> String.valueOf(cause))
                                .completeOnTimeout("held", 60, TimeUnit.SECONDS)
                                .join())
                        .isEqualTo("held");
                requireCommits(backend, "after the pings of jetcd");
                frozen.resume();
            }
        }
    }

    /** The methods that it saw. */
    private static final class Seen implements ClientInterceptor {
        private static final Metadata.Key<String> MARK = Metadata.Key.of("x-seen", Metadata.ASCII_STRING_MARSHALLER);

        private final Set<String> methods = ConcurrentHashMap.newKeySet();

        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            methods.add(method.getFullMethodName());
            Metadata mark = new Metadata();
            mark.put(MARK, "yes");
            return MetadataUtils.newAttachHeadersInterceptor(mark).interceptCall(method, options, next);
        }
    }
}
