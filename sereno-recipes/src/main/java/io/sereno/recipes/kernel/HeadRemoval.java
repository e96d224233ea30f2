package io.sereno.recipes.kernel;

import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Empties a directory that has one entry above all others, its head.
 *
 * <p>Invariant: nothing but the head is removed while there is a head. So a client that finds the same head as before knows that nobody has
 * removed anything beside it; see {@link OpRecord}. The only head that is removed is the one that the first look found.
 *
 * <ol>
 *   <li>Read the directory. If nothing is there: done.
 *   <li>If the head is there: remove it by its createRevision, and with it as many of the other entries as one commit takes.
 *   <li>Without a head: remove the others, on condition that there still is no head. Repeat until nothing is left.
 *   <li>If a head with another createRevision is there: the first one is gone, whoever removed it. Somebody has started again, and the entries
 *       there belong to the new head.
 * </ol>
 *
 * <p>Withdrawn entries stay: they keep late puts out, and go with their sessions.
 */
public final class HeadRemoval extends Removal {
    private static final long NONE = 0;
    private static final long NOT_LOOKED = -1;

    private final String head;

    /** The createRevision of the head that the first look found. */
    private long condemned = NOT_LOOKED;

    public HeadRemoval(Kernel kernel, Errors errors, String operation, String directory, String head) {
        super(kernel, errors, operation, directory);
        this.head = head;
    }

    // Step 1.
    @Override
    void step() {
        read(new Query.All(directory()), this::judge);
    }

    private void judge(Snapshot snapshot) {
        List<String> others = new ArrayList<>();
        Entry found = null;
        for (Entry entry : snapshot.entries()) {
            if (entry.name().equals(head)) {
                found = entry;
            } else if (Card.isLive(entry)) {
                others.add(entry.name());
            }
        }
        if (condemned == NOT_LOOKED) {
            condemned = found == null ? NONE : found.createRevision();
        }
        // Step 4.
        boolean startedAgain = found != null && found.createRevision() != condemned;
        if (startedAgain || (found == null && others.isEmpty())) {
            done();
        } else {
            remove(found, others);
        }
    }

    private void remove(@Nullable Entry found, List<String> others) {
        if (found != null && isEnded()) {
            return; // The caller has the outcome; the head must not be removed after that.
        }
        Commit.Builder commit = Commit.to(directory());
        if (found != null) {
            // Step 2.
            commit.ifCreateRevision(head, found.createRevision()).delete(head);
        } else {
            // Step 3.
            commit.ifAbsent(head);
        }
        int count = Math.min(MOST, others.size());
        others.subList(0, count).forEach(commit::delete);
        send(commit, outcome -> {
            if (outcome.kind() == Outcome.Kind.COMMITTED && count < others.size()) {
                remove(null, others.subList(count, others.size()));
            } // The next look shows the reason of a conflict.
        });
    }
}
