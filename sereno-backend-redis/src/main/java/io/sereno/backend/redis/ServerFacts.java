package io.sereno.backend.redis;

import java.util.HashMap;
import java.util.Map;

/** What a server reports about itself in reply to INFO. Nothing is known if the user may not ask, or a proxy answers instead. */
record ServerFacts(Map<String, String> fields) {
    static final ServerFacts UNKNOWN = new ServerFacts(Map.of());

    static ServerFacts parse(String info) {
        Map<String, String> fields = new HashMap<>();
        info.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
        return new ServerFacts(fields);
    }

    /** The id of this server process, which changes with each start; empty if unknown. */
    String runId() {
        return fields.getOrDefault("run_id", "");
    }

    /** The latest time at which this process can have begun, by the server's clock, in microseconds; 0 if that is not known. */
    long beganMicros() {
        String now = fields.getOrDefault("server_time_usec", "");
        String uptime = fields.getOrDefault("uptime_in_seconds", "");
        if (now.isEmpty() || uptime.isEmpty()) {
            return 0;
        }
        // The server counts its uptime in whole seconds, from a whole second of its clock.
        return 1_000_000 * (Long.parseLong(now) / 1_000_000 - Long.parseLong(uptime) + 1);
    }

    String version() {
        String valkey = fields.get("valkey_version");
        return valkey == null ? fields.getOrDefault("redis_version", "") : "Valkey " + valkey;
    }

    boolean isReplica() {
        return "slave".equals(fields.get("role"));
    }

    boolean hasReplicas() {
        return !fields.getOrDefault("connected_slaves", "0").equals("0");
    }

    boolean appends() {
        return "1".equals(fields.get("aof_enabled"));
    }

    /** Whether the server may delete keys without a time to live when memory is short. */
    boolean evictsAnything() {
        return evictionPolicy().startsWith("allkeys");
    }

    String evictionPolicy() {
        return fields.getOrDefault("maxmemory_policy", "");
    }
}
