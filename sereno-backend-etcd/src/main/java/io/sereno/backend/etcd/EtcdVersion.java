package io.sereno.backend.etcd;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which versions of etcd enforce the rights that docs/etcd.md recommends. Older versions let a user read, change and delete keys of other
 * prefixes: through nested transactions (CVE-2026-33343), without a log-in (CVE-2026-33413), through the previous value or the lease of a put
 * in a transaction (CVE-2026-44283), and through a watch that starts at a key and has no end.
 */
record EtcdVersion(int major, int minor, int patch) {
    private static final System.Logger LOG = System.getLogger(EtcdVersion.class.getName());
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})\\.(\\d{1,9})\\.(\\d{1,9})(?:[-+].*)?");

    /** Empty if etcd reported no version, or one in another format. */
    static Optional<EtcdVersion> parse(String text) {
        Matcher parts = FORM.matcher(text);
        return parts.matches()
                ? Optional.of(new EtcdVersion(
                        Integer.parseInt(parts.group(1)),
                        Integer.parseInt(parts.group(2)),
                        Integer.parseInt(parts.group(3))))
                : Optional.empty();
    }

    /** Whether the server checks the rights of its users everywhere: from 3.5.33, 3.6.14 and 3.7.1 on, and in no 3.4 version. */
    boolean enforcesRights() {
        if (major != 3) {
            return major > 3;
        }
        return switch (minor) {
            case 5 -> patch >= 33;
            case 6 -> patch >= 14;
            case 7 -> patch >= 1;
            default -> minor > 7;
        };
    }

    /** Logs a warning if the server lets users of another prefix into the namespace, as older versions do. */
    static void warnOfRights(String version, String namespace) {
        Optional<EtcdVersion> known = parse(version);
        if (known.isEmpty()) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "etcd does not show its version to this user; rights are fully enforced from 3.5.33 and 3.6.14 on");
        } else if (!known.get().enforcesRights()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    () -> "etcd " + version
                            + " does not fully enforce the rights of its users: a user of another prefix can "
                            + "read and delete the entries of namespace '" + namespace
                            + "'. Use at least 3.5.33 or 3.6.14; docs/etcd.md has the list of vulnerabilities");
        }
    }
}
