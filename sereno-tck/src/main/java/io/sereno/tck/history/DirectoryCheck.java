package io.sereno.tck.history;

import io.sereno.spi.Condition;
import io.sereno.spi.Write;
import io.sereno.tck.history.Claim.Kind;
import io.sereno.tck.history.Claim.Span;
import io.sereno.tck.history.Track.Segment;
import io.sereno.tck.history.Track.Version;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/*
 * Checks what was done in one directory. The revisions give the order in which the commits took effect; what remains is
 * to find a place among them for every operation that only looked: reads, conflicts, checks.
 *
 * 1. All events are put on a line of gaps (Point): gap p lies between the commit at place p and the next commit. A
 *    commit is at its place. Its conditions hold at the end of the gap before (pins).
 * 2. Operations are processed in the order of their invocations. `level` is the greatest gap in which an operation took
 *    effect that had already returned. A commit must lie after `level`. An operation that looked takes the earliest
 *    point after `level` at which all its claims are true. The earliest point is right, since looking only keeps later
 *    operations from taking effect before it.
 * 3. Whether an entry may have vanished without a commit depends on who saw it alive, and these operations may come
 *    later in the order of invocations. So step 2 is repeated until the bounds no longer change. The bounds only grow,
 *    and so do the points found; so an operation that is found impossible on the way stays impossible.
 * 4. At the end each disappearance of an entry is explained (Disappearances).
 */
final class DirectoryCheck {
    private final Timeline timeline;
    private final boolean snapshotReads;
    private final Evidence evidence;
    private final Event[] events;
    /** For each event, the least place of a commit that is invoked after it. */
    private final int[] leastPlaceInvokedAfter;

    /**
     * The gap in which an operation took effect: an operation that is invoked after its return takes effect no earlier.
     */
    private final Map<Operation, Integer> gapOf = new HashMap<>();

    private final Disappearances disappearances;
    private boolean grown;
    private boolean counting;

    private record Event(long order, Operation operation, boolean isReturn) {}

    /**
     * Where the search for a point begins.
     *
     * @param gap not before this
     * @param cause the operation that took effect in that gap and had returned
     */
    record Level(int gap, @Nullable Operation cause) {}

    DirectoryCheck(Timeline timeline, boolean snapshotReads, Evidence evidence) {
        this.timeline = timeline;
        this.snapshotReads = snapshotReads;
        this.evidence = evidence;
        this.disappearances = new Disappearances(timeline);
        List<Event> all = new ArrayList<>();
        for (Operation operation : timeline.operations) {
            all.add(new Event(operation.begin(), operation, false));
            if (operation.returned() != null) {
                all.add(new Event(operation.end(), operation, true));
            }
        }
        all.sort(Comparator.comparingLong(Event::order));
        events = all.toArray(Event[]::new);
        leastPlaceInvokedAfter = new int[events.length + 1];
        leastPlaceInvokedAfter[events.length] = timeline.effects.size() + 1;
        for (int i = events.length - 1; i >= 0; i--) {
            Effect effect = events[i].isReturn() ? null : timeline.effectOf.get(events[i].operation());
            leastPlaceInvokedAfter[i] =
                    Math.min(leastPlaceInvokedAfter[i + 1], effect == null ? Integer.MAX_VALUE : effect.position());
        }
    }

    Optional<Violation> firstViolation() {
        try {
            for (Effect effect : timeline.effects) {
                pin(effect);
            }
            do {
                grown = false;
                sweep();
            } while (grown);
            counting = true;
            sweep();
            disappearances.check();
            disappearances.countUsesOfEndedLeases(evidence);
            return Optional.empty();
        } catch (Timeline.Broken broken) {
            return Optional.of(broken.violation());
        }
    }

    // Step 1: what a commit that took effect says about the state just before it.

