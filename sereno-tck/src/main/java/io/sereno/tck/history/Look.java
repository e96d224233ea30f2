package io.sereno.tck.history;

import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import io.sereno.tck.history.Claim.Kind;
import io.sereno.tck.history.Claim.Span;
import io.sereno.tck.history.Track.Version;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an operation says about one moment at which it looked.
 *
 * @param any whether one of the claims was true at that moment, instead of all
 */
record Look(List<Claim> claims, boolean any) {
    /** What a commit that changed nothing says about the moment at which it was decided. */
    static Optional<Look> decision(Operation operation, Timeline timeline) {
        if (operation.commit().isEmpty()) {
            return Optional.empty();
        }
        io.sereno.spi.Commit commit = operation.commit().get();
        if (operation.result().orElse(null) instanceof CommitResult.Conflict) {
            List<Claim> claims = new ArrayList<>();
            for (Condition condition : commit.conditions()) {
                Claim not = Claim.not(condition, timeline);
                if (not == null) {
                    // It names a revision that this entry never had.
                    return Optional.empty();
                }
                claims.add(not);
            }
            return Optional.of(new Look(claims, true));
        }
        if (operation.result().orElse(null) instanceof CommitResult.Committed committed && committed.revision() == 0) {
            List<Claim> claims = new ArrayList<>();
            for (Condition condition : commit.conditions()) {
                claims.add(Claim.of(condition, timeline));
            }
            for (Write write : commit.writes()) {
                claims.add(Claim.gone(timeline.track(write.name())));
            }
            return Optional.of(new Look(claims, false));
        }
        return Optional.empty();
    }

    /** What a read shows: everything at one moment if reads are snapshots, else each entry at its own moment. */
    static List<Look> shown(Operation operation, Timeline timeline, boolean snapshotReads) {
        Snapshot snapshot = operation.snapshot().orElseThrow();
        Query query = operation.call() instanceof Call.Read read
                ? read.query()
                : operation.commit().orElseThrow().returning().orElseThrow();
        List<Claim> claims = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Entry entry : snapshot.entries()) {
            seen.add(entry.name());
            Version version = timeline.track(entry.name()).version(entry.modRevision());
            claims.add(
                    version == null
                            ? new Claim(timeline.track(entry.name()), Kind.NEVER, null, entry.modRevision())
                            : Claim.shown(version));
        }
        for (Track track : timeline.tracks.values()) {
            if (!seen.contains(track.name) && covers(query, snapshot, track.name, snapshotReads)) {
                claims.add(Claim.gone(track));
            }
        }
        if (snapshotReads || claims.size() < 2) {
            return List.of(new Look(claims, false));
        }
        return claims.stream().map(claim -> new Look(List.of(claim), false)).toList();
    }

    /** Whether a read that does not show an entry says that the entry is absent. */
    private static boolean covers(Query query, Snapshot snapshot, String name, boolean snapshotReads) {
        if (query instanceof Query.One one) {
            return one.name().equals(name);
        }
        if (query instanceof Query.Range range) {
            if (!range.after().isEmpty() && order(name, range.after()) <= 0) {
                return false;
            }
            List<Entry> entries = snapshot.entries();
            boolean complete = !snapshot.more() && snapshotReads && entries.size() < range.limit();
            return complete
                    || (!entries.isEmpty()
                            && order(name, entries.get(entries.size() - 1).name()) < 0);
        }
        return true;
    }

    private static int order(String left, String right) {
        return Arrays.compareUnsigned(left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));
    }

    /** The earliest point at which all claims are true, or any of them. */
    @Nullable
    Point earliest(Point from, Span span, Timeline timeline) {
        if (any) {
            Point earliest = null;
            for (Claim claim : claims) {
                Point at = claim.next(from, span, timeline);
                if (at != null && (earliest == null || at.compareTo(earliest) < 0)) {
                    earliest = at;
                }
            }
            return earliest;
        }
        Point at = from;
        boolean moved = true;
        while (moved) {
            moved = false;
            for (Claim claim : claims) {
                Point next = claim.next(at, span, timeline);
                if (next == null) {
                    return null;
                }
                moved |= next.compareTo(at) > 0;
                at = at.or(next);
            }
        }
        return at.gap() <= span.lastGap() ? at : null;
    }

    /** The claims that can be true in the span. */
    List<Claim> possible(Point from, Span span, Timeline timeline) {
        return claims.stream()
                .filter(claim -> claim.next(from, span, timeline) != null)
                .toList();
    }
}
