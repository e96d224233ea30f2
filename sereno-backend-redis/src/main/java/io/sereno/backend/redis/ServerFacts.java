package io.sereno.backend.redis;

import java.util.HashMap;
import java.util.Map;

/** What a server tells of itself in reply to INFO. Nothing is known where the user may not ask, or a proxy answers in its place. */
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

    /** Of this process of the server; empty if not known. A server that has it changes it with each start. */
    String runId() {
        return fields.getOrDefault("run_id", "");
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

    String evictionPolicy() {
        return fields.getOrDefault("maxmemory_policy", "");
    }
}
