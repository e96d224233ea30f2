package io.sereno.tck.history;

import io.sereno.spi.Condition;
import io.sereno.tck.history.Track.Segment;
import io.sereno.tck.history.Track.Version;
import org.jspecify.annotations.Nullable;

/**
 * A statement about one entry that must be true at the moment at which an operation takes effect.
 *
 * @param track of the entry
 * @param kind what must be true
 * @param version in question; for {@link Kind#SHOWN} and {@link Kind#NOT_PUT_AT}
 * @param revision in question; for {@link Kind#CREATED} and {@link Kind#NOT_CREATED}
 */
record Claim(Track track, Kind kind, @Nullable Version version, long revision) {
    enum Kind {
        /** The entry is present as this version. */
        SHOWN,
        /** The entry is absent. */
        GONE,
        /** The entry is present. */
        PRESENT,
        /** The entry is present, created at this revision. */
        CREATED,
        /** The entry is absent, or was created at another revision. */
        NOT_CREATED,
        /** The entry is absent, or is another version. */
        NOT_PUT_AT,
        /** Nothing can make this true. */
        NEVER
    }

    /**
     * When an operation may take effect.
     *
     * @param begin the order of its invocation
     * @param end the order of its return
     * @param lastGap the last gap in which it may take effect: the next commit was invoked only after the return
     */
    record Span(long begin, long end, int lastGap) {}

    static Claim shown(Version version) {
        return new Claim(version.track, Kind.SHOWN, version, 0);
    }

    static Claim gone(Track track) {
        return new Claim(track, Kind.GONE, null, 0);
    }

    static Claim present(Track track) {
        return new Claim(track, Kind.PRESENT, null, 0);
    }

    /** The claim that a condition holds. */
    static Claim of(Condition condition, Timeline timeline) {
        Track track = timeline.track(condition.name());
        if (condition instanceof Condition.ModRevision modified) {
            Version version = track.version(modified.revision());
            return version == null ? new Claim(track, Kind.NEVER, null, modified.revision()) : shown(version);
        }
        if (condition instanceof Condition.CreateRevision created) {
            return new Claim(track, Kind.CREATED, null, created.revision());
        }
        return condition instanceof Condition.Absent ? gone(track) : present(track);
    }

    /** The claim that a condition does not hold; null if the condition never holds. */
    static @Nullable Claim not(Condition condition, Timeline timeline) {
        Track track = timeline.track(condition.name());
        if (condition instanceof Condition.ModRevision modified) {
            Version version = track.version(modified.revision());
            return version == null ? null : new Claim(track, Kind.NOT_PUT_AT, version, 0);
        }
        if (condition instanceof Condition.CreateRevision created) {
            return new Claim(track, Kind.NOT_CREATED, null, created.revision());
        }
        return condition instanceof Condition.Absent ? present(track) : gone(track);
    }

    /**
     * The earliest point at which the claim is true, not before a given point and within a span; null if there is none.
     */
    @Nullable
    Point next(Point from, Span span, Timeline timeline) {
        for (int i = track.indexAt(from.gap()); i < track.segments.size(); i++) {
            Segment segment = track.segments.get(i);
            if (segment.from > span.lastGap()) {
                return null;
            }
            Point begin = segment.from <= from.gap() ? from : new Point(segment.from, span.begin());
            Point found = earliestIn(segment, begin, span, timeline);
            if (found != null && found.gap() < segment.to && found.gap() <= span.lastGap()) {
                return found;
            }
        }
        return null;
    }

