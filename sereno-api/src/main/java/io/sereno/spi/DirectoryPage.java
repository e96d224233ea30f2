package io.sereno.spi;

import io.sereno.spi.BackendException.Outcome;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A part of a listing of the directories of a namespace; see {@link Backend#directories}.
 *
 * <p><b>Guarantees.</b> The pages of a listing together name each directory that had an entry at every moment of the
 * listing (DIR-1), and no directory twice (DIR-2). <b>Not guaranteed:</b> any order; that a directory still has an entry.
 *
 * @param directories the paths of the directories, as they were given to commits; perhaps none, although more pages follow;
 *     copied
 * @param next the cursor of the next page; empty after the last page
 */
public record DirectoryPage(List<String> directories, Optional<String> next) {
    /** Copies the list, unless it is immutable. */
    public DirectoryPage {
        directories = List.copyOf(directories);
    }

    /**
     * Makes the page of a store that has the paths of all directories at hand. The cursor is the last path of a page.
     *
     * @param all the paths of all directories that have an entry, in any order, none twice
     * @param cursor as given to {@link Backend#directories}
     * @param limit as given to {@link Backend#directories}
     * @return the first paths after the cursor, in {@link Names#ORDER}
     * @throws BackendException {@code NOT_APPLIED} and permanent, if the limit is less than 1
     */
    public static DirectoryPage of(Collection<String> all, Optional<String> cursor, int limit) {
        checkLimit(limit);
        List<String> left = all.stream()
                .filter(path -> cursor.isEmpty() || Names.ORDER.compare(path, cursor.get()) > 0)
                .sorted(Names.ORDER)
                .toList();
        return left.size() <= limit
                ? new DirectoryPage(left, Optional.empty())
                : new DirectoryPage(left.subList(0, limit), Optional.of(left.get(limit - 1)));
    }

    /**
     * Checks the limit of a page.
     *
     * @param limit the most directories of one page
     * @throws BackendException {@code NOT_APPLIED} and permanent, if the limit is less than 1
     */
    public static void checkLimit(int limit) {
        if (limit < 1) {
            throw new BackendException(
                    Outcome.NOT_APPLIED, true, "limit is " + limit + "; 1 or more is accepted", null);
        }
    }
}
