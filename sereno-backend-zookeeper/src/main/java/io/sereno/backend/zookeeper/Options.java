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
 * @param acl who may touch what is stored
 * @param slack how much longer than its ttl the session of a lease is; empty: see {@link Opening}
 */
record Options(List<ACL> acl, Optional<Duration> slack) {
    private static final Set<String> KNOWN = new TreeSet<>(Set.of("acl", "slack"));
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
        if (config.trust().isPresent()
                || config.certificates().isPresent()
                || config.privateKey().isPresent()) {
            throw new IllegalArgumentException("certificates were given, and this backend connects without TLS;"
                    + " leave them out, and put a tunnel between client and servers where one is needed");
        }
        if (config.user()
                .filter(user -> user.indexOf(':') >= 0 || user.isEmpty())
                .isPresent()) {
            throw new IllegalArgumentException("the user has a colon, or is empty; ZooKeeper accepts neither");
        }
        return new Options(
                acl(given, config.user().isPresent()),
                Optional.ofNullable(given.get("slack")).map(Options::slack));
    }

    private static List<ACL> acl(Map<String, String> given, boolean known) {
        String value = given.getOrDefault("acl", known ? "creator" : "open");
        if (value.equals("creator") && known) {
            return ZooDefs.Ids.CREATOR_ALL_ACL;
        }
        if (value.equals("open")) {
            return ZooDefs.Ids.OPEN_ACL_UNSAFE;
        }
        throw new IllegalArgumentException("parameter 'acl' is '" + value + "'; "
                + (known ? "creator and open are accepted" : "without a user only open is accepted"));
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
