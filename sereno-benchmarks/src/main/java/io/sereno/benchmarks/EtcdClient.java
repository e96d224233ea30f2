package io.sereno.benchmarks;

import java.util.concurrent.CompletableFuture;

/** What the comparison needs from an etcd client. */
interface EtcdClient extends AutoCloseable {
    /** A transaction with one condition and one write: the entry is absent, and is put. */
    CompletableFuture<?> create(String name);

    /** Watches one entry, and runs the callback on each notice; completes when the watch is live. */
    CompletableFuture<?> watch(String name, Runnable notice);

    /** A lease of 30 s. */
    CompletableFuture<Long> grant();

    /** Renews it once. */
    CompletableFuture<?> renew(long lease);

    @Override
    void close();
}
