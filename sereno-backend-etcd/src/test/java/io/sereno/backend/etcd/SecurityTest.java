package io.sereno.backend.etcd;

import static io.sereno.backend.etcd.Stages.await;
import static io.sereno.backend.etcd.Stages.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.AuthDisableRequest;
import io.etcd.jetcd.api.AuthRoleRevokePermissionRequest;
import io.etcd.jetcd.api.AuthUserRevokeRoleRequest;
import io.etcd.jetcd.api.Permission;
import io.sereno.Grant;
import io.sereno.NotAppliedException;
import io.sereno.Sereno;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
import io.sereno.operator.Resource;
import io.sereno.operator.Seat;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.tck.proxy.FaultProxy;
import io.sereno.testservers.EtcdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Users and rights, on a server that enforces them. */
@Tag("servers")
@Timeout(120)
class SecurityTest {
    private static final String PASSWORD = "correct-horse";
    private static final Target TARGET = new Target("lock/orders", Optional.empty());

    /** Tokens last for two seconds. */
    private final EtcdServer etcd;

    private final Outsider outsider;
    private final Config config;
    private final Users users;

    SecurityTest(@TempDir Path folder) throws Exception {
        etcd = EtcdServer.start("--auth-token=" + signer(folder) + ",ttl=2s");
        outsider = new Outsider(etcd);
        users = new Users(outsider, PASSWORD);
        // etcd is slow to check a password, especially on a busy machine.
        config = Config.of(etcd.endpoint())
                .namespace("billing")
                .login("app", PASSWORD)
                .connectTimeout(Duration.ofSeconds(10));
    }

    private static String signer(Path folder) throws IOException, GeneralSecurityException {
        KeyPair pair = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        return "jwt,pub-key="
                + pem(folder.resolve("public.pem"), "PUBLIC KEY", pair.getPublic())
                + ",priv-key="
                + pem(folder.resolve("private.pem"), "PRIVATE KEY", pair.getPrivate())
                + ",sign-method=RS256";
    }

    private static Path pem(Path file, String kind, Key key) throws IOException {
        String lines = Base64.getMimeEncoder().encodeToString(key.getEncoded());
        return Files.writeString(file, "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n");
    }

    @BeforeEach
    void switchRightsOn() {
        users.switchOn("app", "billing");
    }

    @AfterEach
    void close() {
        outsider.close();
        etcd.close();
    }

    private static Commit put(String name) {
        return Commit.to("lock/orders").put(name, Bytes.EMPTY).build();
    }

    @Test
    void aUserWithTheRightToTheNamespaceCanDoEverything() throws Exception {
        try (Backend backend = config.open()) {
            Received received = new Received();
            await(backend.watch(TARGET, received));
            Lease lease = await(backend.grantLease(Duration.ofSeconds(30)));
            await(backend.commit(Commit.to("lock/orders")
                    .put("a", Bytes.EMPTY, lease.id())
                    .returningAll()
                    .build()));
            // On a slow machine the token has expired meanwhile, and the watch starts again, with a reset.
            received.upTo("a");
            assertThat(await(lease.renew())).isTrue();
            await(lease.revoke());
            received.upTo("a");
        }
    }

    @Test
    void aRefusedUserFailsAtTheOpening() {
        assertRefused(config.login("app", "wrong"), "logging in as 'app' failed");
        assertRefused(config.login("nobody", PASSWORD), "logging in as 'nobody' failed");
        assertRefused(config.login(null, null), "user name is empty");
        assertRefused(config.namespace("payroll"), "the right to read and write all keys");
        assertRefused(Config.of(SharedEtcd.SERVER.endpoint()).login("app", PASSWORD), "authentication is not enabled");
    }

    private static void assertRefused(Config config, String why) {
        assertThatThrownBy(config::open)
                .isInstanceOfSatisfying(BackendException.class, refused -> {
                    assertThat(refused.permanent()).isTrue();
                    assertThat(refused.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                })
                .hasMessageContaining(why)
                .hasMessageNotContaining(PASSWORD)
                .hasMessageNotContaining("wrong");
    }

    /** The log-in is the first request; it must not use all of the time. */
    @Test
    void aSilentFirstAddressIsSkipped() {
        try (FaultProxy silent = FaultProxy.to(etcd.endpoint())) {
            silent.acceptSilently();
            try (Backend backend = config.at(silent.endpoint(), etcd.endpoint()).open()) {
                assertThat(await(backend.commit(put("a")))).isInstanceOf(Committed.class);
            }
        }
    }

    @Test
    void aRefusedTokenIsReplacedUnnoticed() throws Exception {
        try (Backend backend = config.open()) {
            Received first = new Received();
            await(backend.watch(TARGET, first));
            Lease lease = await(backend.grantLease(Duration.ofSeconds(30)));
            for (int i = 0; i < 3; i++) {
                users.changePassword("app", PASSWORD);
                if (i == 0) {
                    assertThat(await(backend.commit(put("a")))).isInstanceOf(Committed.class);
                } else if (i == 1) {
                    assertThat(await(lease.renew())).isTrue();
                } else {
                    Received second = new Received();
                    await(backend.watch(new Target("lock/orders", Optional.of("b")), second));
                    await(backend.commit(put("b")));
                    assertThat(second.next()).isEqualTo("b");
                }
            }
            first.upTo("b");
        }
    }

    @Test
    void anExpiredTokenIsReplacedUnnoticed() throws Exception {
        long begun = System.nanoTime();
        try (Backend backend = config.open()) {
            Received received = new Received();
            await(backend.watch(TARGET, received));
            Lease lease = await(backend.grantLease(Duration.ofSeconds(30)));
            long before = logIns();
            int done = 0;
            while (logIns() == before) {
                String name = "n" + done++;
                assertThat(await(backend.commit(put(name)))).isInstanceOf(Committed.class);
                assertThat(await(lease.renew())).isTrue();
                received.upTo(name);
                Received brief = new Received();
                await(backend.watch(new Target("lock/orders", Optional.of(name)), brief))
                        .cancel();
            }
            // The token was accepted for as long as it was valid: two seconds, of which the first may have been over
            // when it was issued.
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofSeconds(1));
            assertThat(done).isPositive();
        }
    }

