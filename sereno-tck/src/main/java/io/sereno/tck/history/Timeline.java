package io.sereno.tck.history;

import io.sereno.spi.Bytes;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The effect of the commits of one directory, in the order of their revisions: which commits took effect, and the life
 * of each entry. Reports the errors that can be found without an order of reads: entries that nobody put, one commit
 * with two revisions, two commits with one revision.
 */
final class Timeline {
    /** Thrown if the history is already broken. */
    static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Violation violation;

        Broken(Violation violation) {
            super(violation.toString(), null, false, false);
            this.violation = violation;
        }

        Violation violation() {
            return violation;
        }
    }

    private record PutKey(String name, Bytes value) {}

    private record VersionKey(String name, long revision) {}

    /** A createRevision, and the read that reported it. */
    private record Reported(long createRevision, Operation by) {}

    final List<Operation> operations;
    final List<Effect> effects = new ArrayList<>();
    final Map<Operation, Effect> effectOf = new HashMap<>();
    final Map<String, Track> tracks = new TreeMap<>();
    /** Unknown commits that put or delete something and that nobody ever saw. */
    final List<Operation> ghosts = new ArrayList<>();

    private final Map<Long, LeaseLife> leases;
    private final Map<Long, Track.LeaseEnd> ends = new LinkedHashMap<>();
    private final Map<PutKey, Operation> writers = new HashMap<>();
    private final Map<Operation, Long> revisionOf = new HashMap<>();
    private final Map<Operation, Operation> firstReader = new HashMap<>();
    private final Map<VersionKey, Reported> reported = new HashMap<>();
    /** By place p: the earliest order by which a commit after p had returned; the gap after p ends before it. */
    private long[] gapEnds = {};
    /** Two adjacent moments need room for no more points than this. */
    final long crowd;

    Timeline(List<Operation> operations, Map<Long, LeaseLife> leases) {
        this.operations = operations;
        this.leases = leases;
        collectWriters();
        for (Operation operation : operations) {
            if (operation.snapshot().isPresent()) {
                for (Entry entry : operation.snapshot().get().entries()) {
                    sighted(operation, entry);
                }
            }
        }
        collectEffects();
        replay();
        crowd = crowd();
    }

    /** The greatest number of concurrent operations, each with a point for every claim about an entry. */
    private long crowd() {
        List<long[]> changes = new ArrayList<>();
        for (Operation operation : operations) {
            if (operation.returned() != null) {
                changes.add(new long[] {operation.begin(), 1});
                changes.add(new long[] {operation.end(), -1});
            }
        }
        changes.sort((left, right) -> Long.compare(left[0], right[0]));
        long underWay = 0;
        long most = 0;
        for (long[] change : changes) {
            underWay += change[1];
            most = Math.max(most, underWay);
        }
        return most * (tracks.size() + 1);
    }

    long gapEnd(int gap) {
        return gapEnds[gap];
    }

    Effect effectAt(int position) {
        return effects.get(position - 1);
    }

    @Nullable
    Operation firstReaderOf(Effect effect) {
        return firstReader.get(effect.operation());
    }

    Track track(String name) {
        return tracks.computeIfAbsent(name, Track::new);
    }

    private void collectWriters() {
        for (Operation operation : operations) {
            operation.commit().ifPresent(commit -> {
                for (Condition condition : commit.conditions()) {
                    track(condition.name());
                }
                for (Write write : commit.writes()) {
                    track(write.name());
                    if (write instanceof Write.Put put) {
                        Operation other = writers.put(new PutKey(put.name(), put.value()), operation);
                        if (other != null) {
                            throw new IllegalArgumentException("two commits put the same value to '" + put.name()
                                    + "'; each put of a history has to have its own\n  " + other + "\n  " + operation);
                        }
                    }
                }
            });
        }
    }

    private void sighted(Operation reader, Entry entry) {
        track(entry.name());
        Operation writer = writers.get(new PutKey(entry.name(), entry.value()));
        String shown = Texts.entry(entry);
        if (writer == null) {
            throw new Broken(new Violation(
                    "READ-2c",
                    reader,
                    putsOf(entry.name(), entry.modRevision()),
                    "a read shows " + shown + ", but no commit ever put that value to '" + entry.name() + "'",
                    "whether value and revisions of an entry are taken from one and the same answer of the store"));
        }
        if (!writer.isUnknown() && !(writer.result().orElse(null) instanceof CommitResult.Committed)) {
            throw new Broken(new Violation(
                    "READ-2a",
                    reader,
                    List.of(writer),
                    "a read shows " + shown + ", which belongs to a commit that ended as " + Texts.reply(writer.reply())
                            + " and so must not be in the store",
                    "whether writes reach the store before the conditions are decided, and which errors are reported as"
                            + " NOT_APPLIED although the request may have been sent"));
        }
        firstReader.merge(writer, reader, (first, next) -> next.begin() < first.begin() ? next : first);
        long lease = LeaseLife.leaseOf(writer, entry.name());
        if (entry.leaseId() != lease) {
            throw new Broken(new Violation(
                    "READ-2c",
                    reader,
                    List.of(writer),
                    "a read shows " + shown + " bound to lease " + Texts.lease(entry.leaseId())
                            + ", but it was put under " + (lease == 0 ? "none" : "lease " + Texts.lease(lease)),
                    "where the lease of an entry is taken from, and whether a put keeps it"));
        }
        checkRevision(reader, entry, writer);
        checkCreateRevision(reader, entry, writer);
    }

    private List<Operation> putsOf(String name, long revision) {
        return operations.stream()
                .filter(operation -> operation.result().orElse(null) instanceof CommitResult.Committed committed
                        && committed.revision() == revision
                        && operation.commit().orElseThrow().writes().stream()
                                .anyMatch(write -> write.name().equals(name)))
                .toList();
    }

    private void checkRevision(Operation reader, Entry entry, Operation writer) {
        boolean acked = writer.result().orElse(null) instanceof CommitResult.Committed;
        long before;
        if (writer.result().orElse(null) instanceof CommitResult.Committed committed) {
            before = committed.revision();
        } else {
            before = revisionOf.computeIfAbsent(writer, unknown -> entry.modRevision());
        }
        if (before == entry.modRevision()) {
            return;
        }
        String seen = "a read shows " + Texts.entry(entry) + ", but the commit that put it "
                + (acked ? "ended at revision " + before : "was seen at revision " + before + " too");
        List<Operation> owners = putsOf(entry.name(), entry.modRevision());
        if (!owners.isEmpty()) {
            List<Operation> others = new ArrayList<>(owners);
            others.add(writer);
            throw new Broken(new Violation(
                    "READ-2c",
                    reader,
                    others,
                    seen + "; revision " + entry.modRevision() + " is that of another put of '" + entry.name() + "'",
                    "whether value and revisions of an entry are taken from one and the same answer of the store"));
        }
        boolean twice = !acked || (before != 0 && entry.modRevision() > before);
        throw new Broken(
                twice
                        ? new Violation(
                                        "COM-11",
                                        reader,
                                        List.of(writer),
                                        seen + ": it was carried out twice, or its entries do not carry its revision",
                                        "what the client library resends by itself after a lost connection or a timeout, and"
                                                + " whether modRevision is that of the whole commit")
                                .alsoOf("COM-5a")
                        : new Violation(
                                before == 0 ? "COM-5d" : "COM-5a",
                                reader,
                                List.of(writer),
                                seen,
                                "where the revision in the result of a commit is taken from"));
    }

    private void checkCreateRevision(Operation reader, Entry entry, Operation writer) {
        if (entry.createRevision() > entry.modRevision()) {
            List<Operation> creators = putsOf(entry.name(), entry.createRevision());
            List<Operation> others = new ArrayList<>(creators);
            others.add(writer);
            throw new Broken(new Violation(
                    creators.isEmpty() ? "COM-7b" : "COM-5b",
                    reader,
                    others,
                    "a read shows " + Texts.entry(entry)
                            + (creators.isEmpty()
                                    ? ", put before it was created"
                                    : ": the commit that put it has a smaller revision than the one that created it before"),
                    creators.isEmpty()
                            ? "where createRevision and modRevision are taken from"
                            : "whether revisions survive that a directory becomes empty, that a connection is made again, and"
                                    + " that the server changes"));
        }
        Reported before = reported.putIfAbsent(
                new VersionKey(entry.name(), entry.modRevision()), new Reported(entry.createRevision(), reader));
        if (before != null && before.createRevision() != entry.createRevision()) {
            throw new Broken(new Violation(
                    "READ-2c",
                    reader,
                    List.of(before.by(), writer),
                    "a read shows " + Texts.entry(entry) + ", but another showed the same put with createRevision "
                            + before.createRevision(),
                    "whether all fields of an entry are read at one moment"));
        }
    }

    private void collectEffects() {
        record Candidate(Operation operation, io.sereno.spi.Commit commit, long revision) {}
        List<Candidate> candidates = new ArrayList<>();
        for (Operation operation : operations) {
            if (operation.commit().isEmpty()) {
                continue;
            }
            io.sereno.spi.Commit commit = operation.commit().get();
            if (operation.result().orElse(null) instanceof CommitResult.Committed committed) {
                checkChange(operation, commit, committed.revision());
                if (committed.revision() > 0) {
                    candidates.add(new Candidate(operation, commit, committed.revision()));
                }
            } else if (operation.isUnknown() && revisionOf.containsKey(operation)) {
                candidates.add(new Candidate(operation, commit, revisionOf.getOrDefault(operation, 0L)));
            } else if (operation.isUnknown() && !commit.writes().isEmpty()) {
                ghosts.add(operation);
            }
        }
        candidates.sort(Comparator.comparingLong(Candidate::revision));
        for (Candidate candidate : candidates) {
            if (!effects.isEmpty() && effects.get(effects.size() - 1).revision() == candidate.revision()) {
                throw new Broken(new Violation(
                        "COM-5a",
                        candidate.operation(),
                        List.of(effects.get(effects.size() - 1).operation()),
                        "two commits to one directory have revision " + candidate.revision(),
                        "whether each commit that changes the directory raises the revision, in the same atomic step"));
            }
            Effect effect =
                    new Effect(candidate.operation(), candidate.commit(), candidate.revision(), effects.size() + 1);
            effects.add(effect);
            effectOf.put(effect.operation(), effect);
        }
        gapEnds = new long[effects.size() + 1];
        Arrays.fill(gapEnds, Long.MAX_VALUE);
        for (int gap = effects.size() - 1; gap >= 0; gap--) {
            gapEnds[gap] = Math.min(gapEnds[gap + 1], effects.get(gap).end());
        }
    }

    private static void checkChange(Operation operation, io.sereno.spi.Commit commit, long revision) {
        boolean puts = commit.writes().stream().anyMatch(write -> write instanceof Write.Put);
        if (puts == (revision > 0) || (revision > 0 && !commit.writes().isEmpty())) {
            return;
        }
        if (commit.writes().isEmpty() || puts) {
            throw new Broken(new Violation(
                    "COM-5d",
                    operation,
                    List.of(),
                    puts
                            ? "a commit that puts an entry reports revision 0, as if it had changed nothing"
                            : "a commit without writes reports revision " + revision
                                    + "; one that changes nothing has 0",
                    "where the revision in the result of a commit is taken from"));
        }
    }

    private void replay() {
        for (Effect effect : effects) {
            for (Write write : effect.commit().writes()) {
                if (write instanceof Write.Put put) {
                    Track.LeaseEnd end = leaseEnd(put.leaseId());
                    Track.Version version = track(put.name()).put(effect, end);
                    if (end.life != LeaseLife.NONE) {
                        end.lastPut = effect;
                        end.notBefore = end.notBefore.or(new Point(effect.position(), 0));
                    }
                    Reported create = reported.get(new VersionKey(put.name(), effect.revision()));
                    version.createRevision = create == null ? 0 : create.createRevision();
                } else {
                    track(write.name()).deleted(effect);
                }
            }
        }
        for (Operation ghost : ghosts) {
            for (Write write : ghost.commit().orElseThrow().writes()) {
                long lease = write instanceof Write.Put put ? put.leaseId() : 0;
                track(write.name()).haunt(ghost, write, leaseEnd(lease).life);
            }
        }
        for (Track track : tracks.values()) {
            track.matchGhosts();
        }
    }

    /** The read that reported the createRevision of a version. */
    @Nullable
    Operation reporterOfCreation(Track.Version version) {
        Reported create = reported.get(new VersionKey(version.track.name, version.revision()));
        return create == null ? null : create.by();
    }

    LeaseLife leaseOf(long id) {
        return leases.getOrDefault(id, LeaseLife.NONE);
    }

    Track.LeaseEnd leaseEnd(long id) {
        return ends.computeIfAbsent(
                id,
                unmet -> new Track.LeaseEnd(id == 0 ? LeaseLife.NONE : leases.computeIfAbsent(id, LeaseLife::unknown)));
    }
}
