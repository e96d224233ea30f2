package io.sereno.spring.boot;

import io.sereno.spi.Promise;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code sereno.*}. What is not set has the default of {@link io.sereno.Sereno.Builder}. Spring Boot makes
 * it.
 *
 * @param uri Address of the store, as in etcd://etcd.internal:2379/billing. Without it, the default address of the only
 *     backend on the class path.
 * @param namespace Namespace in which the application keeps everything. Not together with a namespace in the URI.
 * @param nodeId Id under which others see this process. By default host name, process id and eight random characters.
 * @param user User at the store. Empty for a store that needs a password only.
 * @param password Password at the store.
 * @param sessionTtl How long what this process holds outlives it, 200ms to 1d. By default 10s; 4s to 38s fit every store.
 * @param operationTimeout How long a request to the store may take, 1ms to 1d. By default 5s.
 * @param connectTimeout How long an attempt to connect may take, 1ms to 1d. By default 5s.
 * @param connectRetry For how long the start of the application repeats attempts to connect that found no store, up to 1d.
 *     By default one attempt, and the start fails.
 * @param require Promises that the store has to make; otherwise the start fails.
 * @param ssl Certificates and key, in PEM files.
 */
@ConfigurationProperties("sereno")
public record SerenoProperties(
        @Nullable String uri,
        @Nullable String namespace,
        @Nullable String nodeId,
        @Nullable String user,
        @Nullable String password,
        @Nullable Duration sessionTtl,
        @Nullable Duration operationTimeout,
        @Nullable Duration connectTimeout,
        @Nullable Duration connectRetry,
        @DefaultValue Set<Promise> require,
        @DefaultValue Ssl ssl) {

    /**
     * The properties {@code sereno.ssl.*}.
     *
     * @param trust PEM file with the certificates of the authorities to trust. The connection is encrypted then.
     * @param certificate PEM file with the chain of the certificate by which this process identifies itself. Needs
     *     sereno.ssl.private-key.
     * @param privateKey PEM file with the key of the certificate, PKCS #8. Needs sereno.ssl.certificate.
     */
    public record Ssl(
            @Nullable Path trust,
            @Nullable Path certificate,
            @Nullable Path privateKey) {}

    /** Leaves out the URI and the password, since they may be or contain secrets. */
    @Override
    public String toString() {
        return "SerenoProperties[namespace=" + namespace + ", nodeId=" + nodeId + ", sessionTtl=" + sessionTtl + "]";
    }
}
