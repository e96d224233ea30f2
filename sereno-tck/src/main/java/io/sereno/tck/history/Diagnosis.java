package io.sereno.tck.history;

import static java.util.stream.Collectors.joining;

import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import io.sereno.tck.history.Claim.Kind;
import io.sereno.tck.history.Claim.Span;
import io.sereno.tck.history.DirectoryCheck.Level;
import io.sereno.tck.history.Track.Segment;
import io.sereno.tck.history.Track.Version;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says why an operation is impossible: which rule is broken, and by what, in one sentence. */
final class Diagnosis {
    private final Timeline timeline;
    private final Operation operation;
    private final Span span;

    Diagnosis(Timeline timeline, Operation operation, Span span) {
        this.timeline = timeline;
        this.operation = operation;
        this.span = span;
    }

    // Commits.

    static Violation conditionDidNotHold(Timeline timeline, Effect effect, Condition condition) {
        Track track = timeline.track(condition.name());
        Segment before = track.at(effect.position() - 1);
        Version there = before.version;
        String state = there == null
                ? "the entry was absent" + (before.from == 0 ? "" : " since " + at(timeline.effectAt(before.from)))
                : "the entry was there, put " + at(there.put)
                        + (there.createRevision == 0 ? "" : " and created at " + there.createRevision);
        List<Operation> others = before.from == 0
                ? List.of()
                : List.of(timeline.effectAt(before.from).operation());
        if (condition instanceof Condition.Absent && there != null && endedEarly(timeline, there, effect)) {
            return cameBack(timeline, there, effect);
        }
        boolean twoCreators = condition instanceof Condition.Absent
                && there != null
                && creates(there.put, condition.name())
                && creates(effect, condition.name());
        boolean longSo = before.from != 0
                && timeline.effectAt(before.from).end() < effect.operation().begin();
        String rule = twoCreators ? "COM-3" : longSo ? "COM-2a" : "COM-1";
        return new Violation(
                        rule,
                        effect.operation(),
                        others,
                        "the commit went through " + at(effect) + " on the condition '" + Texts.condition(condition)
                                + "', but just before that " + state,
                        longSo
                                ? "whether each condition of a commit is judged, and against the entry as it is in the store"
                                : "whether the conditions are judged and the writes made in one atomic step of the store, and not one"
                                        + " after the other")
                .alsoOf("COM-1", "COM-2a");
    }

    /** Whether an entry was correctly found gone, except that its lease cannot have ended yet. */
    private static boolean endedEarly(Timeline timeline, Version there, Effect effect) {
        Version next = there.track.version(effect.revision());
        boolean reallyGone = next == null || next.createRevision == 0 || next.createRevision == effect.revision();
        return there.lease.life != LeaseLife.NONE
                && there.lease.life.earliestEnd > timeline.gapEnd(effect.position() - 1)
                && reallyGone;
    }

    private static boolean creates(Effect effect, String name) {
        return effect.commit().conditions().stream()
                        .anyMatch(condition -> condition instanceof Condition.Absent
                                && condition.name().equals(name))
                && effect.commit().writes().stream()
                        .anyMatch(write ->
                                write instanceof Write.Put && write.name().equals(name));
    }

    static Violation deletedNothing(Timeline timeline, Effect effect, String name) {
        Segment before = timeline.track(name).at(effect.position() - 1);
        return new Violation(
                "COM-5d",
                effect.operation(),
                before.from == 0
                        ? List.of()
                        : List.of(timeline.effectAt(before.from).operation()),
                "the commit deleted '" + name + "' " + at(effect) + ", but the entry was absent"
                        + (before.from == 0 ? " from the beginning" : " since " + at(timeline.effectAt(before.from)))
                        + "; a commit that changes nothing reports revision 0",
                "what revision the result has when the entry to be deleted is not there; and whether a delete is sent twice,"
                        + " so that the answer to the second is reported");
    }

