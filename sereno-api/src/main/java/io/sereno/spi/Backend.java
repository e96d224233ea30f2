package io.sereno.spi;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Stages fail with BackendException (maybe inside CompletionException); any other throwable counts as UNKNOWN. No method blocks but close(). Thread-safe. */
public interface Backend extends AutoCloseable {
    CompletionStage<Snapshot> read(Query query);

    CompletionStage<CommitResult> commit(Commit commit);

    CompletionStage<Lease> grantLease(Duration ttl);
    /** Ends only by cancel() or close(): a backend re-opens for ever, and says reset(). */
    CompletionStage<Watch> watch(Target target, WatchListener listener);

    Guarantees guarantees();

    @Override
    void close();
}
