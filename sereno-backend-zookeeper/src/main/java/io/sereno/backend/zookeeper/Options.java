package io.sereno.backend.zookeeper;

import io.sereno.spi.BackendConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;

/**
 * The parameters of the URI that are ours.
 *
 * @param auth {@code digest}: user and password of the URI, if there are any; {@code sasl}: the section {@code Client} of
 *     the JVM's JAAS configuration
 * @param acl who may touch what is stored
 * @param slack how much longer than its ttl the session of a lease is; empty: see {@link Opening}
 * @param tls whether to connect by TLS
 */
record Options(Auth auth, List<ACL> acl, Optional<Duration> slack, boolean tls) {
    enum Auth {
        DIGEST,
        SASL
    }

    private static final Set<String> KNOWN = new TreeSet<>(Set.of("auth", "acl", "slack", "tls"));
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})(ms|s)");
    private static final Duration MOST_SLACK = Duration.ofSeconds(30);

    /** Without I/O; an IllegalArgumentException names what is wrong and what is accepted. */
    static Options of(BackendConfig config) {
        Map<String, String> given = config.parameters();
        given.keySet().forEach(key -> {
            if (!KNOWN.contains(key)) {
                throw new IllegalArgumentException("unknown parameter '" + key + "'; accepted are " + KNOWN);
            }
        });
        Auth auth = choice(given, "auth", "digest", "sasl").equals("sasl") ? Auth.SASL : Auth.DIGEST;
        if (auth == Auth.SASL && (config.user().isPresent() || config.password().isPresent())) {
            throw new IllegalArgumentException(
                    "parameter 'auth' is sasl, which takes user and password from the JVM's JAAS"
                            + " configuration; leave them out of the URI");
        }
        if (config.user()
                .filter(user -> user.indexOf(':') >= 0 || user.isEmpty())
                .isPresent()) {
            throw new IllegalArgumentException("the user has a colon, or is empty; ZooKeeper accepts neither");
        }
        boolean known = auth == Auth.SASL || config.user().isPresent();
        String acl = choice(given, "acl", known ? "creator" : "open", "open");
        boolean tls = choice(given, "tls", "false", "true").equals("true")
                || config.trust().isPresent()
                || config.certificates().isPresent();
        return new Options(
                auth,
                acl.equals("creator") ? ZooDefs.Ids.CREATOR_ALL_ACL : ZooDefs.Ids.OPEN_ACL_UNSAFE,
                Optional.ofNullable(given.get("slack")).map(Options::slack),
                tls);
    }

    private static String choice(Map<String, String> given, String key, String usual, String other) {
        String value = given.getOrDefault(key, usual);
        if (!value.equals(usual) && !value.equals(other)) {
            throw new IllegalArgumentException("parameter '" + key + "' is '" + value + "'; accepted: "
                    + (usual.equals(other)
                            ? usual + " (without credentials there is nothing else)"
                            : usual + ", " + other));
        }
        return value;
    }

    private static Duration slack(String text) {
        Matcher parts = DURATION.matcher(text);
        if (parts.matches()) {
            long amount = Long.parseLong(parts.group(1));
            Duration slack = parts.group(2).equals("s") ? Duration.ofSeconds(amount) : Duration.ofMillis(amount);
            if (slack.compareTo(MOST_SLACK) <= 0) {
                return slack;
            }
        }
        throw new IllegalArgumentException(
                "parameter 'slack' is '" + text + "'; 0ms to 30s is accepted, as in 500ms or 1s");
    }
}