    static Violation createdWrongly(Timeline timeline, Effect effect, Version version) {
        Segment before = version.track.at(effect.position() - 1);
        List<Operation> others = new ArrayList<>();
        Optional.ofNullable(timeline.reporterOfCreation(version)).ifPresent(others::add);
        if (before.from != 0) {
            others.add(timeline.effectAt(before.from).operation());
        }
        Version there = before.version;
        if (there == null && before.from != 0) {
            Version earlier = version.track.segments.get(version.index - 2).version;
            if (earlier != null && earlier.createRevision == version.createRevision) {
                Effect delete = timeline.effectAt(before.from);
                return new Violation(
                        "COM-1",
                        delete.operation(),
                        others,
                        "the commit " + at(delete) + " deleted '" + version.track.name
                                + "', but the put that came next, " + at(effect) + ", found it still there, created at "
                                + version.createRevision,
                        "whether all writes of a commit reach the store, deletes beside puts in particular");
            }
        }
        return new Violation(
                there != null ? "COM-7a" : "COM-7b",
                effect.operation(),
                others,
                "the put " + at(effect) + " left '" + version.track.name + "' with createRevision "
                        + version.createRevision
                        + ", but just before it the entry "
                        + (there != null
                                ? "was there, created at " + there.createRevision
                                : "was absent, so that the put created it"),
                "what becomes of createRevision when an entry is put that is there already, and when it is put again after"
                        + " it was deleted");
    }

    static Violation outOfOrder(Timeline timeline, Effect effect, Level level) {
        Operation earlier = Objects.requireNonNull(level.cause());
        Effect other = timeline.effectOf.get(earlier);
        if (other != null) {
            return new Violation(
                            "COM-6",
                            effect.operation(),
                            List.of(earlier),
                            "the commit has revision " + effect.revision()
                                    + " although it was invoked after another had returned, at " + earlier.returned()
                                    + ", with revision " + other.revision(),
                            "whether revisions survive that a directory becomes empty, that a connection is made again, and that the"
                                    + " server changes (COM-5b); and whether they are taken in the same atomic step as the writes")
                    .alsoOf("COM-5b");
        }
        return new Violation(
                        "COM-1",
                        effect.operation(),
                        List.of(earlier),
                        "the commit took effect " + at(effect)
                                + ", and was invoked only after an operation had returned that shows"
                                + " what came later",
                        "whether revisions are taken in the same atomic step as the writes")
                .alsoOf("COM-5b");
    }

    // Ghosts and leases.

    static Violation cameBack(Timeline timeline, Version version, Effect witness) {
        boolean early = version.lease.life != LeaseLife.NONE
                && version.lease.life.earliestEnd > timeline.gapEnd(witness.position() - 1);
        List<Operation> others = new ArrayList<>();
        others.add(version.put.operation());
        Optional.ofNullable(version.lease.life.lastRenewal).ifPresent(others::add);
        boolean putLater = version.lease.lastPut != null && version.lease.lastPut.position() >= witness.position();
        String rule = early ? "LEA-2" : putLater ? "LEA-12" : "READ-3a";
        return new Violation(
                rule,
                witness.operation(),
                others,
                "the commit " + at(witness) + " found '" + version.track.name + "' gone, which was put "
                        + at(version.put)
                        + lease(version)
                        + (early ? ", whose lease could not have ended by then" : ", and which was there afterwards"),
                early
                        ? "the moment from which the store counts the ttl, and what ends a lease before it"
                        : "whether a lease has ended for some clients and is alive for others");
    }

    static Violation deletedTwice(Timeline timeline, Version version, Collection<Operation> used) {
        Operation ghost = version.mayBeDeletedBy.stream().findFirst().orElse(version.put.operation());
        if (version.lease.life != LeaseLife.NONE) {
            return new Violation(
                    "LEA-2",
                    version.put.operation(),
                    List.copyOf(used),
                    "'" + version.track.name + "', put " + at(version.put) + lease(version)
                            + ", vanished before that lease could have ended, and the commits that may have deleted it have deleted"
                            + " another entry",
                    "the moment from which the store counts the ttl, and what ends a lease before it");
        }
        return new Violation(
                "COM-11",
                ghost,
                List.copyOf(used),
                "'" + version.track.name + "', put " + at(version.put)
                        + ", vanished, as it had before: the commits of unknown"
                        + " outcome that may have deleted it are fewer than its disappearances",
                "what the client library resends by itself after a lost connection");
    }

