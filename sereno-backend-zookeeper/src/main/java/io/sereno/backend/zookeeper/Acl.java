package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.BackendConfig;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.ClientInfo;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.jspecify.annotations.Nullable;

/**
 * Who may access what this client stores.
 *
 * <p>ZooKeeper understands "the creator" as every identity that a session is logged in as. With a client certificate those would be the user and the
 * certificate, so the user is named explicitly. Only the server knows the name of a user that logs in by SASL. In the scheme {@code digest}, a user
 * is a name and a password. Each session names the user that it has logged in as, since the password may have changed since the last session began.
 */
final class Acl {
    private static final String SASL = "sasl";

    private final boolean saslBesideCertificate;
    private volatile List<ACL> list;

    private Acl(List<ACL> list, boolean saslBesideCertificate) {
        this.list = list;
        this.saslBesideCertificate = saslBesideCertificate;
    }

    static Acl of(BackendConfig config, Options options) {
        boolean creator = options.acl().equals(ZooDefs.Ids.CREATOR_ALL_ACL);
        if (!creator || config.certificates().isEmpty()) {
            return new Acl(options.acl(), false);
        }
        if (config.user().isEmpty()) {
            return new Acl(options.acl(), options.sasl().isPresent());
        }
        var unused = digest(config.user().get() + ":"); // Fails early if there is no such algorithm.
        return new Acl(options.acl(), false);
    }

    /**
     * The owner of the nodes that a session with these credentials creates; null: the creator as the server identifies
     * it.
     */
    static @Nullable List<ACL> ofSession(BackendConfig config, Options options, byte[] credentials) {
        boolean creator = options.acl().equals(ZooDefs.Ids.CREATOR_ALL_ACL);
        return creator && config.certificates().isPresent()
                ? named("digest", digest(new String(credentials, UTF_8)))
                : null;
    }

    private static String digest(String credentials) {
        try {
            return DigestAuthenticationProvider.generateDigest(credentials);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalArgumentException(
                    "zookeeper.DigestAuthenticationProvider.digestAlg names no algorithm of this JVM: "
                            + e.getMessage(),
                    e);
        }
    }

    private static List<ACL> named(String scheme, String id) {
        return List.of(new ACL(ZooDefs.Perms.ALL, new Id(scheme, id)));
    }

    /** The ACL of a node that is created over this handle. */
    List<ACL> list(Handle handle) {
        List<ACL> owner = handle.owner();
        return owner != null ? owner : list;
    }

    /** Whether the server must be asked, before a node is created, how it identifies this client. */
    boolean hasToBeAsked() {
        return saslBesideCertificate;
    }

    /** Takes the server's answer. False: the server does not know this client by SASL. */
    boolean learn(List<ClientInfo> known) {
        for (ClientInfo each : known) {
            if (each.getAuthScheme().equals(SASL)) {
                list = named(SASL, each.getUser());
                return true;
            }
        }
        return false;
    }
}
