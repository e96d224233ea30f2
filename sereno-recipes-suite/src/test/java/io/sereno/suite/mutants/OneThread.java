package io.sereno.suite.mutants;

import io.sereno.spi.Backend;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Handles everything from the network one after another. */
final class OneThread extends Hooks {
    private final Executor one;

    OneThread(Backend below, Executor one) {
        super(below);
        this.one = one;
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return super.read(query).thenApplyAsync(read -> read, one);
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return super.watch(target, WatchMutants.handing(one, listener));
    }
}