    static Violation putTwice(Track track, long able, int wanted) {
        return new Violation(
                "COM-11",
                track.ghostPuts.get(0),
                List.copyOf(track.ghostPuts.subList(1, track.ghostPuts.size())),
                "'" + track.name + "' was there " + wanted
                        + " times after it had been deleted, and the commits of unknown outcome"
                        + " that may have put it are " + able,
                "what the client library resends by itself after a lost connection");
    }

    static Violation deadTooEarly(Operation culprit, LeaseLife lease) {
        Operation renewal = lease.lastRenewal;
        boolean mayHaveEnded = lease.earliestEndBefore <= culprit.end();
        if (renewal != null && mayHaveEnded && culprit.end() < renewal.end()) {
            return new Violation(
                    "LEA-6a",
                    renewal,
                    List.of(culprit),
                    "lease " + Texts.lease(lease.id) + " was renewed, as reported at " + renewal.returned()
                            + ", after it had been reported dead at " + culprit.returned(),
                    "whether a lease past its deadline can be renewed before its entries are deleted");
        }
        return new Violation(
                "LEA-2",
                culprit,
                lease.lastRenewal == null ? List.of() : List.of(lease.lastRenewal),
                "lease " + Texts.lease(lease.id) + " was reported dead at " + culprit.returned()
                        + ", but was granted or renewed, as of "
                        + (lease.lastRenewal == null ? "?" : lease.lastRenewal.invoked())
                        + ", until later, and it was not revoked",
                "the moment from which the store counts the ttl, and whether a failed renewal is reported as false");
    }

    static Violation usedWhenDead(Operation culprit, Operation reported, String rule, String what) {
        return new Violation(
                rule,
                culprit,
                List.of(reported),
                what + ", although it had been reported dead at " + reported.returned(),
                "whether the store itself looks at the lease, in the same atomic step as the writes");
    }

    // Reads and other operations that only look.

    Violation impossible(Look look, Point from, Level level, boolean decision) {
        if (decision) {
            return look.any() ? conflict(look, level) : checkFailed(look, from, level);
        }
        boolean returned = operation.commit().isPresent();
        List<Claim> failing = look.claims().stream()
                .filter(claim -> new Look(List.of(claim), false).earliest(from, span, timeline) == null)
                .toList();
        if (returned) {
            Effect effect = timeline.effectOf.get(operation);
            boolean own = effect != null
                    && failing.stream()
                            .anyMatch(claim -> effect.commit().writes().stream()
                                    .anyMatch(write -> write.name().equals(claim.track().name)));
            boolean stale = look.earliest(new Point(level.gap(), operation.begin()), span, timeline) != null;
            if (own || stale) {
                return returnedTooOld(own, effect);
            }
        }
        boolean allOld = look.earliest(Point.START, span, timeline) != null && level.cause() != null;
        if (failing.isEmpty()) {
            return allOld ? older(level) : torn(look, from, returned);
        }
        // If the whole answer is old and one entry of it is missing, the first fact says more.
        Claim first = failing.get(0);
        for (Claim claim : failing) {
            if (claim.kind() == Kind.SHOWN) {
                first = claim;
                break;
            }
        }
        return switch (first.kind()) {
            case SHOWN -> shownWrongly(Objects.requireNonNull(first.version()), from, level);
            case GONE -> missing(first, from, level, allOld);
            default -> neverSo(first);
        };
    }

