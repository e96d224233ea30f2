package io.sereno.backend.etcd;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.sereno.spi.BackendConfig;
import java.io.File;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The certificates of one client. They are read again for each new connection, so a reconnect picks up replaced files. If the files cannot be
 * used at that moment, for example while they are being replaced, the last usable certificates stay in use.
 */
final class Certificates {
    private static final System.Logger LOG = System.getLogger(Certificates.class.getName());

    private final BackendConfig config;
    private final boolean used;
    private volatile @Nullable SslContext last;
    private volatile String problem = "";

    /** Fails with an IllegalArgumentException if the certificates cannot be used now. */
    Certificates(BackendConfig config) {
        this.config = config;
        used = config.scheme().equals(EtcdBackendProvider.TLS);
        last = used ? make() : null;
    }

    /** Null for a connection without TLS. */
    @Nullable
    SslContext read() {
        if (used) {
            try {
                last = make();
                problem = "";
            } catch (RuntimeException e) {
                String found = String.valueOf(e.getMessage());
                // An outage causes many reconnects; log one line for all of them.
                LOG.log(
                        found.equals(problem) ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING,
                        () -> "reconnecting to etcd with the certificates that were read before: " + found);
                problem = found;
            }
        }
        return last;
    }

    private SslContext make() {
        SslContextBuilder builder = GrpcSslContexts.forClient();
        config.trust().ifPresent(trust -> {
            try {
                builder.trustManager(trust.toFile());
            } catch (IllegalArgumentException e) {
                throw unusable("trusted certificates", trust.toFile(), e);
            }
        });
        Optional<File> key = config.privateKey().map(path -> path.toFile());
        config.certificates().ifPresent(certificates -> {
            try {
                builder.keyManager(certificates.toFile(), key.orElse(null));
            } catch (IllegalArgumentException e) {
                throw unusable("certificates and their key", certificates.toFile(), e);
            }
        });
        try {
            return builder.build();
        } catch (SSLException e) {
            throw new IllegalArgumentException("the certificates given for etcd cannot be used: " + e.getMessage(), e);
        }
    }

    private static IllegalArgumentException unusable(String what, File file, IllegalArgumentException why) {
        Throwable cause = why.getCause() == null ? why : why.getCause();
        return new IllegalArgumentException(
                "the " + what + " in " + file + " cannot be used; PEM files are accepted, keys as PKCS #8: "
                        + cause.getMessage(),
                why);
    }
}
