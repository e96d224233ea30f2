package io.sereno.recipes;

import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Write;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Checks the name of every entry that a client puts (REC-7b): the directory of a queue has places only, those of a pool and of a task also others, and no other directory has an entry
 * that could be taken for a place.
 */
final class StoredNames extends LyingBackend {
    private static final Pattern PLACE = Pattern.compile("[0-9A-Za-z]{11}-[0-9a-z]+");
    private static final Pattern LIKE_A_PLACE = Pattern.compile("[0-9A-Za-z]{11}-.*");
    private static final Pattern QUEUE = Pattern.compile("(lock|election|reader|rwlock|lockset|slots)/.*");
    /** Have other entries beside their places. */
    private static final Pattern POOL = Pattern.compile("(semaphore|task|barrier)/.*");

    private static final Pattern SESSION = Pattern.compile("[0-9A-Za-z]{11}");

    private final Consumer<String> breaches;

    StoredNames(Backend real, Consumer<String> breaches) {
        super(real, Lie.NONE);
        this.breaches = breaches;
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        for (Write write : commit.writes()) {
            if (write instanceof Write.Put put && !isRight(commit.directory(), put)) {
                breaches.accept("put of '" + put.name() + "' into '" + commit.directory() + "' under lease "
                        + put.leaseId() + " breaks REC-7b");
            }
        }
        return super.commit(commit);
    }

    private static boolean isRight(String directory, Write.Put put) {
        boolean inPool = POOL.matcher(directory).matches()
                && LIKE_A_PLACE.matcher(put.name()).matches();
        if (inPool || QUEUE.matcher(directory).matches()) {
            return PLACE.matcher(put.name()).matches() && put.leaseId() != 0;
        }
        return directory.equals("session")
                ? SESSION.matcher(put.name()).matches()
                : !LIKE_A_PLACE.matcher(put.name()).matches();
    }
}