    private Violation conflict(Look look, Level level) {
        String conditions = operation.commit().orElseThrow().conditions().stream()
                .map(Texts::condition)
                .collect(joining("', '", "'", "'"));
        return violation(
                        "COM-12",
                        level.cause() == null ? List.of() : List.of(level.cause()),
                        look.claims().isEmpty()
                                ? "a commit without conditions ended in a conflict"
                                : "the commit ended in a conflict, but at every moment of the call its conditions held: "
                                        + conditions,
                        "whether a conflict is decided from a read that may be behind, a replica, a cache, and whether the commit was"
                                + " sent twice, so that the second attempt met the first")
                .alsoOf("COM-2a");
    }

    private Violation checkFailed(Look look, Point from, Level level) {
        Optional<Violation> conflict = wrongConflict(level);
        if (conflict.isPresent()) {
            return conflict.get();
        }
        boolean writes = !operation.commit().orElseThrow().writes().isEmpty();
        String what = look.claims().stream()
                .filter(claim -> new Look(List.of(claim), false).earliest(from, span, timeline) == null)
                .findFirst()
                .map(claim -> "'" + claim.track().name + "' " + state(claim.track(), from.gap()))
                .orElse("no moment of the call has all of it");
        return violation(
                writes ? "COM-5d" : "COM-13",
                level.cause() == null ? List.of() : List.of(level.cause()),
                writes
                        ? "the commit reports that it changed nothing, but at no moment of the call its conditions held and what it"
                                + " deletes was absent: " + what
                        : "the check went through, but at no moment of the call all its conditions held: " + what,
                "whether conditions without writes are judged in one atomic step, and against the newest state");
    }

    /** A conflict says only that some condition did not hold; if a read contradicts it, the conflict is the suspect. */
    private Optional<Violation> wrongConflict(Level level) {
        Operation cause = level.cause();
        if (cause == null || !(cause.result().orElse(null) instanceof CommitResult.Conflict)) {
            return Optional.empty();
        }
        return Optional.of(new Violation(
                "COM-12",
                cause,
                List.of(operation),
                "the commit ended in a conflict, but what was read after its return, at " + cause.returned()
                        + ", shows that all its conditions still held",
                "whether a conflict is decided from a read that may be behind, a replica, a cache, and whether the commit was"
                        + " sent twice, so that the second attempt met the first"));
    }

    private Violation returnedTooOld(boolean own, @Nullable Effect effect) {
        return violation(
                        own ? "READ-8b" : "READ-8a",
                        List.of(),
                        "the read that came back with the commit "
                                + (own
                                        ? "does not have the commit's own writes"
                                        : effect == null
                                                ? "shows a state older than the moment at which the commit was decided"
                                                : "shows a state older than the commit, which took effect "
                                                        + at(effect)),
                        "whether the returned read is made after the commit, and not before or beside it")
                .alsoOf("READ-8a");
    }

    private Violation older(Level level) {
        return wrongConflict(level).orElseGet(() -> {
            Operation cause = Objects.requireNonNull(level.cause());
            boolean acked = timeline.effectOf.containsKey(cause);
            return violation(
                    acked ? "READ-1" : "READ-2b",
                    List.of(cause),
                    "the answer as a whole is older than what had been " + (acked ? "acked" : "shown")
                            + " when it was invoked, at " + operation.invoked(),
                    "whether reads may be answered by a follower, a replica or a cache");
        });
    }

    private Violation torn(Look look, Point from, boolean returned) {
        for (Claim older : look.claims()) {
            int end = endOf(older, from);
            for (Claim newer : look.claims()) {
                if (newer.version() != null && newer.version().put.position() == end) {
                    Effect half = newer.version().put;
                    return violation(
                                    returned ? "READ-8a" : "COM-1",
                                    List.of(half.operation()),
                                    "it shows what one commit, " + at(half) + ", did to '" + newer.track().name
                                            + "' and not what the same commit did to '" + older.track().name + "'",
                                    "whether all writes of a commit reach the store in one atomic step, and whether a read of several"
                                            + " entries is one (SNAPSHOT_READS)")
                            .alsoOf(returned ? "READ-8a" : "READ-3d");
                }
            }
        }
        return violation(
                returned ? "READ-8a" : "READ-3d",
                List.of(),
                "each entry was as shown at some moment of the call, but never all of them at one, and the backend promises"
                        + " SNAPSHOT_READS",
                "whether a read of several entries is one atomic step of the store; if it is not, do not promise it");
    }