    private void pin(Effect effect) {
        for (Condition condition : effect.commit().conditions()) {
            if (!pinned(Claim.of(condition, timeline), effect)) {
                throw new Timeline.Broken(Diagnosis.conditionDidNotHold(timeline, effect, condition));
            }
        }
        List<Write> writes = effect.commit().writes();
        if (writes.stream().allMatch(write -> write instanceof Write.Delete)) {
            pinDeleted(effect);
        }
        for (Write write : writes) {
            if (write instanceof Write.Put put) {
                Track track = timeline.track(put.name());
                Version version = track.version(effect.revision());
                if (version != null) {
                    if (version.createRevision != 0 && !createdRightly(version, effect)) {
                        throw new Timeline.Broken(Diagnosis.createdWrongly(timeline, effect, version));
                    }
                    track.settleCreateRevision(version);
                }
            }
        }
    }

    /** If a commit took effect that only deletes, one of its entries must have been present. */
    private void pinDeleted(Effect effect) {
        long end = timeline.gapEnd(effect.position() - 1);
        List<Track> perhaps = effect.commit().writes().stream()
                .map(write -> timeline.track(write.name()))
                .filter(track -> !track.requiresAbsence(effect.commit()))
                .filter(track -> track.at(effect.position() - 1).version != null || track.firstGhostPut <= end)
                .toList();
        if (perhaps.isEmpty() || (perhaps.size() == 1 && !pinned(Claim.present(perhaps.get(0)), effect))) {
            throw new Timeline.Broken(Diagnosis.deletedNothing(
                    timeline, effect, effect.commit().writes().get(0).name()));
        }
    }

    private boolean createdRightly(Version version, Effect effect) {
        Track track = version.track;
        if (version.createRevision == effect.revision()) {
            return pinned(Claim.gone(track), effect);
        }
        if (pinned(new Claim(track, Kind.CREATED, null, version.createRevision), effect)) {
            return true;
        }
        // A ghost may have created it: at a revision that no other commit has, after the previous version of the entry.
        Segment before = track.at(effect.position() - 1);
        long since = before.from == 0 ? 0 : timeline.effectAt(before.from).revision();
        return version.createRevision > since
                && timeline.effects.stream().noneMatch(other -> other.revision() == version.createRevision)
                && track.ghostPuts.stream().anyMatch(ghost -> ghost.begin() <= timeline.gapEnd(effect.position() - 1))
                && (before.version == null || pinned(Claim.gone(track), effect));
    }

    /** Records that a claim was true just before a commit; false if it cannot have been. */
    private boolean pinned(Claim claim, Effect effect) {
        Point before = Point.justBefore(effect.position());
        long end = timeline.gapEnd(before.gap());
        Segment segment = claim.track().at(before.gap());
        Version there = segment.version;
        boolean ghostPut = claim.track().firstGhostPut <= end;
        switch (claim.kind()) {
            case GONE -> {
                if (there != null && there.goneBy > effect.position()) {
                    there.goneBy = effect.position();
                    there.goneWitness = effect;
                    return mayHaveVanished(there, end);
                }
                segment.absentSeen = before;
                return true;
            }
            case PRESENT -> {
                if (there == null) {
                    segment.ghostSeen.add(end);
                } else if (!ghostPut) {
                    alive(there, before);
                }
                return ghostPut || there != null;
            }
            case CREATED -> {
                if (there == null || !there.mayHaveBeenCreatedAt(claim.revision())) {
                    return false;
                }
                if (!ghostPut) {
                    there.createRevision = claim.revision();
                }
                alive(there, before);
                return true;
            }
            case SHOWN -> {
                if (there == null || !there.equals(claim.version())) {
                    return false;
                }
                shown(there, before);
                return true;
            }
            case NOT_CREATED, NOT_PUT_AT, NEVER -> {
                return false;
            }
        }
        throw new AssertionError(claim);
    }

    private boolean mayHaveVanished(Version version, long end) {
        return version.lease.life.earliestEnd <= end
                || version.firstGhostDelete <= end
                || version.track.firstGhostEnd <= end;
    }

    private void shown(Version version, Point at) {
        grown |= at.compareTo(version.shown) > 0;
        version.shown = version.shown.or(at);
        leaseSeen(version, at);
    }

