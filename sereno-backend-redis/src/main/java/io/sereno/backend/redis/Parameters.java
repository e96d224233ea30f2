package io.sereno.backend.redis;

import io.sereno.backend.redis.Address.Form;
import io.sereno.spi.BackendConfig;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The checked parameters of a URI.
 *
 * @param sentinel the Sentinels' name for the primary; empty if the hosts are no Sentinels
 */
record Parameters(String sentinel, boolean cluster) {
    private static final String SENTINEL = "sentinel";
    private static final String CLUSTER = "cluster";
    private static final Set<String> KNOWN = new TreeSet<>(Set.of(SENTINEL, CLUSTER));

    static Parameters of(BackendConfig config) {
        Map<String, String> given = config.parameters();
        Set<String> unknown = new TreeSet<>(given.keySet());
        unknown.removeAll(KNOWN);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("unknown parameters " + unknown + "; " + KNOWN + " are accepted");
        }
        Parameters parameters = new Parameters(given.getOrDefault(SENTINEL, ""), cluster(given.get(CLUSTER)));
        if (given.containsKey(SENTINEL) && parameters.sentinel.isEmpty()) {
            throw new IllegalArgumentException(
                    "sentinel is empty; the name of the primary is accepted, sentinel=primary");
        }
        if (parameters.cluster && !parameters.sentinel.isEmpty()) {
            throw new IllegalArgumentException("sentinel and cluster are given; one of them is accepted");
        }
        parameters.checkHosts(config);
        checkTls(config);
        return parameters;
    }

    Address address(BackendConfig config) {
        Form form = cluster ? Form.CLUSTER : sentinel.isEmpty() ? Form.SERVER : Form.SENTINEL;
        return new Address(form, config.endpoints(), sentinel, isTls(config), Login.of(config));
    }

    private void checkHosts(BackendConfig config) {
        int hosts = config.endpoints().size();
        if (hosts == 0) {
            throw new IllegalArgumentException("no host is given; redis://host:port/namespace is accepted");
        }
        if (hosts > 1 && !cluster && sentinel.isEmpty()) {
            throw new IllegalArgumentException(hosts + " hosts are given; one is accepted,"
                    + " or several with ?sentinel=NAME or ?cluster=true, which say what they are");
        }
    }

    private static void checkTls(BackendConfig config) {
        if (!isTls(config)
                && (config.trust().isPresent() || config.certificates().isPresent())) {
            throw new IllegalArgumentException("certificates are given, and redis: does not encrypt; use rediss:");
        }
    }

    private static boolean isTls(BackendConfig config) {
        return config.scheme().equals("rediss");
    }

    private static boolean cluster(@Nullable String value) {
        if (value == null || value.equals("false")) {
            return false;
        }
        if (value.equals("true")) {
            return true;
        }
        throw new IllegalArgumentException("cluster is '" + value + "'; true and false are accepted");
    }
}
