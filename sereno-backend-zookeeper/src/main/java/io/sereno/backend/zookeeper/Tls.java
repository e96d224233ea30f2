package io.sereno.backend.zookeeper;

import io.sereno.spi.BackendConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.zookeeper.client.ZKClientConfig;
import org.jspecify.annotations.Nullable;

/**
 * TLS, if it was asked for. ZooKeeper's client takes certificate and key from one file, so the two that are given
 * are put into one that only this user may read, for as long as the backend is open.
 */
final class Tls implements AutoCloseable {
    private final boolean on;
    private final Optional<Path> trust;
    private final @Nullable Path identity;

    private Tls(boolean on, Optional<Path> trust, @Nullable Path identity) {
        this.on = on;
        this.trust = trust;
        this.identity = identity;
    }

    static Tls of(BackendConfig config, Options options) {
        if (config.certificates().isEmpty() || config.privateKey().isEmpty()) {
            return new Tls(options.tls(), config.trust(), null);
        }
        try {
            Path both = Files.createTempFile("sereno-zookeeper", ".pem");
            try {
                Files.writeString(
                        both,
                        Files.readString(config.privateKey().get())
                                + System.lineSeparator()
                                + Files.readString(config.certificates().get()));
            } catch (IOException e) {
                Files.delete(both);
                throw e;
            }
            return new Tls(true, config.trust(), both);
        } catch (IOException e) {
            throw new IllegalArgumentException("the certificates or the private key cannot be read: " + e, e);
        }
    }

    void configure(ZKClientConfig config) {
        if (!on) {
            return;
        }
        config.setProperty(ZKClientConfig.SECURE_CLIENT, "true");
        config.setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "org.apache.zookeeper.ClientCnxnSocketNetty");
        trust.ifPresent(file -> {
            config.setProperty("zookeeper.ssl.trustStore.location", file.toString());
            config.setProperty("zookeeper.ssl.trustStore.type", "PEM");
        });
        if (identity != null) {
            config.setProperty("zookeeper.ssl.keyStore.location", identity.toString());
            config.setProperty("zookeeper.ssl.keyStore.type", "PEM");
        }
    }

    @Override
    public void close() {
        if (identity != null) {
            try {
                Files.deleteIfExists(identity);
            } catch (IOException e) {
                throw new UncheckedIOException("the file " + identity + " with the private key is left behind", e);
            }
        }
    }
}
