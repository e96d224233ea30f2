package io.sereno.recipes.kernel;

import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Removes one entry, or all entries whose names begin with a prefix; and nothing else.
 *
 * <p>Invariant: an entry is removed by the createRevision that the first read of its name has shown. So nothing that was put after that read is
 * removed, however late or often a commit is applied.
 *
 * <ol>
 *   <li>Read a page of entries.
 *   <li>Remove them by one commit, under the createRevision of each.
 *   <li>A conflict: at least one is gone. Remove each by a commit of its own; a conflict then means that it is gone.
 *   <li>Read the next page, until there is none.
 * </ol>
 */
public final class EntryRemoval extends Removal {
    private final String prefix;
    private final Deque<List<Entry>> pending = new ArrayDeque<>();
    private Query page;
    private boolean more = true;

    private EntryRemoval(Kernel kernel, Errors errors, String operation, Query first, String prefix) {
        super(kernel, errors, operation, first.directory());
        this.page = first;
        this.prefix = prefix;
    }

    public static EntryRemoval of(Kernel kernel, Errors errors, String operation, Query.One entry) {
        return new EntryRemoval(kernel, errors, operation, entry, entry.name());
    }

    /** For all entries whose names begin with the prefix and are longer. */
    public static EntryRemoval ofAll(Kernel kernel, Errors errors, String operation, String directory, String prefix) {
        return new EntryRemoval(kernel, errors, operation, new Query.Range(directory, prefix, MOST), prefix);
    }

    @Override
    void step() {
        List<Entry> next = pending.peek();
        if (next != null) {
            remove(next);
        } else if (more) {
            read(page, this::condemn);
        } else {
            done();
        }
    }

    // Steps 1 and 4.
    private void condemn(Snapshot snapshot) {
        List<Entry> found = snapshot.entries().stream()
                .filter(entry -> entry.name().startsWith(prefix))
                .toList();
        more = snapshot.more() && found.size() == snapshot.entries().size();
        if (more) {
            page = new Query.Range(directory(), found.get(found.size() - 1).name(), MOST);
        }
        if (!found.isEmpty()) {
            pending.add(found);
        }
    }

    // Steps 2 and 3.
    private void remove(List<Entry> condemned) {
        Commit.Builder commit = Commit.to(directory());
        for (Entry entry : condemned) {
            commit.ifCreateRevision(entry.name(), entry.createRevision()).delete(entry.name());
        }
        send(commit, outcome -> {
            pending.remove();
            if (outcome.kind() == Outcome.Kind.CONFLICT && condemned.size() > 1) {
                condemned.forEach(entry -> pending.add(List.of(entry)));
            }
        });
    }
}
