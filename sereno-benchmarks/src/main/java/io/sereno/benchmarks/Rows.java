package io.sereno.benchmarks;

import io.sereno.benchmarks.Row.Feature;
import io.sereno.benchmarks.Row.Figure;
import io.sereno.benchmarks.Row.Group;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** All rows. */
final class Rows {
    static final String POSTGRESQL = "postgresql";
    static final List<String> SERVERS = List.of("redis", "etcd", "zookeeper", POSTGRESQL);
    private static final List<String> MOST_SERVERS = List.of("redis", "etcd", "zookeeper");
    static final String MEMORY = "memory";

    private static final List<Integer> TENFOLD = List.of(10, 100, 1_000);

    static final List<Row> ALL = List.of(
            withPostgres(w("W1", "lock and unlock, nobody else", Feature.LOCK, Figure.RATE, 1, 1.1, 1.0, 1.2)),
            w("W2", "lock and unlock, 8 threads of one client", Feature.LOCK, Figure.RATE, 8, 10, 10, 10),
            withPostgres(w("W3", "lock and unlock, 8 clients", Feature.LOCK, Figure.RATE, 8, 1.5, 3.0, 1.3)),
            withPostgres(w("W4a", "counter plus one, one thread", Feature.COUNTER, Figure.RATE, 1, 0.7, 1.0, 1.2)),
            withPostgres(
                    w("W4b", "counter plus one, 16 threads of one client", Feature.COUNTER, Figure.RATE, 16, 2, 20, 8)),
            withPostgres(w(
                    "W4c",
                    "counter plus one, 4 clients with 4 threads each",
                    Feature.COUNTER,
                    Figure.RATE,
                    4,
                    0.5,
                    8,
                    3)),
            w("W5a", "publish 128 bytes and wait, one subscriber", Feature.TOPIC, Figure.RATE, 1, 0.9, 0.9, 0.9),
            w("W5b", "delivered, 64 in flight, one subscriber", Feature.TOPIC, Figure.RATE, 64, 2, 5, 10),
            w("W5c", "delivered to each of 10 subscribers, 64 in flight", Feature.TOPIC, Figure.RATE, 10, 2, 5, 10),
            w(
                    "W5d",
                    "from publish to delivery, 200 a second",
                    Feature.TOPIC,
                    Figure.MEDIAN_LATENCY,
                    200,
                    0.5,
                    0.77,
                    0.77),
            w("W6a", "leader killed until the next leads, ttl 2 s", Feature.ELECTION, Figure.FAIL_OVER, 2, 1, 1, 1),
            w("W6b", "leader resigns until the next leads", Feature.ELECTION, Figure.MEDIAN_LATENCY, 2, 1, 1, 1),
            w("W7", "1,000 locks of one client, acquired", Feature.LOCK, Figure.RATE, 1_000, 1.0, 1.3, 1.3),
            w("W8", "new JVM until its first lock", Feature.LOCK, Figure.COLD_START, 1, 0.91, 0.91, 0.91),
            w("W9", "8 clients meet, rounds", Feature.MEETING, 8),
            w("W10a", "write lock and unlock, nobody else", Feature.WRITE_LOCK, 1),
            w("W10b", "write lock and unlock, 8 clients", Feature.WRITE_LOCK, 8),
            w("W11a", "number in a shared value plus one, one thread", Feature.VALUE, 1),
            w("W11b", "number in a shared value plus one, 8 clients", Feature.VALUE, 8),
            w("W12a", "the one slot of a pool, taken and given back, nobody else", Feature.SLOT, 1),
            w("W12b", "the one slot of a pool, taken and given back, 8 clients", Feature.SLOT, 8),
            w("W13a", "one permit of four, taken and given back, nobody else", Feature.PERMIT, 1),
            w("W13b", "one permit of four, taken and given back, 8 clients", Feature.PERMIT, 8),
            onlyCurator(w("W14a", "a barrier of one party, crossings", Feature.BARRIER, 1)),
            onlyCurator(w("W14b", "a barrier of 8 clients, crossings", Feature.BARRIER, 8)),
            w("W15a", "3 names locked together and unlocked, nobody else", Feature.LOCK_SET, 1),
            w("W15b", "3 names locked together and unlocked, 8 clients", Feature.LOCK_SET, 8),
            growth("waiting", "lock and unlock, that many clients wait", Feature.LOCK, TENFOLD),
            growth("writers", "write lock and unlock, that many clients wait", Feature.WRITE_LOCK, TENFOLD),
            growth("slots", "slot taken and given back, that many clients wait", Feature.SLOT, TENFOLD),
            growth(
                    "permits",
                    "the one permit of a pool taken and given back, that many clients wait",
                    Feature.PERMIT,
                    TENFOLD),
            growth("members", "join and leave a group of that many members", Feature.GROUP, TENFOLD),
            growth("kept", "publish and wait, that many messages kept", Feature.TOPIC, List.of(1_000, 10_000, 100_000)),
            growth("locks", "that many locks of one client, acquired", Feature.LOCK, List.of(100, 1_000, 10_000)),
            growth("idle", "lock and unlock beside that many idle clients", Feature.LOCK, TENFOLD),
            growth("neighbours", "lock and unlock beside that many busy namespaces", Feature.LOCK, List.of(1, 10, 100)),
            memory("W1", "lock and unlock, one thread", Feature.LOCK, 1, 300_000),
            memory("W2", "lock and unlock, 8 threads; the peer is the JDK's fair lock", Feature.LOCK, 8, 0.5),
            new Row(
                    "metered",
                    Group.MEMORY,
                    "lock and unlock with meters, one thread; the peer has none",
                    Feature.METERED_LOCK,
                    Figure.CPU,
                    List.of(1),
                    List.of(MEMORY),
                    Map.of(MEMORY, 0.83)),
            memory("W4b", "counter plus one, 4 threads of one client", Feature.COUNTER, 4, 200_000),
            memory("adds", "counter, addAsync, one thread, 10,000 in flight", Feature.COUNTER, 10_000, 1_000_000),
            memory("W5b", "delivered, 10,000 in flight, one subscriber", Feature.TOPIC, 10_000, 500_000),
            memory("W5c", "delivered to each of 10 subscribers, 64 in flight", Feature.TOPIC, 10, 0),
            memory("ids", "ids of the Sonyflake layout, 4 threads", Feature.IDS, 4, 25_344),
            memory("members", "join and leave a group of that many members", Feature.GROUP, 1_000, 0));