    private void alive(Version version, Point at) {
        grown |= at.compareTo(version.alive) > 0;
        version.alive = version.alive.or(at);
        leaseSeen(version, at);
    }

    private void leaseSeen(Version version, Point at) {
        if (version.lease.life != LeaseLife.NONE) {
            grown |= at.compareTo(version.lease.notBefore) > 0;
            version.lease.notBefore = version.lease.notBefore.or(at);
        }
    }

    // Step 2.

    private void sweep() {
        Level level = new Level(0, null);
        for (int i = 0; i < events.length; i++) {
            Operation operation = events[i].operation();
            if (events[i].isReturn()) {
                int gap = gapOf.getOrDefault(operation, 0);
                if (gap > level.gap()) {
                    level = new Level(gap, operation);
                }
            } else {
                gapOf.put(operation, place(operation, level));
            }
        }
    }

    private int place(Operation operation, Level level) {
        Effect effect = timeline.effectOf.get(operation);
        int gap = level.gap();
        Point from = new Point(gap, operation.begin());
        if (effect != null) {
            if (effect.position() <= gap) {
                throw new Timeline.Broken(Diagnosis.outOfOrder(timeline, effect, level));
            }
            count(effect);
            if (operation.isUnknown()) {
                // It never returned, or took effect after its return: it bounds nothing.
                return 0;
            }
            gap = effect.position();
            from = new Point(gap, operation.begin());
        }
        if (operation.returned() == null || operation.isUnknown()) {
            return 0;
        }
        Span span = new Span(operation.begin(), operation.end(), leastPlaceInvokedAfter[indexOf(operation.end())] - 1);
        if (effect != null && span.lastGap() < effect.position()) {
            Effect later = timeline.effectAt(span.lastGap() + 1);
            throw new Timeline.Broken(Diagnosis.outOfOrder(timeline, later, new Level(gap, operation)));
        }
        Optional<Look> decision = Look.decision(operation, timeline);
        if (decision.isPresent()) {
            from = found(operation, decision.get(), from, span, level, true);
            gap = Math.max(gap, from.gap());
        }
        if (operation.snapshot().isPresent()) {
            for (Look look : Look.shown(operation, timeline, snapshotReads)) {
                Point at = found(operation, look, from, span, level, false);
                gap = Math.max(gap, at.gap());
            }
        }
        return gap;
    }

