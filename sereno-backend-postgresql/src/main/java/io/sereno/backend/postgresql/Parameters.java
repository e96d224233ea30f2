package io.sereno.backend.postgresql;

import io.sereno.spi.BackendConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The checked parameters of a URI, with the names that libpq gives them.
 *
 * @param database the database
 * @param sslMode how to use TLS, as libpq names it
 * @param pooler whether the hosts are poolers; empty to find out at the connect
 */
record Parameters(String database, String sslMode, Optional<Boolean> pooler) {
    static final String DATABASE = "dbname";
    private static final String SSL_MODE = "sslmode";
    private static final String POOLER = "pooler";
    private static final Set<String> KNOWN = new TreeSet<>(Set.of(DATABASE, SSL_MODE, POOLER));
    private static final List<String> SSL_MODES =
            List.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

    private static final String ACCEPTED = "postgresql://host:port/database?namespace=NAMESPACE is accepted";

    static Parameters of(BackendConfig config) {
        Map<String, String> given = config.parameters();
        Set<String> unknown = new TreeSet<>(given.keySet());
        unknown.removeAll(KNOWN);
        check(unknown.isEmpty(), "unknown parameters " + unknown + "; " + KNOWN + " are accepted");
        check(!config.endpoints().isEmpty(), "no host is given; " + ACCEPTED);
        String database = given.getOrDefault(DATABASE, "");
        check(!database.isEmpty(), "no database is given; " + ACCEPTED);
        int slash = database.indexOf('/');
        check(
                slash < 0,
                "the path of the URI is '" + database + "'; it is the database, and the namespace is a parameter:"
                        + " postgresql://host:port/" + database.substring(0, Math.max(0, slash)) + "?namespace="
                        + database.substring(slash + 1) + " is accepted");
        boolean certificates =
                config.trust().isPresent() || config.certificates().isPresent();
        String mode = given.getOrDefault(SSL_MODE, certificates ? "verify-full" : "prefer");
        check(SSL_MODES.contains(mode), "sslmode is '" + mode + "'; " + SSL_MODES + " are accepted");
        check(
                !certificates || mode.startsWith("verify") || mode.equals("require"),
                "certificates are given, and sslmode=" + mode
                        + " may connect without TLS; require, verify-ca and verify-full" + " are accepted");
        return new Parameters(database, mode, pooler(given.get(POOLER)));
    }

    private static Optional<Boolean> pooler(@Nullable String value) {
        check(
                value == null || value.equals("true") || value.equals("false"),
                "pooler is '" + value + "'; true and false are accepted");
        return Optional.ofNullable(value).map(Boolean::valueOf);
    }

    private static void check(boolean accepted, String message) {
        if (!accepted) {
            throw new IllegalArgumentException(message);
        }
    }
}
