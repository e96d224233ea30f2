package io.sereno.recipes.kernel;

import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds out, when the reply to a commit was lost, whether the commit took effect. The record is the number of the last commit that did, written
 * with it.
 *
 * <p>Stored: {@code o-<session>-<n>}, under the session's lease, beside the entry that is changed. Nobody else puts the record, and nobody else
 * removes it while the entry exists.
 *
 * <p>Invariant: a change is reported as applied, or as not applied, only when that can never become false.
 *
 * <ol>
 *   <li><b>Send</b> {@code {modRevision(entry) == x, ...} -> put(entry), ..., put(record, number, lease)}. A conflict is certain: x never returns.
 *   <li><b>Unknown outcome.</b> Send the same commit again: the copies exclude each other by x. Committed: it took effect now, and never again.
 *       Conflict: no copy can take effect any more, and whether one has is a fact that no longer changes.
 *   <li><b>Settle</b> by reading the record. If it has our number, the change was applied. If it has another number, the change was not applied,
 *       since a later number is not given out before this one is settled.
 *   <li>If the record is <b>absent</b>, it may never have been put, or be gone with the lease, or with the entry. {@code {createRevision(entry) ==
 *       c, absent(record)} -> put(record, next number, lease)} decides: if committed, lease and entry have existed all the time, so the change was
 *       not applied. Otherwise the outcome is unknown.
 *   <li>If the session is over, no unknown outcome can be settled any more: it stays unknown.
 *   <li><b>Create</b> the entry by {@code {absent(entry), absent(record)} -> put(entry), put(record, number, lease)}, under a new name.
 *       {@code absent(entry)} can become true again, so this is not sent twice: a {@link Receipt} sends it, whose mark is the record.
 *   <li>A deletion of the entry may leave the record of the former incarnation. The next commit that is applied also <b>removes</b> that.
 * </ol>
 *
 * <p>Confined to the strand. One change is under way at a time. The owner calls {@link #step} when the requests are idle.
 */
final class OpRecord {
    /** How a change ended. */
    sealed interface Result {}

    /** Applied at this revision; with the state read after it, if that was asked for and arrived. */
    record Applied(long revision, @Nullable Snapshot snapshot) implements Result {}

    /** Not applied, and never will be: the entry changed first. With the state read after that, as above. */
    record Overtaken(@Nullable Snapshot snapshot) implements Result {}

    /** Not applied, and never will be: the store did not accept it. */
    record Refused(@Nullable BackendException why) implements Result {}

    record Unknown(@Nullable BackendException why) implements Result {}

    private static final class Change {
        private final Session session;
        private final Commit commit;
        private final long incarnation;
        private final long number;
        private final Consumer<Result> then;
        private @Nullable BackendException unknownBecause;
        /** A copy met a conflict, so no copy can take effect any more. */
        private boolean decided;

        private boolean claimed;

        Change(Session session, Commit commit, long incarnation, long number, Consumer<Result> then) {
            this.session = session;
            this.commit = commit;
            this.incarnation = incarnation;
            this.number = number;
            this.then = then;
        }
    }

    private static final String PREFIX = "o-";
    private static final String HEADER = "sereno/1 op\nnumber ";

    private final Kernel kernel;
    private final Strand strand;
    private final String directory;
    private final String entry;
    private final Requests requests;

    private @Nullable Session session;
    private String name = "";
    /** The names of records for former incarnations, under {@code formerSession}; they are not used again. */
    private final List<String> former = new ArrayList<>();

    private @Nullable Session formerSession;

    private long number;
    /** Written on the strand only. */
    private volatile @Nullable Change current;

    OpRecord(Requests requests, String entry) {
        this.kernel = requests.kernel();
        this.strand = requests.strand();
        this.directory = requests.directory();
        this.entry = entry;
        this.requests = requests;
    }

    /** A change was sent, and its outcome is not known yet. */
    boolean isChangeUnderWay() {
        return current != null;
    }

    /** Whether a change is under way that could not be settled after the end of this session. For every thread. */
    boolean uses(Session other) {
        Change underWay = current;
        return underWay != null && underWay.session == other;
    }

    /**
     * Applies a change, or reports why not.
     *
     * @param change of the entry, under its modRevision; all leases in it are the session's
     * @param incarnation the createRevision of the entry
     */
    void commit(Session under, Commit.Builder change, long incarnation, Consumer<Result> then) {
        if (session != under) {
            rename(under);
        }
        put(change, under);
        current = new Change(under, change.build(), incarnation, number, then);
        step();
    }

    // Step 6.
    /** Adds a record under a new name to the commit that creates the entry; returns the name. */
    String create(Commit.Builder commit, Session under) {
        if (session == under) {
            former.add(name);
            formerSession = under;
        }
        rename(under);
        put(commit, under);
        return name;
    }

    /** The commit of {@link #create} was applied. */
    void created() {
        former.clear();
    }

    /** The name of the record cannot be used again. */
    void dropName() {
        session = null;
    }

    private void rename(Session under) {
        session = under;
        name = PREFIX + under.nextName();
    }

    private void put(Commit.Builder commit, Session under) {
        number++;
        commit.put(name, value(number), under.leaseId());
        // Step 7.
        if (formerSession != under) {
            former.clear(); // They have gone with their session.
        }
        former.forEach(commit::delete);
    }

    /**
     * Removes the record, and runs {@code then} when the record is gone. Its name is not used again from here on: a removal with unknown outcome
     * may come late, and what it removes then must not matter.
     */
    void remove(Runnable then) {
        Session under = session;
        session = null;
        Session before = formerSession;
        if (before != null) {
            former.forEach(left -> remove(before, left, kernel.backoff(), () -> {}));
            former.clear();
        }
        if (under == null) {
            then.run();
        } else {
            remove(under, name, kernel.backoff(), then);
        }
    }

    private void remove(Session under, String retired, Backoff pauses, Runnable then) {
        if (!under.isAlive()) {
            then.run();
            return;
        }
        Commit removal = Commit.to(directory).ifPresent(retired).delete(retired).build();
        kernel.store().commit(removal, strand, outcome -> {
            if (outcome.failure() == null) {
                then.run();
            } else {
                kernel.time().schedule(pauses.next(), strand, () -> remove(under, retired, pauses, then));
            }
        });
    }

    /** Forgets the request that is under way: it does not matter any more. */
    void forget() {
        current = null;
    }

    /** Sends the request that is due for the change under way. */
    void step() {
        Change change = current;
        if (change != null && change.decided) {
            settle(change);
        } else if (change != null) {
            send(change);
        }
    }

    // Steps 1 and 2.
    private void send(Change change) {
        requests.commit(change.commit, outcome -> {
            boolean isUnknown = change.unknownBecause != null;
            switch (outcome.kind()) {
                case COMMITTED -> end(change, new Applied(outcome.revision(), outcome.snapshot()));
                case CONFLICT -> {
                    change.decided = true;
                    if (!isUnknown) {
                        end(change, new Overtaken(outcome.snapshot()));
                    }
                }
                case LEASE_DEAD -> {
                    change.session.foundDead();
                    end(change, isUnknown ? new Unknown(change.unknownBecause) : new Refused(null));
                }
                case NOT_APPLIED -> {
                    if (isUnknown) {
                        pause(change, outcome.failure());
                    } else {
                        end(change, new Refused(outcome.failure()));
                    }
                }
                case UNKNOWN -> {
                    change.unknownBecause = outcome.failure();
                    pause(change, outcome.failure());
                }
            }
        });
    }

    // Step 3.
    private void settle(Change change) {
        requests.read(
                name,
                snapshot -> {
                    Entry record = View.first(snapshot);
                    if (record != null) {
                        boolean applied = record.value().equals(value(change.number));
                        // Everything that one commit puts has the commit's revision.
                        end(change, applied ? new Applied(record.modRevision(), null) : new Overtaken(null));
                    } else if (change.claimed) {
                        end(change, new Unknown(change.unknownBecause));
                    } else {
                        claim(change);
                    }
                },
                why -> endIfOver(change, why));
    }

    // Step 4.
    private void claim(Change change) {
        number = change.number + 1;
        Commit.Builder claim = Commit.to(directory)
                .ifCreateRevision(entry, change.incarnation)
                .ifAbsent(name)
                .put(name, value(number), change.session.leaseId());
        requests.commit(claim, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> end(change, new Overtaken(null));
                // By an earlier copy of this claim, which the record then shows; or the entry is another one.
                case CONFLICT -> change.claimed = true;
                case LEASE_DEAD -> {
                    change.session.foundDead();
                    end(change, new Unknown(change.unknownBecause));
                }
                case NOT_APPLIED, UNKNOWN -> pause(change, outcome.failure());
            }
        });
    }

    private void end(Change change, Result result) {
        current = null;
        if (result instanceof Applied) {
            former.clear();
        }
        change.then.accept(result);
    }

    private void pause(Change change, @Nullable BackendException failure) {
        if (!endIfOver(change, failure)) {
            requests.pause(failure);
        }
    }

    // Step 5.
    private boolean endIfOver(Change change, @Nullable BackendException failure) {
        boolean isOver = !change.session.isAlive();
        if (isOver) {
            end(change, new Unknown(failure));
        }
        return isOver;
    }

    private static Bytes value(long number) {
        return Bytes.utf8(HEADER + number + "\n");
    }
}
