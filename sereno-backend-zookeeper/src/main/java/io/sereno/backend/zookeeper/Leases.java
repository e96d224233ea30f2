package io.sereno.backend.zookeeper;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The leases of one client. Each is a session, with a connection and two threads, so there are only a few. */
final class Leases {
    static final int MOST = 16;
    /** The most dead leases to remember. A commit that names an older one is refused like a stranger's. */
    private static final int MOST_DEAD = 10_000;

    private static final Duration FOR_EVER = Duration.ofDays(1);

    /** All guarded by this. The leases that are granted or about to be. */
    private final Set<ZooKeeperLease> alive = new HashSet<>();

    private final Map<Long, ZooKeeperLease> byId = new HashMap<>();
    /** The last leases that ended, so that a commit that names one is answered with LeaseDead. */
    private final Set<Long> dead = new LinkedHashSet<>();

    synchronized boolean admit(ZooKeeperLease lease) {
        return alive.size() < MOST && alive.add(lease);
    }

    synchronized void granted(ZooKeeperLease lease) {
        if (alive.contains(lease)) {
            byId.put(lease.id(), lease);
        }
    }

    synchronized void remove(ZooKeeperLease lease) {
        if (alive.remove(lease) && byId.remove(lease.id()) != null) {
            dead.add(lease.id());
            if (dead.size() > MOST_DEAD) {
                dead.remove(dead.iterator().next());
            }
        }
    }

    synchronized @Nullable ZooKeeperLease of(long id) {
        return byId.get(id);
    }

    synchronized boolean wasGranted(long id) {
        return dead.contains(id);
    }

    /** A very long time if there is none. */
    synchronized Duration shortestTtl() {
        Duration shortest = FOR_EVER;
        for (ZooKeeperLease lease : byId.values()) {
            shortest = lease.ttl().compareTo(shortest) < 0 ? lease.ttl() : shortest;
        }
        return shortest;
    }

    synchronized List<ZooKeeperLease> all() {
        return List.copyOf(alive);
    }
}
