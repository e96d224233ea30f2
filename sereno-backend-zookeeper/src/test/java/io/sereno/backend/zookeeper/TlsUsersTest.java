package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.testservers.Identity;
import io.sereno.testservers.ZooKeeperServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.apache.zookeeper.server.auth.DigestLoginModule;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Users beside certificates, certificates for an address, certificates that are replaced, and servers with old TLS. */
@Tag("servers")
@Timeout(120)
class TlsUsersTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void logIn() {
        Configuration.setConfiguration(new Configuration() {
            @Override
            public AppConfigurationEntry @Nullable [] getAppConfigurationEntry(String section) {
                return section.equals("Paul")
                        ? new AppConfigurationEntry[] {
                            new AppConfigurationEntry(
                                    DigestLoginModule.class.getName(),
                                    LoginModuleControlFlag.REQUIRED,
                                    Map.of("username", "paul", "password", "tr0ub4dor"))
                        }
                        : null;
            }
        });
    }

    @AfterEach
    void logOut() {
        Configuration.setConfiguration(null); // the JVM's own again
    }

    private ZooKeeperServer start(Identity server, Path clients, String... settings) throws IOException {
        Path users = Files.writeString(
                folder.resolve("jaas.conf"),
                "Server { " + DigestLoginModule.class.getName() + " required user_paul=\"tr0ub4dor\"; };\n");
        List<String> all = new ArrayList<>(List.of(
                "-Djava.security.auth.login.config=" + users,
                "authProvider.sasl=org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
                "ssl.keyStore.location=" + server.both(),
                "ssl.keyStore.type=PEM",
                "ssl.trustStore.location=" + clients,
                "ssl.trustStore.type=PEM"));
        all.addAll(List.of(settings));
        return ZooKeeperServer.startWithTls(all.toArray(String[]::new));
    }

    private static Client.Config to(String host, ZooKeeperServer server, Identity trusted) {
        InetSocketAddress address =
                InetSocketAddress.createUnresolved(host, server.secureEndpoint().getPort());
        return Client.Config.of(List.of(address), "users")
                .withScheme("zookeepers")
                .withTrust(trusted.certificate())
                .withTimeouts(Duration.ofSeconds(20), Duration.ofSeconds(10));
    }

    /** The name service knows 127.0.0.1 by another name, which the backend must not use. */
    @Test
    void aSaslLoginAtAnAddressChecksTheCertificateAgainstThatAddress() throws IOException {
        Identity byAddress = Identity.create(folder, "by-address", "ip:127.0.0.1");
        Identity byName = Identity.create(folder, "by-name", "dns:localhost");
        Identity ann = Identity.create(folder, "ann", "dns:ann");
        try (ZooKeeperServer server = start(byAddress, ann.certificate());
                Client client = new Client(to("127.0.0.1", server, byAddress)
                        .withIdentity(ann.certificate(), ann.key())
                        .withParameters(Map.of("sasl", "Paul")))) {
            client.put("d", "a", "1");
        }
        try (ZooKeeperServer server = start(byName, ann.certificate())) {
            assertThatThrownBy(() -> new Client(to("127.0.0.1", server, byName)
                                    .withIdentity(ann.certificate(), ann.key())
                                    .withTimeForTheReason()
                                    .withParameters(Map.of("sasl", "Paul")))
                            .close())
                    .hasMessageContaining("TLS")
                    .hasMessageContaining("127.0.0.1");
        }
    }

    @Test
    void besideACertificateNodesOfAUserBelongToThatUserAlone() throws Exception {
        Identity serverIdentity = Identity.create(folder, "server", "dns:localhost");
        Identity ann = Identity.create(folder, "ann", "dns:ann");
        try (ZooKeeperServer server = start(serverIdentity, ann.certificate())) {
            Client.Config known = to("localhost", server, serverIdentity).withIdentity(ann.certificate(), ann.key());
            Id digest = new Id("digest", DigestAuthenticationProvider.generateDigest("paul:tr0ub4dor"));
            assertBelongsTo(digest, known.withUser("paul", "tr0ub4dor"), "by-digest");
            assertBelongsTo(new Id("sasl", "paul"), known.withParameters(Map.of("sasl", "Paul")), "by-sasl");
            assertThatThrownBy(() -> new Client(at(known, "by-digest")).close()).hasMessageContaining("NOAUTH");
        }
    }

    /** As docs/zookeeper.md says: with the new password the client is another user, which needs rights to the nodes. */
    @Test
    void nodesCreatedAfterAChangeOfThePasswordBelongToTheNewPassword() throws Exception {
        Identity serverIdentity = Identity.create(folder, "server", "dns:localhost");
        Identity ann = Identity.create(folder, "ann", "dns:ann");
        char[] password = "former".toCharArray();
        Id latter = new Id("digest", DigestAuthenticationProvider.generateDigest("paul:latter"));
        try (ZooKeeperServer server = start(serverIdentity, ann.certificate())) {
            for (boolean besideCertificate : List.of(true, false)) {
                System.arraycopy("former".toCharArray(), 0, password, 0, password.length);
                Client.Config known =
                        to("localhost", server, serverIdentity).withIdentity(ann.certificate(), ann.key());
                Client.Config config = besideCertificate ? known : Client.Config.of(server.endpoints(), "plain");
                try (Client client = new Client(with(config.withUser("paul", "former"), password))) {
                    Notes notes = new Notes();
                    client.watch(new Target("d", Optional.empty()), notes);
                    client.put("d", "a", "1");
                    Handle before = client.itself().mainHandle();
                    System.arraycopy("latter".toCharArray(), 0, password, 0, password.length);
                    give(before, "/" + config.namespace(), latter);
                    notes.forget();
                    server.expireSession(before.getSessionId(), before.getSessionPasswd());
                    notes.await(Notes.RESET);
                    client.put("d", "b", "1");
                    client.put("e", "c", client.lease(Duration.ofSeconds(30)));
                    assertThat(client.names("d")).containsExactly("a", "b");
                    assertThat(client.names("e")).containsExactly("c");
                    for (String path : List.of("/=d/b", "/=e", "/=e/c")) {
                        List<ACL> acl =
                                client.itself().mainHandle().getACL("/" + config.namespace() + path, new Stat());
                        assertThat(acl)
                                .as(path)
                                .singleElement()
                                .extracting(ACL::getId)
                                .isEqualTo(latter);
                    }
                }
                try (Client again = new Client(config.withUser("paul", "latter"))) {
                    assertThat(again.names("d")).containsExactly("a", "b");
                }
                assertThatThrownBy(() -> new Client(config.withUser("paul", "former")).close())
                        .hasMessageContaining("NOAUTH");
            }
        }
    }

    /** What {@code setAcl -R PATH digest:...:cdrwa} does. */
    private static void give(Handle owner, String path, Id to) throws Exception {
        for (String child : owner.getChildren(path, false)) {
            give(owner, path + "/" + child, to);
        }
        owner.setACL(path, new ArrayList<>(List.of(new ACL(ZooDefs.Perms.ALL, to))), -1);
    }

    private static Client.Config at(Client.Config config, String namespace) {
        return copy(config, namespace, config.password());
    }

    /** With a password that is asked for at each login, and changes with the array. */
    private static Client.Config with(Client.Config config, char[] password) {
        return copy(config, config.namespace(), Optional.of(password));
    }

    private static Client.Config copy(Client.Config config, String namespace, Optional<char[]> password) {
        return new Client.Config(
                config.scheme(),
                config.endpoints(),
                namespace,
                config.parameters(),
                config.user(),
                password,
                config.trust(),
                config.certificates(),
                config.privateKey(),
                config.connectTimeout(),
                config.operationTimeout(),
                config.time(),
                config.executor());
    }

    private static void assertBelongsTo(Id owner, Client.Config config, String namespace) throws Exception {
        try (Client client = new Client(at(config, namespace))) {
            Lease lease = client.lease(Duration.ofSeconds(30));
            client.put("d", "a", lease);
            client.put("d", "b", "1");
            for (String path : List.of("", "/!sereno", "/!sereno/ff", "/=d", "/=d/a", "/=d/b")) {
                List<ACL> acl = client.itself().mainHandle().getACL("/" + namespace + path, new Stat());
                assertThat(acl).as(path).singleElement().extracting(ACL::getId).isEqualTo(owner);
            }
            assertThat(client.names("d")).containsExactly("a", "b");
        }
    }

    @Test
    void aServerWithTls12AloneIsConnectedToAndIfThatIsForbiddenTheCauseIsReported() throws IOException {
        Identity serverIdentity = Identity.create(folder, "server", "dns:localhost");
        Identity ann = Identity.create(folder, "ann", "dns:ann");
        try (ZooKeeperServer server =
                start(serverIdentity, ann.certificate(), "ssl.protocol=TLSv1.2", "ssl.enabledProtocols=TLSv1.2")) {
            Client.Config known = to("localhost", server, serverIdentity).withIdentity(ann.certificate(), ann.key());
            try (Client client = new Client(known)) {
                client.put("d", "a", "1");
            }
            System.setProperty("zookeeper.ssl.enabledProtocols", "TLSv1.3");
            try {
                assertThatThrownBy(() -> new Client(known.withTimeForTheReason()).close())
                        .hasMessageContaining("TLS with localhost")
                        .hasMessageContaining("protocol");
            } finally {
                System.clearProperty("zookeeper.ssl.enabledProtocols");
            }
        }
    }

    /** The server's certificate, the authority that the client trusts, and the client's own certificate: all replaced while it runs. */
    @Test
    void certificatesThatWereReplacedCountFromTheNextConnectionOn() throws Exception {
        Identity oldServer = Identity.create(folder, "old-server", "dns:localhost");
        Identity newServer = Identity.create(folder, "new-server", "dns:localhost");
        Identity oldAnn = Identity.create(folder, "old-ann", "dns:ann");
        Identity newAnn = Identity.create(folder, "new-ann", "dns:ann");
        Path both = copy(oldServer.both(), "server.pem");
        Path clients = copy(oldAnn.certificate(), "clients.pem");
        Path trusted = copy(oldServer.certificate(), "trusted.pem");
        Path chain = copy(oldAnn.certificate(), "chain.pem");
        Path key = copy(oldAnn.key(), "key.pem");
        try (ZooKeeperServer server = start(new Identity(trusted, both, both), clients);
                Client client = new Client(to("localhost", server, new Identity(trusted, both, both))
                        .withIdentity(chain, key))) {
            Notes notes = new Notes();
            client.watch(new Target("d", Optional.empty()), notes);
            Lease lease = client.lease(Duration.ofSeconds(50));
            client.put("d", "a", lease);
            server.kill();
            copy(newServer.both(), "server.pem");
            copy(newAnn.certificate(), "clients.pem");
            copy(newServer.certificate(), "trusted.pem");
            copy(newAnn.certificate(), "chain.pem");
            copy(newAnn.key(), "key.pem");
            server.restart();
            notes.await(Notes.RESET);
            assertThat(client.names("d")).containsExactly("a");
            assertThat(Client.await(lease.renew())).isTrue();
            Client.await(lease.revoke());

            // One that cannot be used leaves the former.
            Files.write(chain, "junk".getBytes(UTF_8));
            notes.forget();
            server.restart();
            notes.await(Notes.RESET);
            client.put("d", "b", "1");
        }
    }

    private Path copy(Path file, String name) throws IOException {
        return Files.copy(file, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
}