    private @Nullable Point earliestIn(Segment segment, Point from, Span span, Timeline timeline) {
        Version there = segment.version;
        return switch (kind) {
            case SHOWN -> there != null && there.equals(version) && isAlive(there, from, span) ? from : null;
            case GONE -> there == null ? from : gone(there, from, span, timeline);
            case PRESENT ->
                there != null && isAlive(there, from, span) && span.begin() <= there.foundGone
                        ? from
                        : hidden(
                                segment, from, track.ghostsVanish() ? Point.START : segment.absentSeen, span, timeline);
            case CREATED ->
                there != null && there.mayHaveBeenCreatedAt(revision) && isAlive(there, from, span) ? from : null;
            case NOT_CREATED ->
                there == null || there.mayNotHaveBeenCreatedAt(revision) ? from : gone(there, from, span, timeline);
            case NOT_PUT_AT -> {
                if (there == null || !there.equals(version)) {
                    yield from;
                }
                Point gone = gone(there, from, span, timeline);
                Point hidden = hidden(segment, from, there.shown, span, timeline);
                yield gone == null || (hidden != null && hidden.compareTo(gone) < 0) ? hidden : gone;
            }
            case NEVER -> null;
        };
    }

    private static boolean isAlive(Version version, Point from, Span span) {
        return from.gap() < version.end() && span.begin() < version.lease.life.revoked;
    }

    /** The earliest point after the lease of a version ended, or after a ghost deleted the version. */
    static @Nullable Point gone(Version version, Point from, Span span, Timeline timeline) {
        if (from.gap() >= version.goneBy) {
            return from;
        }
        Point seen = version.shown.or(version.alive);
        Point earliest = tail(
                version.segment,
                from,
                seen.or(version.lease.notBefore),
                version.lease.life.earliestEnd,
                span,
                timeline);
        if (version.goneBy < version.segment.to && version.goneBy <= span.lastGap()) {
            earliest = earlier(earliest, new Point(version.goneBy, span.begin()));
        }
        if (version.firstGhostDelete != Long.MAX_VALUE) {
            earliest = earlier(earliest, tail(version.segment, from, seen, version.firstGhostDelete, span, timeline));
        }
        if (version.track.firstGhostEnd != Long.MAX_VALUE) {
            // A ghost hid the version, and disappeared with its own lease.
            earliest =
                    earlier(earliest, tail(version.segment, from, seen, version.track.firstGhostEnd, span, timeline));
        }
        return earliest;
    }

    /** The earliest point after a put that nobody saw; of several such puts, the first one allows most. */
    private @Nullable Point hidden(Segment segment, Point from, Point notBefore, Span span, Timeline timeline) {
        return track.firstGhostPut == Long.MAX_VALUE
                ? null
                : tail(segment, from, notBefore, track.firstGhostPut, span, timeline);
    }

    private static @Nullable Point earlier(@Nullable Point one, @Nullable Point other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.compareTo(other) <= 0 ? one : other;
    }

    /** The first point of a segment that is after a point and after an order, and lies in a span. */
    private static @Nullable Point tail(
            Segment segment, Point from, Point notBefore, long notBeforeOrder, Span span, Timeline timeline) {
        long begin = Math.max(span.begin(), notBeforeOrder);
        if (begin > span.end()) {
            return null;
        }
        int last = Math.min(segment.to - 1, span.lastGap());
        for (int gap = Math.max(from.gap(), notBefore.gap()); gap <= last; gap++) {
            long order = begin;
            if (gap == from.gap()) {
                order = Math.max(order, from.order());
            }
            if (gap == notBefore.gap()) {
                order = Math.max(order, behind(notBefore.order(), timeline.crowd));
            }
            if (order <= Math.min(span.end(), timeline.gapEnd(gap))) {
                return new Point(gap, order);
            }
        }
        return null;
    }

    /**
     * The order just after a moment. If there would be more points between two distinct moments than there are
     * operations, the points push each other ever further, and the next moment is equally good.
     */
    private static long behind(long order, long crowd) {
        if (order == Long.MAX_VALUE) {
            return order;
        }
        long moment = order / Operation.ROOM * Operation.ROOM;
        return order - moment < crowd ? order + 1 : moment + Operation.ROOM;
    }
}
