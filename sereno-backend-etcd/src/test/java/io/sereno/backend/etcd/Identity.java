package io.sereno.backend.etcd;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;

/** A key with a certificate that it has signed itself, as PEM files and for this JVM. */
record Identity(Path certificate, Path key, KeyStore keys) {
    static final char[] PASSWORD = "changeit".toCharArray();
    private static final String ALIAS = "it";

    static Identity create(Path folder, String name, String address)
            throws IOException, GeneralSecurityException, InterruptedException {
        Path store = folder.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        ALIAS,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=ip:" + address,
                        "-keystore",
                        store.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .start();
        String output = new String(keytool.getInputStream().readAllBytes(), US_ASCII);
        assertThat(keytool.waitFor()).as(output).isZero();
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD);
        return new Identity(
                pem(
                        folder.resolve(name + ".pem"),
                        "CERTIFICATE",
                        keys.getCertificate(ALIAS).getEncoded()),
                pem(
                        folder.resolve(name + "-key.pem"),
                        "PRIVATE KEY",
                        keys.getKey(ALIAS, PASSWORD).getEncoded()),
                keys);
    }

    private static Path pem(Path file, String kind, byte[] content) throws IOException {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(file, "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n");
    }

    /** A key pair for tokens, as etcd wants to have it named. */
    static String signer(Path folder) throws IOException, GeneralSecurityException {
        KeyPair pair = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        return "jwt,pub-key="
                + pem(
                        folder.resolve("token.pem"),
                        "PUBLIC KEY",
                        pair.getPublic().getEncoded())
                + ",priv-key="
                + pem(
                        folder.resolve("token-key.pem"),
                        "PRIVATE KEY",
                        pair.getPrivate().getEncoded())
                + ",sign-method=RS256";
    }

    /** What a side needs to trust this one and no other. */
    KeyStore asTrusted() throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, PASSWORD);
        Certificate own = keys.getCertificate(ALIAS);
        trusted.setCertificateEntry(ALIAS, own);
        return trusted;
    }
}
