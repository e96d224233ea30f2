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
import javax.security.auth.login.Configuration;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;

/**
 * The connection options that are specific to ZooKeeper.
 *
 * @param tls whether the URI asks for TLS
 * @param sasl the section of the JVM's JAAS configuration to log in by
 * @param acl who may access what is stored
 * @param slack how much longer than its ttl a lease's session is; empty: see {@link Opening}
 */
record Options(boolean tls, Optional<String> sasl, List<ACL> acl, Optional<Duration> slack) {
    private static final Set<String> KNOWN = new TreeSet<>(Set.of("acl", "sasl", "slack"));
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})(ms|s)");
    private static final Duration MOST_SLACK = Duration.ofSeconds(30);

    /** Does no I/O. An IllegalArgumentException names what is wrong and what is accepted. */
    static Options of(BackendConfig config) {
        Map<String, String> given = config.parameters();
        given.keySet().forEach(key -> {
            if (!KNOWN.contains(key)) {
                throw new IllegalArgumentException("unknown parameter '" + key + "'; accepted are " + KNOWN);
            }
        });
        boolean tls = config.scheme().equals(ZooKeeperBackendProvider.TLS);
        boolean certificates = config.trust().isPresent()
                || config.certificates().isPresent()
                || config.privateKey().isPresent();
        if (certificates && !tls) {
            throw new IllegalArgumentException(
                    "certificates were given, and zookeeper: is a connection without TLS; write zookeepers:");
        }
        if (config.user()
                .filter(user -> user.indexOf(':') >= 0 || user.isEmpty())
                .isPresent()) {
            throw new IllegalArgumentException("the user has a colon, or is empty; ZooKeeper accepts neither");
        }
        Optional<String> sasl = Optional.ofNullable(given.get("sasl")).map(Options::sasl);
        boolean user = config.user().isPresent() || sasl.isPresent();
        return new Options(
                tls,
                sasl,
                acl(given, user, config.certificates().isPresent()),
                Optional.ofNullable(given.get("slack")).map(Options::slack));
    }

    /** Certificates often belong to single machines, which share what is stored. So by default only a user makes it private. */
    private static List<ACL> acl(Map<String, String> given, boolean user, boolean certificate) {
        String value = given.getOrDefault("acl", user ? "creator" : "open");
        boolean known = user || certificate;
        if (value.equals("creator") && known) {
            return ZooDefs.Ids.CREATOR_ALL_ACL;
        }
        if (value.equals("open")) {
            return ZooDefs.Ids.OPEN_ACL_UNSAFE;
        }
        throw new IllegalArgumentException("parameter 'acl' is '" + value + "'; "
                + (known ? "creator and open are accepted" : "without a user or a certificate only open is accepted"));
    }

    /** Checks the section, since ZooKeeper's client would go on without logging in. */
    private static String sasl(String section) {
        try {
            if (Configuration.getConfiguration().getAppConfigurationEntry(section) != null) {
                return section;
            }
        } catch (SecurityException unreadable) {
            throw new IllegalArgumentException(
                    "parameter 'sasl' is '" + section + "', and the JVM's JAAS configuration cannot be read: "
                            + unreadable.getMessage(),
                    unreadable);
        }
        throw new IllegalArgumentException(
                "parameter 'sasl' is '" + section + "'; the JVM's JAAS configuration, which"
                        + " -Djava.security.auth.login.config names, has no such section; the name of one of its sections is accepted");
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