    private Rows() {}

    private static Row w(
            String id,
            String what,
            Feature feature,
            Figure figure,
            int size,
            double redis,
            double etcd,
            double zooKeeper) {
        return new Row(
                id,
                Group.W,
                what,
                feature,
                figure,
                List.of(size),
                MOST_SERVERS,
                Map.of("redis", redis, "etcd", etcd, "zookeeper", zooKeeper));
    }

    /** Its peers have locks; Sereno has to be ahead of them. */
    private static Row withPostgres(Row row) {
        Map<String, Double> targets = new TreeMap<>(row.targets());
        targets.put(POSTGRESQL, 1.0);
        return new Row(row.id(), row.group(), row.what(), row.feature(), row.figure(), row.sizes(), SERVERS, targets);
    }

    /** Of what jetcd does not have. */
    private static Row w(String id, String what, Feature feature, int size) {
        Map<String, Double> targets = Map.of("redis", 1.0, "zookeeper", 1.0);
        return new Row(id, Group.W, what, feature, Figure.RATE, List.of(size), MOST_SERVERS, targets);
    }

    /** Redisson does not have it either. */
    private static Row onlyCurator(Row row) {
        Map<String, Double> targets = Map.of("zookeeper", 1.0);
        return new Row(
                row.id(), row.group(), row.what(), row.feature(), row.figure(), row.sizes(), row.stores(), targets);
    }

    private static Row growth(String id, String what, Feature feature, List<Integer> sizes) {
        return new Row(id, Group.GROWTH, what, feature, Figure.RATE, sizes, MOST_SERVERS, Map.of());
    }

    private static Row memory(String id, String what, Feature feature, int size, double target) {
        return new Row(
                id,
                Group.MEMORY,
                what,
                feature,
                Figure.RATE,
                List.of(size),
                List.of(MEMORY),
                target == 0 ? Map.of() : Map.of(MEMORY, target));
    }

    static Optional<Row> find(Group group, String id) {
        return ALL.stream()
                .filter(row -> row.group() == group && row.id().equalsIgnoreCase(id))
                .findFirst();
    }
}
