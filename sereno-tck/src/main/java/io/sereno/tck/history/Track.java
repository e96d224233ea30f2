package io.sereno.tck.history;

import io.sereno.spi.Condition;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The life of one entry, as known from the commits that certainly took effect: segments, in each of which the entry is
 * absent or as one put left it.
 *
 * <p>Two things are uncertain: <em>ghosts</em>, which are commits of unknown outcome that nobody has seen, and the ends
 * of leases. They may have ended a segment early: the entry is gone for the rest of the segment, or hidden behind a put
 * that nobody saw. Operations that saw the entry alive bound when that was; these bounds grow while a history is
 * checked.
 */
final class Track {
    final String name;
    final List<Segment> segments = new ArrayList<>();
    final List<Operation> ghostPuts = new ArrayList<>();
    final List<Operation> ghostDeletes = new ArrayList<>();
    /** The order at which the first ghost that puts the entry was invoked. */
    long firstGhostPut = Long.MAX_VALUE;
    /** The order from which a ghost's put may have disappeared with its lease. */
    long firstGhostEnd = Long.MAX_VALUE;

    private final Map<Long, Version> byRevision = new HashMap<>();

    Track(String name) {
        this.name = name;
        segments.add(new Segment(0, null));
    }

    /** A section of the order of commits, from one commit to the next that writes this entry. */
    static final class Segment {
        final int from;
        /** Not included. */
        int to = Integer.MAX_VALUE;
        /** Null if the entry is absent. */
        final @Nullable Version version;
        /** In a segment without the entry: operations that certainly saw it absent did so no earlier than here. */
        Point absentSeen = Point.START;
        /**
         * In a segment without the entry, but where it was seen: the orders by which a ghost must have put it, one for
         * each read that shows it.
         */
        final List<Long> ghostSeen = new ArrayList<>();

        Segment(int from, @Nullable Version version) {
            this.from = from;
            this.version = version;
        }
    }

    /** The entry as one put left it. */
    static final class Version {
        final Track track;
        final Effect put;
        final Segment segment;
        final LeaseEnd lease;
        final int index;
        /** 0 while no operation has reported it. */
        long createRevision;
        /** Operations that certainly saw this very version did so no earlier than here. */
        Point shown = Point.START;
        /** The same for operations that show only that this incarnation was there. */
        Point alive = Point.START;
        /** From the commit at this place on the entry was certainly gone. */
        int goneBy = Integer.MAX_VALUE;
        /** The commit that shows so. */
        @Nullable
        Effect goneWitness;
        /** An operation that had returned at this order certainly found it gone. */
        long foundGone = Long.MAX_VALUE;

        final List<Operation> mayBeDeletedBy = new ArrayList<>();
        /** The order at which the first of them was invoked. */
        long firstGhostDelete = Long.MAX_VALUE;

        Version(Track track, Effect put, int index, LeaseEnd lease) {
            this.track = track;
            this.put = put;
            this.index = index;
            this.lease = lease;
            this.segment = new Segment(put.position(), this);
        }

        long revision() {
            return put.revision();
        }

        boolean mayHaveBeenCreatedAt(long revision) {
            return createRevision == revision || (createRevision == 0 && revision <= revision());
        }

        boolean mayNotHaveBeenCreatedAt(long revision) {
            return createRevision != revision;
        }

        /** It may have been seen up to this place. */
        int end() {
            return Math.min(segment.to, goneBy);
        }
    }

    /** The end of one lease in one directory. */
    static final class LeaseEnd {
        final LeaseLife life;
        /** Not before this: a put under it took effect, or an entry of it was seen. */
        Point notBefore = Point.START;
        /** The last commit that put an entry under it. */
        @Nullable
        Effect lastPut;

        LeaseEnd(LeaseLife life) {
            this.life = life;
        }
    }

    Version put(Effect effect, LeaseEnd lease) {
        Version version = new Version(this, effect, segments.size(), lease);
        append(version.segment);
        byRevision.put(effect.revision(), version);
        return version;
    }

    void deleted(Effect effect) {
        append(new Segment(effect.position(), null));
    }

    private void append(Segment segment) {
        segments.get(segments.size() - 1).to = segment.from;
        segments.add(segment);
    }

    @Nullable
    Version version(long revision) {
        return byRevision.get(revision);
    }

    Segment at(int gap) {
        return segments.get(indexAt(gap));
    }

    int indexAt(int gap) {
        int low = 0;
        int high = segments.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (segments.get(middle).from <= gap) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /**
     * Gives a version the createRevision that it must have, if no operation has reported it but there is only one
     * possibility.
     */
    void settleCreateRevision(Version version) {
        if (version.createRevision != 0) {
            return;
        }
        Version before = segments.get(version.index - 1).version;
        if (before == null) {
            version.createRevision = ghostPuts.isEmpty() ? version.revision() : 0;
            return;
        }
        boolean lived = before.shown.or(before.alive).compareTo(Point.justBefore(version.put.position())) >= 0;
        boolean mayVanish = !before.mayBeDeletedBy.isEmpty() || before.lease.life != LeaseLife.NONE || ghostsVanish();
        if (lived || !mayVanish) {
            version.createRevision = before.createRevision;
        } else if (before.goneBy <= version.put.position() && ghostPuts.isEmpty()) {
            version.createRevision = version.revision();
        }
    }

    /** Whether a ghost's put may have disappeared again without a known commit. */
    boolean ghostsVanish() {
        return !ghostDeletes.isEmpty() || firstGhostEnd != Long.MAX_VALUE;
    }

    /** Finds out which ghosts may have deleted which version. */
    void matchGhosts() {
        for (Segment segment : segments) {
            Version version = segment.version;
            if (version != null) {
                for (Operation ghost : ghostDeletes) {
                    if (couldDelete(ghost, version)) {
                        version.mayBeDeletedBy.add(ghost);
                        version.firstGhostDelete = Math.min(version.firstGhostDelete, ghost.begin());
                    }
                }
            }
        }
    }

    private boolean couldDelete(Operation ghost, Version version) {
        return ghost.commit().orElseThrow().conditions().stream()
                .filter(condition -> condition.name().equals(name))
                .allMatch(condition -> couldHold(condition, version));
    }

    private static boolean couldHold(Condition condition, Version version) {
        if (condition instanceof Condition.ModRevision modified) {
            return modified.revision() == version.revision();
        }
        if (condition instanceof Condition.CreateRevision created) {
            return version.mayHaveBeenCreatedAt(created.revision());
        }
        return condition instanceof Condition.Present;
    }

    /** Records a commit of unknown outcome that nobody has seen. */
    void haunt(Operation ghost, Write write, LeaseLife lease) {
        if (write instanceof Write.Put) {
            ghostPuts.add(ghost);
            firstGhostPut = Math.min(firstGhostPut, ghost.begin());
            if (lease != LeaseLife.NONE) {
                firstGhostEnd = Math.min(firstGhostEnd, Math.max(ghost.begin(), lease.earliestEnd));
            }
        } else if (!requiresAbsence(ghost.commit().orElseThrow())) {
            ghostDeletes.add(ghost);
        }
    }

    boolean requiresAbsence(io.sereno.spi.Commit commit) {
        return commit.conditions().stream()
                .anyMatch(condition -> condition instanceof Condition.Absent
                        && condition.name().equals(name));
    }

    /** Whether a commit deletes this entry. */
    boolean isDeletedBy(Operation commit) {
        return commit.commit().stream()
                .flatMap(asked -> asked.writes().stream())
                .anyMatch(write -> write instanceof Write.Delete && write.name().equals(name));
    }
}