    private long logIns() {
        return Metrics.of(etcd).begun("Authenticate");
    }

    /** If the next log-in fails, each call reports that in time. */
    @Test
    void anOldTokenAfterAChangeOfThePasswordIsAClearError() throws Exception {
        try (Backend backend = config.open()) {
            users.changePassword("app", "another");
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            Query any = new Query.All("lock/orders");
            while (await(backend.read(any).handle((read, failure) -> failure == null))) {
                assertThat(System.nanoTime()).isLessThan(deadline);
            }
            for (CompletionStage<?> refused : List.of(
                    backend.grantLease(Duration.ofSeconds(30)),
                    backend.commit(put("a")),
                    backend.read(any),
                    backend.watch(TARGET, new Received()))) {
                BackendException failure = failure(refused);
                assertThat(failure.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(failure.permanent()).isTrue();
                assertThat(failure)
                        .hasMessageContaining("logging in as 'app' failed")
                        .hasMessageNotContaining(PASSWORD);
            }
        }
    }

    @Test
    void aUserWhoMayOnlyReadIsRefusedAtTheOpening() {
        users.asRoot()
                .roleRevokePermission(AuthRoleRevokePermissionRequest.newBuilder()
                        .setRole("app")
                        .setKey(ByteString.copyFromUtf8("billing:"))
                        .setRangeEnd(ByteString.copyFromUtf8("billing;"))
                        .build());
        users.grant("app", "billing", Permission.Type.READ);
        assertRefused(config, "the right to read and write all keys");
    }

    @Test
    void aRevokedRightIsReportedClearly() {
        try (Backend backend = config.open()) {
            await(backend.commit(put("a")));
            users.asRoot()
                    .userRevokeRole(AuthUserRevokeRoleRequest.newBuilder()
                            .setName("app")
                            .setRole("app")
                            .build());
            BackendException commit = failure(backend.commit(put("b")));
            assertThat(commit.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(commit.permanent()).isTrue();
            assertThat(commit).hasMessageContaining("PERMISSION_DENIED");
            BackendException watch = failure(backend.watch(TARGET, new Received()));
            assertThat(watch.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(watch.permanent()).isTrue();
            assertThat(watch).hasMessageContaining("permission denied");
        }
    }

    /** Debian's etcd is 3.4.23, which lets a user of another prefix in. */
    /** It can look, and takes nothing away. */
    @Test
    void anOperatorWhoMayOnlyReadChangesNothing() throws Exception {
        try (Backend backend = config.open();
                Sereno sereno = Sereno.builder()
                        .backend(backend)
                        .sessionTtl(Duration.ofMinutes(1))
                        .connect()) {
            Grant held = sereno.mutex("orders").acquire();
            users.asRoot()
                    .roleRevokePermission(AuthRoleRevokePermissionRequest.newBuilder()
                            .setRole("app")
                            .setKey(ByteString.copyFromUtf8("billing:"))
                            .setRangeEnd(ByteString.copyFromUtf8("billing;"))
                            .build());
            users.grant("app", "billing", Permission.Type.READ);
            Operator operator = sereno.operator();
            Seat seat =
                    operator.queue(Kind.LOCK, "orders").orElseThrow().seats().get(0);
            assertThat(operator.resources()).containsExactly(new Resource(Kind.LOCK, "orders"));
            assertThat(operator.sessions()).hasSize(1);
            assertThatThrownBy(() -> operator.end(seat, "INC-42"))
                    .isInstanceOf(NotAppliedException.class)
                    .hasMessageContaining("nothing was done")
                    .hasStackTraceContaining("permission denied");
            assertThatThrownBy(() -> operator.endNow(seat, "INC-42")).isInstanceOf(NotAppliedException.class);
            assertThat(operator.queue(Kind.LOCK, "orders")).isPresent();
            assertThat(held.isHeld()).isTrue();
            users.grant("app", "billing", Permission.Type.READWRITE);
        }
    }

    @Test
    void aServerThatDoesNotEnforceRightsIsReportedOnceWhenAUserConnects() {
        try (Logged logged = new Logged();
                Backend backend = config.open()) {
            String version = backend.guarantees().serverVersion();
            boolean enforced = EtcdVersion.parse(version).orElseThrow().enforcesRights();
            assertThat(logged.messages().stream().filter(message -> message.contains("does not fully enforce")))
                    .hasSize(enforced ? 0 : 1)
                    .allSatisfy(message -> assertThat(message)
                            .startsWith("WARNING etcd " + version)
                            .contains("'billing'", "3.5.33", "3.6.14")
                            .doesNotContain(PASSWORD));
        }
    }

    @Test
    void withoutAUserThereIsNothingToReport() {
        users.asRoot().authDisable(AuthDisableRequest.getDefaultInstance());
        try (Logged logged = new Logged()) {
            config.login(null, null).open().close();
            assertThat(logged.messages()).isEmpty();
        }
    }
}
