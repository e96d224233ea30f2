package io.sereno.recipes.kernel;

import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call that removes entries. Every commit of a subclass may be sent again, whatever its outcome, and removes nothing that was put after the call had
 * looked. Nothing is sent after the call has ended. Confined to a strand of its own.
 */
public abstract class Removal {
    /** Every store takes 32 conditions and writes; one of them may be for another entry. */
    static final int MOST = 31;

    private final Kernel kernel;
    private final Errors errors;
    private final String operation;
    private final String directory;
    private final Strand strand = new Strand();
    private final Requests requests;
    private final TimedWait<Void> result;

    /** A commit was sent, and may have removed something or may still do so. */
    private boolean sent;

    Removal(Kernel kernel, Errors errors, String operation, String directory) {
        this.kernel = kernel;
        this.errors = errors;
        this.operation = operation;
        this.directory = directory;
        this.requests =
                new Requests(kernel, strand, directory, Requests.OnFailure.first(why -> {}, this::fail), this::next);
        this.result = new TimedWait<>(kernel, strand);
    }

    /** Begins; the result completes within the time that a call may take. */
    public final CompletableFuture<Void> start() {
        result.limit(kernel.store().limit(), () -> fail(null));
        strand.execute(this::next);
        return result.result();
    }

    /** Sends the next request, or says that all is done. */
    abstract void step();

    private void next() {
        if (requests.isIdle() && !result.isEnded()) {
            step();
        }
    }

    final String directory() {
        return directory;
    }

    final boolean isEnded() {
        return result.isEnded();
    }

    final void done() {
        result.complete(null);
    }

    final void read(Query query, Consumer<Snapshot> then) {
        requests.read(query, then);
    }

    /** Passes on how the commit was answered, by COMMITTED or CONFLICT; otherwise the step is repeated. */
    final void send(Commit.Builder commit, Consumer<Outcome> then) {
        sent = true;
        requests.commitOrPause(commit, then);
    }

    private void fail(@Nullable BackendException why) {
        result.fail(sent ? errors.outcomeUnknown(operation, why) : errors.notApplied(operation, why));
    }
}
