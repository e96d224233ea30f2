package io.sereno.spi;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One client's connection to a store, within one namespace. Recipes use the store only through its methods.
 *
 * <p><b>Guarantees.</b> Reads are linearizable (READ-1). A commit takes effect at one moment, all or nothing (COM-1),
 * and at most once whatever happens in the layers below (COM-11). A lease ends neither early (LEA-2) nor later than
 * declared (LEA-3), and a lease that has ended stays dead (LEA-6, LEA-7). After a watch is live every change is
 * announced (WAT-1, WAT-8). An unknown outcome is reported as such (OUT-3, OUT-4).
 *
 * <p><b>Not guaranteed.</b> That a read of several entries shows them at one moment, unless
 * {@link Promise#SNAPSHOT_READS} is promised; that an {@code UNKNOWN} commit is settled when its stage fails; any order
 * between directories, except that of revisions where {@link Promise#STORE_WIDE_REVISIONS} is promised (COM-14).
 *
 * <p><b>Blocking.</b> Only {@link #close()} waits for the network (LIF-6a). Every stage completes within the operation
 * timeout + 250 ms (LIF-6b). Stages are completed and listeners are called outside locks, so callbacks may call this
 * object again (LIF-7b).
 *
 * <p><b>Threads.</b> Listeners run on {@link BackendConfig#executor()} (CFG-3). A stage completes in any thread in which a
 * callback that blocks delays nothing else (LIF-7a): on that executor, on a thread that the backend keeps for such
 * callbacks, or in the thread of the caller if the result is known at once; never on a thread that reads the network or
 * runs timers. A timer runs on the executor that was given to {@link TimeSource#schedule}.
 *
 * <p><b>Errors.</b> Stages fail with {@link BackendException}, perhaps inside a
 * {@link java.util.concurrent.CompletionException} (OUT-6c); any other throwable is a bug and counts as
 * {@code UNKNOWN}. After {@link #close()} all calls fail at once, {@code NOT_APPLIED} (LIF-3).
 *
 * <p>Instances are safe for use by multiple threads (LIF-7c).
 */
public interface Backend extends AutoCloseable {
    /**
     * Reads the entries of one directory that the query asks for. If there are none, the list is empty (READ-4a).
     *
     * @param query what to read
     * @return the entries, in the order of their names; fails {@code NOT_APPLIED}, never {@code UNKNOWN} (OUT-6a)
     */
    CompletionStage<Snapshot> read(Query query);

    /**
     * Applies one commit, at most once: neither this method nor a client library below it may send the commit again
     * unless the earlier attempt certainly did not take effect (COM-11).
     *
     * @param commit conditions, then writes
     * @return the certain result; fails {@code NOT_APPLIED} if the commit certainly changed nothing, and
     *     {@code UNKNOWN} if that is not certain (OUT-1 to OUT-4)
     */
    CompletionStage<CommitResult> commit(Commit commit);

    /**
     * Grants a lease.
     *
     * @param ttl more than zero and at most {@link Guarantees#greatestTtl()} (LEA-1b, LEA-1c)
     * @return a lease that lives for {@link Lease#ttl()}, counted from its grant in the store; fails
     *     {@code NOT_APPLIED}; a lease that was granted in spite of the failure ends by itself
     */
    CompletionStage<Lease> grantLease(Duration ttl);

    /**
     * Watches a directory, or one entry of it. The watch lasts until {@link Watch#cancel()} or {@link #close()}: the
     * backend opens it again as often as needed, and then calls {@link WatchListener#reset()} (WAT-8, WAT-9).
     *
     * @param target what to watch
     * @param listener receives the notices, one at a time, on {@link BackendConfig#executor()}; a notice may come
     *     before the stage completes
     * @return completes when the watch is live: every change invoked afterwards is announced (WAT-1)
     */
    CompletionStage<Watch> watch(Target target, WatchListener listener);

    /**
     * Lists the directories of the namespace that have an entry, page by page; for operators. A listing is a call without a
     * cursor, then a call with the {@code next} of each page until there is none. It changes nothing (DIR-4). Other clients
     * may change the store meanwhile: a directory that got its first entry, or was emptied, during the listing may be in it
     * or not. A backend that wraps another one, and reports its guarantees, passes this call on too.
     *
     * @param cursor empty for the first page; else the {@code next} of the page before. Any other text gives an
     *     unspecified part of the listing
     * @param limit the most directories of the page, 1 or more; a page may have fewer
     * @return a page; fails {@code NOT_APPLIED}, and permanently unless {@link Promise#LISTS_DIRECTORIES} is promised (DIR-6)
     */
    default CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        return CompletableFuture.failedFuture(new BackendException(
                BackendException.Outcome.NOT_APPLIED,
                true,
                guarantees().backend() + " cannot list directories: it does not promise LISTS_DIRECTORIES",
                null));
    }

    /**
     * What this store promises. Always the same; no I/O (CFG-4).
     *
     * @return the facts
     */
    Guarantees guarantees();

    /**
     * Ends everything: reads in flight fail, commits that may have been sent are {@code UNKNOWN} (LIF-2), watches end
     * without a notice. Leases are not revoked: they end at their ttl, unless the store ends them with the connection.
     * Blocks for 5 s at most, even if the server is frozen (LIF-1b), and leaves no thread, socket or timer behind
     * (LIF-4a). Idempotent.
     */
    @Override
    void close();
}
