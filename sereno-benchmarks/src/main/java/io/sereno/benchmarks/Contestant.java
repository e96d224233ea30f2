package io.sereno.benchmarks;

import io.sereno.benchmarks.Row.Feature;
import io.sereno.benchmarks.Row.Group;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A system on a store, and which of its ways is measured.
 *
 * @param subject Sereno's or the library's name of it
 * @param connector the class that opens clients, in the worker
 * @param module the folder of the module whose class path the worker gets
 */
record Contestant(Role role, String system, String subject, String connector, String module) {
    enum Role {
        SERENO,
        PEER,
        /** The store's bare client. */
        FLOOR
    }

    private static final String SERENO_SYSTEM = "io.sereno.benchmarks.systems.SerenoSystem";

    /** Rows in which the floor is measured: one operation at a time. */
    private static final Set<String> WITH_FLOOR = Set.of("W1", "W4a", "W5a", "W8");

    static List<Contestant> of(Row row, String store) {
        List<Contestant> all = new ArrayList<>();
        String backend = "sereno-backend-" + store;
        boolean metered = row.feature() == Feature.METERED_LOCK;
        all.add(new Contestant(
                Role.SERENO,
                "Sereno",
                sereno(row.feature()),
                metered ? "io.sereno.benchmarks.micrometer.MeteredSystem" : SERENO_SYSTEM,
                metered ? "sereno-benchmarks/peers/micrometer" : backend));
        for (String subject : peers(row, store)) {
            all.add(peer(store, subject));
        }
        // The server queues those who wait for a lock of PostgreSQL.
        boolean queues = store.equals(Rows.POSTGRESQL) && row.feature() == Feature.LOCK;
        if (row.group() == Group.W && (queues || WITH_FLOOR.contains(row.id()))) {
            all.add(new Contestant(Role.FLOOR, "bare client", floor(store), bare(store), backend));
        }
        return all;
    }

    private static String sereno(Feature feature) {
        return switch (feature) {
            case LOCK -> "Mutex";
            case METERED_LOCK -> "Mutex with Micrometer";
            case WRITE_LOCK -> "ReadWriteMutex";
            case LOCK_SET -> "LockSet";
            case SLOT -> "SlotPool";
            case PERMIT -> "PermitPool";
            case ELECTION -> "LeaderElection";
            case COUNTER -> "Counter";
            case VALUE -> "SharedValue";
            case TOPIC -> "Topic";
            case MEETING -> "WaitGroup";
            case BARRIER -> "Barrier";
            case GROUP -> "Membership";
            case IDS -> "IdGenerator";
        };
    }

    private static List<String> peers(Row row, String store) {
        if (row.id().equals("neighbours")) {
            return List.of(); // the peers have no namespaces
        }
        return switch (store) {
            case "redis" ->
                switch (row.feature()) {
                    case LOCK -> row.id().equals("W3") ? List.of("RLock", "RFairLock") : List.of("RLock");
                    case WRITE_LOCK -> List.of("RReadWriteLock");
                    case LOCK_SET -> List.of("RedissonMultiLock");
                    // Neither it nor Curator has numbers; a permit is nearest.
                    case SLOT, PERMIT -> List.of("RPermitExpirableSemaphore");
                    case ELECTION -> List.of("RLock");
                    case COUNTER -> List.of("RAtomicLong");
                    case VALUE -> List.of("RBucket");
                    // It keeps no messages.
                    case TOPIC -> row.id().equals("kept") ? List.of() : List.of("RTopic");
                    case MEETING -> List.of("RCountDownLatch");
                    case BARRIER, GROUP, IDS, METERED_LOCK -> List.of();
                };
            case "etcd" ->
                switch (row.feature()) {
                    case LOCK ->
                        Set.of("W1", "W2", "W3", "waiting").contains(row.id())
                                ? List.of("Lock", "transaction mutex")
                                : List.of("Lock");
                    case ELECTION -> List.of("Election");
                    case COUNTER -> List.of("compare-and-set");
                    case TOPIC -> List.of("puts and watch");
                    case GROUP -> List.of("keys of a lease");
                    case MEETING, BARRIER, IDS, METERED_LOCK, WRITE_LOCK, LOCK_SET, SLOT, PERMIT, VALUE -> List.of();
                };
            case "zookeeper" ->
                switch (row.feature()) {
                    case LOCK -> List.of("InterProcessMutex");
                    case WRITE_LOCK -> List.of("InterProcessReadWriteLock");
                    case LOCK_SET -> List.of("InterProcessMultiLock");
                    case SLOT, PERMIT -> List.of("InterProcessSemaphoreV2");
                    case ELECTION -> List.of("LeaderLatch");
                    case COUNTER -> List.of("DistributedAtomicLong");
                    case VALUE -> List.of("SharedCount");
                    case TOPIC -> List.of("children and CuratorCache");
                    case MEETING, BARRIER -> List.of("DistributedDoubleBarrier");
                    case GROUP -> List.of("PersistentNode");
                    case IDS, METERED_LOCK -> List.of();
                };
            // They have no counters: a number is read and written under a lock.
            case Rows.POSTGRESQL -> List.of("JdbcLockRegistry", "JdbcTemplateLockProvider");
            default ->
                switch (row.id()) {
                    case "W2" -> List.of("fair ReentrantLock");
                    case "metered" -> List.of("Mutex");
                    default -> List.of();
                };
        };
    }

    private static Contestant peer(String store, String subject) {
        return switch (store) {
            case "redis" -> peer("Redisson", subject, "redisson.RedissonSystem");
            case "etcd" -> peer("jetcd", subject, "jetcd.JetcdSystem");
            case "zookeeper" -> peer("Curator", subject, "curator.CuratorSystem");
            case Rows.POSTGRESQL ->
                peer(
                        subject.equals("JdbcLockRegistry") ? "Spring Integration" : "ShedLock",
                        subject,
                        "jdbc.JdbcSystem");
            default ->
                subject.equals("Mutex")
                        ? new Contestant(Role.PEER, "Sereno", subject, SERENO_SYSTEM, "sereno-backend-memory")
                        : new Contestant(
                                Role.PEER,
                                "JDK",
                                subject,
                                "io.sereno.benchmarks.systems.JdkSystem",
                                "sereno-backend-memory");
        };
    }

    private static Contestant peer(String system, String subject, String connector) {
        return new Contestant(
                Role.PEER,
                system,
                subject,
                "io.sereno.benchmarks." + connector,
                "sereno-benchmarks/peers/" + connector.substring(0, connector.indexOf('.')));
    }

    private static String floor(String store) {
        return switch (store) {
            case "redis" -> "Lettuce";
            case "etcd" -> "gRPC";
            case Rows.POSTGRESQL -> "pg_advisory_lock and JDBC";
            default -> "ZooKeeper";
        };
    }

    private static String bare(String store) {
        return "io.sereno.benchmarks.systems."
                + switch (store) {
                    case "redis" -> "RawRedis";
                    case "etcd" -> "RawEtcd";
                    case Rows.POSTGRESQL -> "RawPostgres";
                    default -> "RawZooKeeper";
                };
    }

    /** The bare client has the same class path without Sereno's jars. */
    boolean bringsSereno() {
        return role != Role.FLOOR;
    }

    @Override
    public String toString() {
        return system + ", " + subject;
    }
}