    private int indexOf(long order) {
        int low = 0;
        int high = events.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (events[middle].order() <= order) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private Point found(Operation operation, Look look, Point from, Span span, Level level, boolean decision) {
        Point at = look.earliest(from, span, timeline);
        if (at == null) {
            throw new Timeline.Broken(new Diagnosis(timeline, operation, span).impossible(look, from, level, decision));
        }
        List<Claim> certain = look.any() ? look.possible(from, span, timeline) : look.claims();
        if (!look.any() || certain.size() == 1) {
            for (Claim claim : certain) {
                note(claim, from, at, span);
            }
        }
        if (counting) {
            count(operation, look, level, decision);
        }
        return at;
    }

    /**
     * Records who saw what alive, and that something was gone which only a ghost or the end of a lease can have
     * deleted.
     */
    private void note(Claim claim, Point from, Point at, Span span) {
        if (claim.kind() == Kind.SHOWN && claim.version() != null) {
            shown(claim.version(), at);
        } else if (claim.kind() == Kind.CREATED || claim.kind() == Kind.PRESENT) {
            Version only = onlyVersion(claim, from, span);
            if (only != null) {
                alive(only, at);
            }
            Segment segment = claim.track().at(from.gap());
            if (counting && claim.kind() == Kind.PRESENT && segment.version == null && segment.to > span.lastGap()) {
                segment.ghostSeen.add(span.end());
            }
        } else if (claim.kind() == Kind.GONE) {
            Segment segment = claim.track().at(from.gap());
            if (segment.to > span.lastGap()) {
                certainlyGone(segment, at, span);
            }
        }
    }

    /** The whole span lies in one segment, so the entry was gone in that segment. */
    private void certainlyGone(Segment segment, Point at, Span span) {
        Version vanished = segment.version;
        if (vanished == null) {
            grown |= at.compareTo(segment.absentSeen) > 0;
            segment.absentSeen = segment.absentSeen.or(at);
            return;
        }
        if (span.end() < vanished.foundGone) {
            grown = true;
            vanished.foundGone = span.end();
        }
        if (counting && vanished.goneWitness == null) {
            disappearances.seen(vanished, span);
        }
    }

    /** The single version that a claim can be about; null if there are several. */
    private @Nullable Version onlyVersion(Claim claim, Point from, Span span) {
        if (!claim.track().ghostPuts.isEmpty()) {
            return null;
        }
        Version only = null;
        Track track = claim.track();
        for (int i = track.indexAt(from.gap()); i < track.segments.size(); i++) {
            Segment segment = track.segments.get(i);
            if (segment.from > span.lastGap()) {
                break;
            }
            Version there = segment.version;
            boolean fits =
                    there != null && (claim.kind() == Kind.PRESENT || there.mayHaveBeenCreatedAt(claim.revision()));
            if (fits) {
                if (only != null) {
                    return null;
                }
                only = there;
            }
        }
        return only;
    }

    // Counting of evidence.

    private void count(Effect effect) {
        if (!counting) {
            return;
        }
        evidence.add("COM-5a");
        evidence.add("COM-5b");
        if (!effect.commit().conditions().isEmpty()) {
            evidence.add("COM-2a");
        }
        for (Write write : effect.commit().writes()) {
            Version version = timeline.track(write.name()).version(effect.revision());
            if (version != null && timeline.reporterOfCreation(version) != null) {
                evidence.add(version.createRevision == version.revision() ? "COM-7b" : "COM-7a");
            }
        }
        boolean contended = contended(effect);
        if (contended) {
            evidence.add("COM-1");
            for (Condition condition : effect.commit().conditions()) {
                if (condition instanceof Condition.Absent) {
                    evidence.add("COM-3");
                    break;
                }
            }
        }
        if (timeline.firstReaderOf(effect) != null) {
            evidence.add("COM-11");
            evidence.add(effect.operation().isUnknown() ? "OUT-3" : "OUT-2");
        }
    }

    /** Whether another commit to the directory was in progress at the same time. */
    private boolean contended(Effect effect) {
        Operation operation = effect.operation();
        return (effect.position() > 1
                        && timeline.effectAt(effect.position() - 1).end() > operation.begin())
                || (effect.position() < timeline.effects.size()
                        && timeline.effectAt(effect.position() + 1).operation().begin() < operation.end());
    }

    private void count(Operation operation, Look look, Level level, boolean decision) {
        if (decision) {
            if (look.any()) {
                evidence.add("COM-12");
            } else {
                evidence.add(operation.commit().orElseThrow().writes().isEmpty() ? "COM-13" : "COM-5d");
            }
            return;
        }
        evidence.add(
                "LEA-2",
                look.claims().stream()
                        .filter(claim -> claim.version() != null && claim.version().lease.life != LeaseLife.NONE)
                        .count());
        long shown = look.claims().stream()
                .filter(claim -> claim.kind() == Kind.SHOWN)
                .count();
        if (operation.commit().isPresent()) {
            evidence.add("READ-8a");
            Effect effect = timeline.effectOf.get(operation);
            if (effect != null) {
                evidence.add("READ-8b");
            }
            return;
        }
        if (level.cause() != null) {
            evidence.add("READ-1");
            if (operation.notice() >= 0) {
                evidence.add("READ-1 on a notice");
            }
        }
        evidence.add("READ-2c", shown);
        evidence.add("READ-3a", shown);
        evidence.add("READ-3b", look.claims().size() - shown);
        evidence.add("READ-3c", shown);
        if (snapshotReads && look.claims().size() > 1) {
            evidence.add("READ-3d");
        }
    }
}
