package io.sereno.backend.zookeeper;

import org.apache.zookeeper.data.Stat;

/**
 * What was once seen of an entry, and at which version of its guard. The guard was read no later than the entry. Every
 * creation of an entry sets its guard. So while the guard keeps that version, the name has not been given to another
 * incarnation: a present entry is still the same one, and an absent entry is still absent. A transaction that checks
 * the guard's version proves this, however old the memory is.
 *
 * @param guard the version of the guard
 * @param created the zxid that created it; 0 for an absent entry
 * @param modified the zxid of the last put
 * @param version how often it was put since, as ZooKeeper counts; starts again with each incarnation, so it proves
 *     nothing on its own
 * @param owner the session that it is bound to; 0 for none
 */
record RememberedEntry(int guard, long created, long modified, int version, long owner) {
    static RememberedEntry of(int guard, Stat stat) {
        return new RememberedEntry(
                guard, stat.getCzxid(), stat.getMzxid(), stat.getVersion(), stat.getEphemeralOwner());
    }

    static RememberedEntry absent(int guard) {
        return new RememberedEntry(guard, 0, 0, 0, 0);
    }

    boolean isPresent() {
        return created != 0;
    }
}