    private static int endOf(Claim claim, Point from) {
        if (claim.version() != null) {
            return claim.version().segment.to;
        }
        return claim.track().at(from.gap()).to;
    }

    private Violation shownWrongly(Version version, Point from, Level level) {
        String entry = entry(version.track.name).map(Texts::entry).orElse(version.track.name);
        if (span.begin() > version.lease.life.revoked) {
            Operation reported = Objects.requireNonNull(version.lease.life.reportedDead);
            return violation(
                    "LEA-5a",
                    List.of(reported),
                    "it shows " + entry + lease(version) + ", which was revoked by " + reported.returned(),
                    "whether revoke() completes only when the entries are deleted");
        }
        if (version.put.position() > span.lastGap()) {
            Effect later = timeline.effectAt(Math.min(span.lastGap() + 1, timeline.effects.size()));
            return violation(
                    "COM-5b",
                    List.of(version.put.operation(), later.operation()),
                    "it shows " + entry
                            + ", but a commit that was invoked only after this read had returned has a smaller"
                            + " revision, " + later.revision(),
                    "whether revisions survive that a directory becomes empty and that a connection is made again, and whether"
                            + " they are taken in the same atomic step as the writes");
        }
        if (version.end() <= from.gap()) {
            Effect end = timeline.effectAt(version.end());
            boolean acked = end.end() < operation.begin();
            Optional<Violation> conflict = acked ? Optional.empty() : wrongConflict(level);
            if (conflict.isPresent()) {
                return conflict.get();
            }
            List<Operation> others = new ArrayList<>();
            others.add(end.operation());
            Operation cause = level.cause();
            if (!acked && cause != null && !cause.equals(end.operation())) {
                others.add(cause);
            }
            return violation(
                            acked
                                    ? "READ-1"
                                    : cause != null && timeline.effectOf.containsKey(cause) ? "READ-1" : "READ-2b",
                            others,
                            "it shows " + entry + ", which was no longer so when it was invoked, at "
                                    + operation.invoked()
                                    + ": "
                                    + (acked
                                            ? Texts.call(end.operation().call()) + " had been acked at "
                                                    + end.operation().returned() + " with revision " + end.revision()
                                            : "an operation that had returned shows that the commit with revision "
                                                    + end.revision() + " had taken effect"),
                            "whether reads may be answered by a follower, a replica or a cache, and whether a reconnect makes sure of"
                                    + " having caught up")
                    .alsoOf(sameIncarnation(version, from) ? "READ-3c" : "READ-3b");
        }
        return violation(
                "READ-3b",
                List.of(version.put.operation()),
                "it shows " + entry + ", which was gone: another operation that had returned before found it so",
                "whether an entry that was deleted, or went with its lease, can be seen again");
    }

    /** Whether the current version is the same incarnation as a version that is gone. */
    private static boolean sameIncarnation(Version version, Point from) {
        Version now = version.track.at(from.gap()).version;
        return now != null && now.createRevision != 0 && now.createRevision == version.createRevision;
    }

