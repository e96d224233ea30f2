package io.sereno.tck.history;

import io.sereno.tck.history.Claim.Span;
import io.sereno.tck.history.Track.Segment;
import io.sereno.tck.history.Track.Version;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Explains the entries that vanished although no commit in the order of revisions deleted them: by the end of a lease, or by a ghost. Each
 * ghost explains one disappearance, so disappearances are matched with the ghosts that may have caused them.
 */
final class Disappearances {
    private final Timeline timeline;
    /** For each version, the spans of the operations that found it gone. */
    private final Map<Version, List<Span>> vanishedSeen = new HashMap<>();

    Disappearances(Timeline timeline) {
        this.timeline = timeline;
    }

    /** An operation of this span found the version gone. */
    void seen(Version vanished, Span span) {
        vanishedSeen.computeIfAbsent(vanished, first -> new ArrayList<>()).add(span);
    }

    /** Fails if a disappearance cannot be explained. */
    void check() {
        timeline.tracks.values().forEach(this::check);
    }

    private void check(Track track) {
        List<Version> toMatch = new ArrayList<>();
        for (Segment segment : track.segments) {
            Version version = segment.version;
            if (version == null) {
                continue;
            }
            if (version.goneWitness != null && !vanishedBefore(version, version.goneWitness)) {
                throw new Timeline.Broken(Diagnosis.cameBack(timeline, version, version.goneWitness));
            }
            boolean vanished = version.goneWitness != null || vanishedSeen.containsKey(version);
            if (vanished && !leaseExplains(version)) {
                toMatch.add(version);
            }
        }
        if (!track.ghostPuts.isEmpty()) {
            checkGhostPuts(track);
            return;
        }
        Map<Operation, Version> usedFor = new HashMap<>();
        for (Version version : toMatch) {
            if (!match(version, usedFor, new HashSet<>())) {
                throw new Timeline.Broken(Diagnosis.deletedTwice(timeline, version, usedFor.keySet()));
            }
        }
    }

    /**
     * Each ghost can have put the entry into one segment only. The segments that were seen first take the first
     * suitable ghosts.
     */
    private void checkGhostPuts(Track track) {
        List<Long> wanted = track.segments.stream()
                .filter(segment -> !segment.ghostSeen.isEmpty())
                .map(segment -> segment.ghostSeen.stream().min(Long::compare).orElseThrow())
                .sorted()
                .toList();
        for (int i = 0; i < wanted.size(); i++) {
            long deadline = wanted.get(i);
            long able = track.ghostPuts.stream()
                    .filter(ghost -> ghost.begin() <= deadline)
                    .count();
            if (able <= i) {
                throw new Timeline.Broken(Diagnosis.putTwice(track, able, i + 1));
            }
        }
    }

    private boolean vanishedBefore(Version version, Effect witness) {
        Point end = Point.justBefore(witness.position());
        long gapEnd = timeline.gapEnd(end.gap());
        Point seen = version.shown.or(version.alive);
        boolean byLease = version.lease.life.earliestEnd <= gapEnd
                && version.lease.notBefore.or(seen).compareTo(end) < 0;
        boolean byGhost = seen.compareTo(end) < 0
                && (version.mayBeDeletedBy.stream().anyMatch(ghost -> ghost.begin() <= gapEnd)
                        || !version.track.ghostPuts.isEmpty());
        return byLease || byGhost;
    }

    private boolean leaseExplains(Version version) {
        if (version.lease.life == LeaseLife.NONE) {
            return false;
        }
        Effect witness = version.goneWitness;
        if (witness != null
                && (version.lease.life.earliestEnd > timeline.gapEnd(witness.position() - 1)
                        || version.lease.notBefore.compareTo(Point.justBefore(witness.position())) >= 0)) {
            return false;
        }
        for (Span span : vanishedSeen.getOrDefault(version, List.of())) {
            if (span.end() < version.lease.life.earliestEnd || version.lease.notBefore.gap() > span.lastGap()) {
                return false;
            }
        }
        return true;
    }

    private boolean match(Version version, Map<Operation, Version> usedFor, Set<Operation> tried) {
        for (Operation ghost : version.mayBeDeletedBy) {
            if (mayExplain(ghost, version) && tried.add(ghost)) {
                Version other = usedFor.get(ghost);
                if (other == null || match(other, usedFor, tried)) {
                    usedFor.put(ghost, version);
                    return true;
                }
            }
        }
        return false;
    }

    private boolean mayExplain(Operation ghost, Version version) {
        if (version.goneWitness != null && ghost.begin() > timeline.gapEnd(version.goneWitness.position() - 1)) {
            return false;
        }
        return vanishedSeen.getOrDefault(version, List.of()).stream().allMatch(span -> ghost.begin() < span.end());
    }

    /** Counts the leases whose end was seen and that a client tried to use afterwards. */
    void countUsesOfEndedLeases(Evidence evidence) {
        vanishedSeen.forEach((version, spans) -> {
            if (leaseExplains(version)) {
                long seen = spans.stream().mapToLong(Span::end).min().orElse(Long.MAX_VALUE);
                evidence.add(
                        "LEA-12",
                        version.lease.life.uses.stream()
                                .filter(use -> use > seen)
                                .count());
            }
        });
    }
}
