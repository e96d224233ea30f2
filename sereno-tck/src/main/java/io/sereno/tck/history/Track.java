package io.sereno.tck.history;

import io.sereno.spi.Condition;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The life of one entry, as far as the commits that certainly took effect tell it: segments, in each of which it is absent
 * or as one put left it.
 *
 * <p>What is not certain are <em>ghosts</em>, commits of unknown outcome that nobody has seen, and the ends of leases. They
 * may have ended a segment early: the entry is gone for the rest of it, or hidden behind a put that nobody saw. When that was
 * is bounded by who saw the entry alive; these bounds grow while a history is checked.
 */
final class Track {
    final String name;
    final List<Segment> segments = new ArrayList<>();
    final List<Operation> ghostPuts = new ArrayList<>();
    final List<Operation> ghostDeletes = new ArrayList<>();
    /** The order at which the first ghost that puts it was invoked. */
    long firstGhostPut = Long.MAX_VALUE;
    /** The order from which on what a ghost put may have gone with its lease. */
    long firstGhostEnd = Long.MAX_VALUE;

    private final Map<Long, Version> byRevision = new HashMap<>();

    Track(String name) {
        this.name = name;
        segments.add(new Segment(0, null));
    }

    /** A stretch of the order of commits, from one commit to the next that writes this entry. */
    static final class Segment {
        final int from;
        /** Not included. */
        int to = Integer.MAX_VALUE;
        /** Null where the entry is absent. */
        final @Nullable Version version;
        /** Who certainly saw it absent, in a segment in which it is, did so no earlier than here. */
        Point absentSeen = Point.START;
        /** By when a ghost must have put it into a segment in which it is absent; an order for each who saw that. */
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
        /** 0 while nobody has told. */
        long createRevision;
        /** Who certainly saw this very version did so no earlier than here. */
        Point shown = Point.START;
        /** The same for those who know only that this incarnation was there. */
        Point alive = Point.START;
        /** From the commit at this place on the entry was certainly gone. */
        int goneBy = Integer.MAX_VALUE;
        /** The commit that tells so. */
        @Nullable
        Effect goneWitness;

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

        /** To here it may have been seen. */
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

    /** Gives a version the createRevision that it must have, where nobody has told but there is only one. */
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

    /** Whether what a ghost put may have gone again without a commit that is known. */
    boolean ghostsVanish() {
        return !ghostDeletes.isEmpty() || firstGhostEnd != Long.MAX_VALUE;
    }

    /** Finds out which ghosts could have deleted which version. */
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

    /** Notes a commit of unknown outcome that nobody has seen. */
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