    private Violation missing(Claim claim, Point from, Level level, boolean allOld) {
        Track track = claim.track();
        Version there = track.at(from.gap()).version;
        if (there == null) {
            // The entry was put since, so it is missing after a later version, which may be gone by now.
            there = track.segments.stream()
                    .map(segment -> segment.version)
                    .filter(Objects::nonNull)
                    .filter(version -> version.put.position() > from.gap())
                    .findFirst()
                    .orElse(null);
        }
        if (there == null) {
            return neverSo(claim);
        }
        LeaseLife lease = there.lease.life;
        String put = "'" + track.name + "', put " + at(there.put) + lease(there);
        List<Operation> others = new ArrayList<>();
        others.add(there.put.operation());
        boolean ackedBefore = there.put.end() < operation.begin();
        Optional<Violation> conflict = ackedBefore ? Optional.empty() : wrongConflict(level);
        if (conflict.isPresent()) {
            return conflict.get();
        }
        boolean seenSince = there.shown.or(there.alive).compareTo(from) >= 0;
        if (lease != LeaseLife.NONE && !seenSince) {
            Optional.ofNullable(lease.lastRenewal).ifPresent(others::add);
            boolean renewedLater = lease.lastRenewal != null && lease.lastRenewal.begin() > operation.end();
            Effect lastPut = there.lease.lastPut;
            boolean putLater = lastPut != null && lastPut.operation().begin() > operation.end();
            if (renewedLater || putLater) {
                return violation(
                        "LEA-12",
                        others,
                        "it does not show " + put + ", and later that lease was "
                                + (renewedLater ? "renewed" : "used by another commit"),
                        "whether a lease past its deadline can still be renewed or used before its entries are deleted");
            }
            if (lease.earliestEnd > span.end()) {
                return violation(
                        "LEA-2",
                        others,
                        "it does not show " + put + ", and returned at " + operation.returned()
                                + ", before the ttl was over"
                                + (lease.lastRenewal == null ? "" : ", counted from " + lease.lastRenewal.invoked()),
                        "the moment from which the store counts the ttl, and what ends a lease before it");
            }
        }
        Optional<Operation> repeated = timeline.operations.stream()
                .filter(track::isDeletedBy)
                .filter(delete -> delete.begin() < operation.end())
                .filter(delete -> !(delete.result().orElse(null) instanceof CommitResult.Committed committed
                        && committed.revision() == 0))
                .reduce((first, second) -> second);
        boolean longBefore = there.put.position() < from.gap() || ackedBefore;
        if (allOld) {
            return violation(
                            ackedBefore ? "READ-1" : "READ-2b",
                            others,
                            "it does not show " + put
                                    + (ackedBefore
                                            ? " and acked at "
                                                    + there.put.operation().returned()
                                            : "")
                                    + ": the answer as a whole is older than what had been acked or shown when it was invoked, at "
                                    + operation.invoked(),
                            "whether reads may be answered by a follower, a replica or a cache")
                    .alsoOf("READ-3a");
        }
        repeated.filter(delete -> delete.begin() > there0(track, from)).ifPresent(others::add);
        return violation(
                "READ-3a",
                others,
                "it does not show " + put + ", which lived throughout the call"
                        + (longBefore ? "" : " from the moment at which other reads show it"),
                "whether a read of several entries iterates over something that changes meanwhile, and whether a delete can be"
                        + " carried out a second time");
    }

    private static long there0(Track track, Point from) {
        Version version = track.at(from.gap()).version;
        return version == null ? 0 : version.put.operation().begin();
    }

    private Violation neverSo(Claim claim) {
        return violation(
                "READ-3c",
                List.of(),
                "'" + claim.track().name + "' was at no moment as it is shown",
                "where the fields of an entry are taken from");
    }

    private Violation violation(String rule, List<Operation> others, String seen, String check) {
        return new Violation(rule, operation, others, seen, check);
    }

    private Optional<Entry> entry(String name) {
        return operation.snapshot().stream()
                .flatMap(snapshot -> snapshot.entries().stream())
                .filter(entry -> entry.name().equals(name))
                .findFirst();
    }

    private String state(Track track, int gap) {
        Segment segment = track.at(gap);
        return segment.version == null ? "was absent" : "was there, put " + at(segment.version.put);
    }

    private static String lease(Version version) {
        return version.lease.life == LeaseLife.NONE ? "" : " under lease " + Texts.lease(version.lease.life.id);
    }

    private static String at(Effect effect) {
        return "at revision " + effect.revision();
    }
}
