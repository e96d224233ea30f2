package io.sereno.tck.history;

import io.sereno.spi.CommitResult;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a history says for certain about the end of a lease. In orders, not times: see {@link Moment}. */
final class LeaseLife {
    /** For an entry without lease: it never ends. */
    static final LeaseLife NONE = none();

    final long id;
    /** Not before this. */
    long earliestEnd;
    /** The first operation that reports the lease as ended, or the revocation that succeeded. */
    @Nullable
    Operation reportedDead;
    /** Its entries are gone after this: a revocation returned. */
    long revoked = Long.MAX_VALUE;
    /** The grant or renewal that determines the earliest end. */
    @Nullable
    Operation lastRenewal;

    /** The orders at which renewals and commits under it were invoked. */
    final List<Long> uses = new ArrayList<>();

    /** The earliest end if the last renewal had not happened. */
    long earliestEndBefore;

    private long ttlNanos;
    private long endNanos = Long.MIN_VALUE;
    private long endNanosBefore = Long.MIN_VALUE;
    private long canEndFrom = Long.MAX_VALUE;

    private LeaseLife(long id) {
        this.id = id;
    }

    private static LeaseLife none() {
        LeaseLife none = new LeaseLife(0);
        none.earliestEnd = Long.MAX_VALUE;
        return none;
    }

    /** A lease that was not granted to any client of the history: it may end at any time. */
    static LeaseLife unknown(long id) {
        return new LeaseLife(id);
    }

    static Map<Long, LeaseLife> of(History history) {
        Map<Long, LeaseLife> leases = new LinkedHashMap<>();
        Map<Long, String> owners = new HashMap<>();
        for (Operation operation : history.operations()) {
            if (operation.reply() instanceof Reply.Granted granted) {
                LeaseLife lease = leases.computeIfAbsent(granted.leaseId(), LeaseLife::new);
                lease.ttlNanos = granted.ttl().toNanos();
                lease.renewed(operation);
                owners.put(granted.leaseId(), operation.client());
            }
        }
        for (Operation operation : history.operations()) {
            if (operation.call() instanceof Call.Renew renew) {
                LeaseLife lease = leases.get(renew.leaseId());
                if (lease != null) {
                    lease.uses.add(operation.begin());
                }
                if (lease != null && operation.reply() instanceof Reply.Renewed renewed) {
                    if (renewed.alive()) {
                        lease.renewed(operation);
                    } else {
                        lease.dead(operation);
                    }
                }
            } else if (operation.call() instanceof Call.Revoke revoke) {
                LeaseLife lease = leases.get(revoke.leaseId());
                if (lease != null) {
                    // Also a failed revocation: the failure says nothing about the lease.
                    lease.canEndFrom = Math.min(lease.canEndFrom, operation.begin());
                    if (operation.reply() instanceof Reply.Done) {
                        lease.dead(operation);
                        lease.revoked = Math.min(lease.revoked, operation.end());
                    }
                }
            } else if (operation.call() instanceof Call.Close) {
                for (LeaseLife lease : leases.values()) {
                    if (operation.client().equals(owners.get(lease.id))) {
                        lease.canEndFrom = Math.min(lease.canEndFrom, operation.begin());
                    }
                }
            } else if (operation.commit().isPresent()) {
                LeaseLife lease = leases.get(leaseOf(operation));
                if (lease != null) {
                    lease.uses.add(operation.begin());
                    if (operation.result().orElse(null) instanceof CommitResult.LeaseDead) {
                        lease.dead(operation);
                    }
                }
            }
        }
        Clock clock = new Clock(history);
        for (LeaseLife lease : leases.values()) {
            lease.earliestEnd = Math.min(lease.canEndFrom, clock.firstOrderAt(lease.endNanos));
            lease.earliestEndBefore = Math.min(lease.canEndFrom, clock.firstOrderAt(lease.endNanosBefore));
        }
        return leases;
    }

    /** The lease that a commit names; 0 if none. */
    static long leaseOf(Operation operation) {
        if (operation.commit().isPresent()) {
            for (Write write : operation.commit().get().writes()) {
                if (write instanceof Write.Put put && put.leaseId() != 0) {
                    return put.leaseId();
                }
            }
        }
        return 0;
    }

    /** The lease under which a commit puts an entry; 0 if none. */
    static long leaseOf(Operation operation, String name) {
        if (operation.commit().isPresent()) {
            for (Write write : operation.commit().get().writes()) {
                if (write.name().equals(name)) {
                    return write instanceof Write.Put put ? put.leaseId() : 0;
                }
            }
        }
        return 0;
    }

    private void renewed(Operation operation) {
        long end = operation.invoked().nanos() + ttlNanos;
        if (end > endNanos) {
            endNanosBefore = endNanos;
            endNanos = end;
            lastRenewal = operation;
        }
    }

    private void dead(Operation operation) {
        if (reportedDead == null || operation.end() < reportedDead.end()) {
            reportedDead = operation;
        }
    }

    /** Converts times to orders. */
    private static final class Clock {
        private final long[] orders;
        private final long[] nanos;

        Clock(History history) {
            Moment[] moments = new Moment[2 * history.operations().size()];
            int size = 0;
            for (Operation operation : history.operations()) {
                moments[size++] = operation.invoked();
                if (operation.returned() != null) {
                    moments[size++] = operation.returned();
                }
            }
            moments = Arrays.copyOf(moments, size);
            Arrays.sort(moments, (left, right) -> Long.compare(left.order(), right.order()));
            orders = Arrays.stream(moments).mapToLong(Moment::order).toArray();
            nanos = Arrays.stream(moments).mapToLong(Moment::nanos).toArray();
        }

        /** The order of the first moment at this time or later. */
        long firstOrderAt(long time) {
            int low = 0;
            int high = nanos.length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (nanos[middle] < time) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low == nanos.length ? Long.MAX_VALUE : orders[low] * Operation.ROOM;
        }
    }
}
