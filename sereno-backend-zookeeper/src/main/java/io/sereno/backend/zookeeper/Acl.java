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
 * Who may touch what this client stores.
 *
 * <p>ZooKeeper takes "the creator" for everybody as whom a session is logged in. Beside a client certificate that would be the user and the
 * certificate; so there the user is named. Of a user that logs in by SASL only the server knows the name. By the scheme {@code digest}, a user is name and
 * password: each session names the one that it has logged in as, since the password may have changed since the last one began.
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
        var unused = digest(config.user().get() + ":"); // Fails early where there is no such algorithm.
        return new Acl(options.acl(), false);
    }

    /** Who owns what a session creates that logs in by these credentials; null: whoever the server takes for its creator. */
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

    /** As a node is created with over this handle. */
    List<ACL> list(Handle handle) {
        List<ACL> owner = handle.owner();
        return owner != null ? owner : list;
    }

    /** Whether the server has to be asked as whom it knows us before a node is created. */
    boolean hasToBeAsked() {
        return saslBesideCertificate;
    }

    /** What it said. False: it does not know us by SASL. */
    boolean told(List<ClientInfo> known) {
        for (ClientInfo each : known) {
            if (each.getAuthScheme().equals(SASL)) {
                list = named(SASL, each.getUser());
                return true;
            }
        }
        return false;
    }
}
