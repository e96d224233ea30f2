package io.sereno.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/**
 * A key and its self-signed certificate, which is therefore its own authority, as PEM files.
 *
 * @param certificate a file that holds only the certificate
 * @param key a file that holds only the key, as PKCS #8
 * @param both a file that holds both
 */
public record Identity(Path certificate, Path key, Path both) {
    private static final String PASSWORD = "changeit";
    private static final String ALIAS = "it";

    /**
     * Creates an identity with the JDK's keytool.
     *
     * @param folder where the files go, named after {@code name}
     * @param name the certificate's common name
     * @param alternative the subject's alternative name, as in {@code "ip:127.0.0.1"} or {@code "dns:localhost"}
     */
    public static Identity create(Path folder, String name, String alternative) {
        Path store = folder.resolve(name + ".p12");
        try {
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
                            "san=" + alternative,
                            "-keystore",
                            store.toString(),
                            "-storetype",
                            "PKCS12",
                            "-storepass",
                            PASSWORD)
                    .redirectErrorStream(true)
                    .start();
            String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (keytool.waitFor() != 0) {
                throw new TestServerException("keytool failed: " + output);
            }
            KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
            String certificate = pem("CERTIFICATE", keys.getCertificate(ALIAS).getEncoded());
            String key = pem(
                    "PRIVATE KEY", keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded());
            return new Identity(
                    Files.writeString(folder.resolve(name + ".pem"), certificate),
                    Files.writeString(folder.resolve(name + "-key.pem"), key),
                    Files.writeString(folder.resolve(name + "-both.pem"), key + certificate));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new TestServerException("a certificate for " + name + " cannot be made", e);
        } catch (InterruptedException e) {
            throw TestServerException.interrupted("making a certificate for " + name);
        }
    }

    private static String pem(String kind, byte[] content) {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n";
    }
}
