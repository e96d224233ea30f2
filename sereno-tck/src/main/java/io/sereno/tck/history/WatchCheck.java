package io.sereno.tck.history;

import io.sereno.spi.Entry;
import io.sereno.spi.Target;
import io.sereno.tck.history.History.Notice;
import io.sereno.tck.history.Track.Segment;
import io.sereno.tck.history.Track.Version;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Checks whether watches received their notices. In a recorded history a listener reads on each notice, so it is known
 * which changes it must have seen.
 *
 * <p>Notices may be merged, so a listener that is notified of the last change of an entry has been notified of all; so
 * the check looks for the last change. The history must continue until every notice had its time.
 */
final class WatchCheck {
    private final History history;
    private final Timeline timeline;
    private final Evidence evidence;
    private final Map<Integer, List<Notice>> notices = new HashMap<>();
    private final Map<Integer, List<Operation>> looks = new HashMap<>();

    WatchCheck(History history, Timeline timeline, Evidence evidence) {
        this.history = history;
        this.timeline = timeline;
        this.evidence = evidence;
        for (Notice notice : history.notices()) {
            notices.computeIfAbsent(notice.watch(), unmet -> new ArrayList<>()).add(notice);
        }
        for (Operation operation : timeline.operations) {
            if (operation.notice() >= 0 && operation.reply() instanceof Reply.Found) {
                looks.computeIfAbsent(operation.notice(), unmet -> new ArrayList<>())
                        .add(operation);
            }
        }
    }

    List<Violation> violations() {
        List<Violation> violations = new ArrayList<>();
        Set<Integer> ended = new HashSet<>();
        Set<String> closed = new HashSet<>();
        for (Operation operation : history.operations()) {
            if (operation.call() instanceof Call.CancelWatch cancel) {
                ended.add(cancel.watch());
            } else if (operation.call() instanceof Call.Close) {
                closed.add(operation.client());
            }
        }
        for (Operation operation : history.operations()) {
            if (operation.call() instanceof Call.OpenWatch open
                    && isHere(open.target())
                    && operation.reply() instanceof Reply.Done) {
                checkLooks(open, violations);
                if (!ended.contains(open.watch()) && !closed.contains(operation.client())) {
                    checkLastChanges(operation, open, violations);
                }
            }
        }
        return violations;
    }

    private boolean isHere(Target target) {
        return timeline.operations.stream()
                .findFirst()
                .flatMap(Operation::directory)
                .filter(target.directory()::equals)
                .isPresent();
    }

    /** WAT-2, if a notice has a revision: the read made on the notice shows that commit or a later one. */
    private void checkLooks(Call.OpenWatch open, List<Violation> violations) {
        Map<Long, Effect> byRevision = new HashMap<>();
        timeline.effects.forEach(effect -> byRevision.put(effect.revision(), effect));
        for (Notice notice : notices.getOrDefault(open.watch(), List.of())) {
            Effect effect = byRevision.get(notice.revision());
            if (notice.name().isEmpty() || effect == null) {
                continue;
            }
            Track track = timeline.track(notice.name().get());
            for (Operation look : looks.getOrDefault(notice.id(), List.of())) {
                if (track.at(effect.position()).from != effect.position()) {
                    continue;
                }
                evidence.add("WAT-2");
                if (isBefore(look, track, effect)) {
                    violations.add(tooEarly(notice, look, effect, track));
                }
            }
        }
    }

    private void checkLastChanges(Operation opened, Call.OpenWatch open, List<Violation> violations) {
        for (Track track : timeline.tracks.values()) {
            if (open.target().name().isPresent() && !open.target().name().get().equals(track.name)) {
                continue;
            }
            Segment last = track.segments.get(track.segments.size() - 1);
            if (last.from == 0) {
                continue;
            }
            Effect effect = timeline.effectAt(last.from);
            if (effect.operation().begin() < opened.end() || absentAllAlong(track, last)) {
                continue;
            }
            Optional<Violation> violation = lastChange(opened, open, track, effect);
            violation.ifPresentOrElse(violations::add, () -> evidence.add("WAT-1"));
        }
    }

    /** A delete of an absent entry is no change. */
    private static boolean absentAllAlong(Track track, Segment last) {
        return last.version == null
                && (track.segments.size() < 2 || !wasCertainlyThere(track.segments.get(track.segments.size() - 2)));
    }

    /** Whether the entry was certainly there when the segment ended. */
    private static boolean wasCertainlyThere(Segment segment) {
        Version version = segment.version;
        return version != null
                && version.goneBy == Integer.MAX_VALUE
                && version.mayBeDeletedBy.isEmpty()
                && version.lease.life == LeaseLife.NONE;
    }

    private Optional<Violation> lastChange(Operation opened, Call.OpenWatch open, Track track, Effect effect) {
        List<Operation> early = new ArrayList<>();
        boolean reported = false;
        for (Notice notice : notices.getOrDefault(open.watch(), List.of())) {
            boolean fits = notice.name().isEmpty() || notice.name().get().equals(track.name);
            if (!fits
                    || notice.at().order() * Operation.ROOM < effect.operation().begin()) {
                continue;
            }
            reported = true;
            List<Operation> seen = looks.getOrDefault(notice.id(), List.of());
            if (seen.isEmpty()) {
                return Optional.empty();
            }
            if (seen.stream().anyMatch(look -> !isBefore(look, track, effect))) {
                evidence.add("WAT-2");
                return Optional.empty();
            }
            early.addAll(seen);
        }
        String change = Texts.call(effect.operation().call()) + ", revision " + effect.revision() + ", invoked at "
                + effect.operation().invoked();
        if (!reported) {
            return Optional.of(new Violation(
                    "WAT-1",
                    effect.operation(),
                    List.of(opened),
                    "watch w" + open.watch() + " of " + opened.client() + ", live since " + opened.returned()
                            + ", got no notice of '" + track.name + "' after this change: " + change,
                    "the moment from which the store announces changes to a new watch, and the fate of a notice while the"
                            + " connection is restored"));
        }
        return Optional.of(new Violation(
                "WAT-2",
                effect.operation(),
                early,
                "watch w" + open.watch() + " of " + opened.client() + " got a notice of '" + track.name
                        + "', but every read made on a notice shows it as it was before this change, and no notice came after it: "
                        + change,
                "whether a notice can overtake its commit, and whether reads on a notice may be answered by something that"
                        + " lags behind it"));
    }

    private static Violation tooEarly(Notice notice, Operation look, Effect effect, Track track) {
        return new Violation(
                "WAT-2",
                look,
                List.of(effect.operation()),
                "a read invoked on the notice of '" + track.name + "' at revision " + notice.revision()
                        + ", delivered at " + notice.at() + ", does not show that change",
                "whether a notice can overtake its commit, and whether reads on a notice may be answered by something that"
                        + " lags behind it");
    }

    /** Whether a read certainly shows an entry as it was before a commit that changed it. */
    private static boolean isBefore(Operation look, Track track, Effect effect) {
        Optional<Entry> shown = look.snapshot().orElseThrow().entries().stream()
                .filter(entry -> entry.name().equals(track.name))
                .findFirst();
        if (shown.isPresent()) {
            return shown.get().modRevision() < effect.revision();
        }
        boolean covers = !(look.call() instanceof Call.Read read
                && read.query() instanceof io.sereno.spi.Query.One one
                && !one.name().equals(track.name));
        return covers
                && track.ghostDeletes.isEmpty()
                && track.segments.stream()
                        .filter(segment -> segment.to > effect.position())
                        .allMatch(segment -> segment.version != null && segment.version.lease.life == LeaseLife.NONE);
    }
}
