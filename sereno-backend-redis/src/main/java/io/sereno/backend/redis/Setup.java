package io.sereno.backend.redis;

import io.sereno.backend.redis.Address.Form;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How a server is set up, as far as could be seen when the backend was opened, and what the backend may therefore promise.
 *
 * @param settings those of the server that {@link #SETTINGS} matches; none if the user may not ask
 * @param clockBehind how far the server's clock is behind the revisions of the namespace; zero or negative if it is not
 */
record Setup(ServerFacts server, Map<String, String> settings, Form form, Duration clockBehind) {
    /** For CONFIG GET. */
    static final String SETTINGS = "*appendfsync*";

    private static final Logger LOG = System.getLogger(Setup.class.getName());

    Guarantees guarantees() {
        return Guarantees.builder("redis", Limits.LEAST_TTL, Limits.GREATEST_TTL)
                .serverVersion(server.version())
                .promises(promises())
                .ttlGranularity(Duration.ofMillis(1))
                // No read shows an entry after its deadline; this covers the tick that notifies watches.
                .expiryLateness(Duration.ofMillis(500))
                // The longest attempt that began earlier, the longest pause after it, and time for the next attempt.
                .recovery(RedisBackendProvider.LONGEST_ATTEMPT
                        .plus(Backoff.GREATEST)
                        .plusSeconds(2))
                .maxLeases(Integer.MAX_VALUE)
                .maxLeaseBytes(Integer.MAX_VALUE)
                .maxValueBytes(Limits.VALUE_BYTES)
                .maxCommitBytes(Limits.COMMIT_BYTES)
                .maxListingBytes(Limits.LISTING_BYTES)
                .maxConditions(Limits.OPERATIONS)
                .maxWrites(Limits.OPERATIONS)
                .build();
    }

    private Set<Promise> promises() {
        // The script has one counter for all directories.
        Set<Promise> promises = EnumSet.of(
                Promise.SNAPSHOT_READS,
                Promise.STORE_WIDE_REVISIONS,
                Promise.MANY_PROCESSES,
                Promise.LISTS_DIRECTORIES);
        if (isDurable()) {
            promises.add(Promise.DURABLE);
        }
        if (!server.runId().isEmpty() && !ServerClock.isBehind(clockBehind)) {
            promises.add(Promise.REVISIONS_SURVIVE_FAIL_OVER);
        }
        return promises;
    }

    /** Not durable if another server may take over, since a fail-over can lose acknowledged writes. */
    private boolean isDurable() {
        boolean failsOver = form == Form.SENTINEL || (form == Form.CLUSTER && server.hasReplicas());
        return server.appends()
                && setting("appendfsync").equals("always")
                && setting("no-appendfsync-on-rewrite").equals("no")
                && !server.evictsAnything()
                && !failsOver;
    }

    private String setting(String name) {
        return settings.getOrDefault(name, "");
    }

    /** Logs once what an operator may not have intended. */
    void warn(Address address) {
        if (settings.isEmpty()) {
            LOG.log(
                    Level.INFO,
                    "Redis at {0} refuses CONFIG GET, so it is not known whether acknowledged writes are on disk, and DURABLE is"
                            + " not promised. docs/redis.md says why that right should not be granted",
                    address);
        }
        for (String concern : concerns()) {
            warn(address, concern);
        }
    }

    static void warn(Address address, String concern) {
        LOG.log(Level.WARNING, "Redis at {0}: {1}. docs/redis.md describes the consequences", address, concern);
    }

    List<String> concerns() {
        List<String> concerns = new ArrayList<>();
        String appendfsync = setting("appendfsync");
        if (server.fields().isEmpty()) {
            concerns.add(
                    "INFO is refused, so a restart or a fail-over is not noticed: leases may end early after it, and"
                            + " fencing tokens may go back");
        } else if (!server.appends()) {
            concerns.add("appendonly is off: a restart loses locks and counters");
        } else if (!appendfsync.isEmpty() && !appendfsync.equals("always")) {
            concerns.add("appendfsync is " + appendfsync + ": a loss of power loses the last acknowledged writes");
        } else if (setting("no-appendfsync-on-rewrite").equals("yes")) {
            concerns.add(
                    "no-appendfsync-on-rewrite is yes: while the server rewrites its file, a loss of power loses the"
                            + " last acknowledged writes");
        }
        if (ServerClock.isBehind(clockBehind)) {
            concerns.add(ServerClock.concern(clockBehind));
        }
        if (server.evictsAnything()) {
            concerns.add("maxmemory-policy is " + server.evictionPolicy()
                    + ": a server short of memory may delete all locks of a namespace at once; noeviction is needed");
        }
        if (form == Form.SENTINEL || server.hasReplicas()) {
            concerns.add(
                    "a fail-over is possible: it can lose acknowledged writes and grant a held lock to another client,"
                            + " whose fencing token is greater");
        }
        return concerns;
    }
}
