package io.sereno.backend.zookeeper;

import io.sereno.spi.BackendConfig;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.apache.zookeeper.ClientCnxnSocketNetty;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ClientX509Util;
import org.apache.zookeeper.common.X509Util;
import org.apache.zookeeper.util.PemReader;
import org.jspecify.annotations.Nullable;

/**
 * Certificates, in the forms that ZooKeeper's client accepts. The client reads files, and needs a chain and its key in one file. So an
 * identity is written to its own file, encrypted with a password that is stored nowhere else. The file is removed at the end. The client
 * reads the files for each connection, so replaced files take effect from the next connection on.
 */
final class Tls implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Tls.class.getName());

    private static final String PROTOCOLS = X509Util.TLS_1_3 + "," + X509Util.TLS_1_2;

    private final @Nullable File trusted;
    private final @Nullable Identity identity;
    private final String password;
    private String[] protocols = new String[0];

    /**
     * The identity of this client.
     *
     * @param written chain and key, in the form that ZooKeeper's client reads
     */
    private record Identity(File chain, File key, Path written) {
        /** The current content of the files. */
        byte[] content() throws IOException {
            byte[] first = Files.readAllBytes(chain.toPath());
            byte[] second = Files.readAllBytes(key.toPath());
            byte[] both = Arrays.copyOf(first, first.length + second.length);
            System.arraycopy(second, 0, both, first.length, second.length);
            return both;
        }
    }

    /** The content of the identity's files when they were last read. Guarded by this. */
    private byte[] lastSeen = new byte[0];
    /** Why they could not be read at the last attempt; logged once. Guarded by this. */
    private String lastProblem = "";

    /** Reads all files. An IllegalArgumentException says which file cannot be used. */
    Tls(BackendConfig config) {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        password = HexFormat.of().formatHex(random);
        trusted = config.trust().map(Path::toFile).orElse(null);
        if (trusted != null) {
            load("trusted certificates", trusted, () -> read(trusted));
        }
        if (config.certificates().isEmpty() || config.privateKey().isEmpty()) {
            identity = null;
        } else {
            File chain = config.certificates().get().toFile();
            File key = config.privateKey().get().toFile();
            KeyStore read = load("certificates, with the key in " + key + ",", chain, () -> read(chain, key));
            // Readable by its owner only.
            Path file = load(
                    "certificates",
                    chain,
                    () -> Files.createTempFile(
                            "sereno-identity-" + ProcessHandle.current().pid() + "-", ".p12"));
            identity = new Identity(chain, key, file);
            load("certificates", chain, () -> {
                lastSeen = identity.content();
                write(read, file);
                return file;
            });
        }
    }

    /**
     * Takes over an identity whose files were replaced. If the new one cannot be used, perhaps because it is half written, the former
     * one stays.
     */
    synchronized void refresh() {
        if (identity == null) {
            return;
        }
        try {
            byte[] content = identity.content();
            lastProblem = "";
            if (Arrays.equals(content, lastSeen)) {
                return;
            }
            lastSeen = content;
            write(read(identity.chain, identity.key), identity.written);
            LOG.log(
                    Level.INFO,
                    () -> "the certificates in " + identity.chain
                            + " were replaced, and the new ones are used from now on");
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            String problem = "the certificates in " + identity.chain + ", with the key in " + identity.key
                    + ", cannot be used as they are now; the former ones are still used: " + e;
            if (problem.equals(lastProblem)) {
                LOG.log(Level.DEBUG, problem, e);
            } else {
                LOG.log(Level.WARNING, problem);
            }
            lastProblem = problem;
        }
    }

    private interface Step<T> {
        T run() throws IOException, GeneralSecurityException;
    }

    private static <T> T load(String what, File file, Step<T> step) {
        try {
            return step.run();
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the " + what + " in " + file + " cannot be used; PEM files are accepted, keys as PKCS #8: "
                            + e.getMessage(),
                    e);
        }
    }

    private static KeyStore read(File authorities) throws IOException, GeneralSecurityException {
        KeyStore pem = PemReader.loadTrustStore(authorities);
        if (pem.size() == 0) {
            throw new IOException("there is no certificate in it");
        }
        return pem;
    }

    private KeyStore read(File chain, File key) throws IOException, GeneralSecurityException {
        KeyStore pem = PemReader.loadKeyStore(chain, key, Optional.empty());
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        String alias = pem.aliases().nextElement();
        store.setKeyEntry(
                "identity", pem.getKey(alias, new char[0]), password.toCharArray(), pem.getCertificateChain(alias));
        return store;
    }

    /** Writes atomically, so that nobody reads half a file. */
    private void write(KeyStore store, Path file) throws IOException, GeneralSecurityException {
        Path next = Files.createTempFile(file.toAbsolutePath().getParent(), file.getFileName() + "-", ".tmp");
        try {
            try (OutputStream out = Files.newOutputStream(next)) {
                store.store(out, password.toCharArray());
            }
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(next);
        }
    }

    /** Settings for the whole JVM by {@code zookeeper.ssl...} apply where the configuration gives nothing. */
    void configure(ZKClientConfig client) {
        client.setProperty(ZKClientConfig.SECURE_CLIENT, "true");
        client.setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, ClientCnxnSocketNetty.class.getName());
        try (ClientX509Util names = new ClientX509Util()) {
            if (trusted != null) {
                client.setProperty(names.getSslTruststoreLocationProperty(), trusted.getPath());
                client.setProperty(names.getSslTruststoreTypeProperty(), "PEM");
            }
            if (identity != null) {
                client.setProperty(names.getSslKeystoreLocationProperty(), identity.written.toString());
                client.setProperty(names.getSslKeystoreTypeProperty(), "PKCS12");
                client.setProperty(names.getSslKeystorePasswdProperty(), password);
            }
            // By default the client offers one protocol, the newest.
            String configured = client.getProperty(
                    names.getSslEnabledProtocolsProperty(),
                    client.getProperty(names.getSslProtocolProperty(), PROTOCOLS));
            client.setProperty(names.getSslEnabledProtocolsProperty(), configured);
            protocols = configured.split(",");
        }
    }

    /**
     * Finds out why there is no connection: ZooKeeper's client only logs the reason, and retries forever. Waits for each
     * server for the given time at most.
     *
     * @return empty if TLS is not what fails
     */
    Optional<String> problem(List<InetSocketAddress> servers, Duration each) {
        String found = null;
        for (InetSocketAddress server : servers) {
            String host = server.getHostString();
            try (Socket plain = new Socket()) {
                plain.connect(new InetSocketAddress(host, server.getPort()), (int) each.toMillis());
                plain.setSoTimeout((int) each.toMillis());
                handshake(plain, host, server.getPort());
                return Optional.empty();
            } catch (SSLException e) {
                found = "TLS with " + host + ":" + server.getPort() + " failed: " + e.getMessage();
            } catch (IOException e) {
                // The server is not there: another problem, which is reported separately.
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                return Optional.of("TLS is not available: " + e.getMessage());
            }
        }
        return Optional.ofNullable(found);
    }

    private void handshake(Socket plain, String host, int port) throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                identity == null ? null : keys(read(identity.chain, identity.key)),
                trusted == null ? null : trusted(read(trusted)),
                null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setProtocols(protocols);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        try {
            // A refusal of our certificate comes after the handshake. Otherwise the server waits for us.
            socket.getInputStream().read();
        } catch (SocketTimeoutException accepted) {
            return;
        }
    }

    private KeyManager[] keys(KeyStore store) throws GeneralSecurityException {
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, password.toCharArray());
        return factory.getKeyManagers();
    }

    private static TrustManager[] trusted(KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    @Override
    public void close() {
        if (identity != null) {
            try {
                Files.deleteIfExists(identity.written);
            } catch (IOException e) {
                LOG.log(Level.WARNING, () -> "cannot remove " + identity.written, e);
            }
        }
    }
}
