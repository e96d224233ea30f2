package io.sereno.suite.mutants;

import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Delegates everything; subclasses add the bug. */
class Wrapper implements Backend {
    final Backend below;

    Wrapper(Backend below) {
        this.below = below;
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return below.read(query);
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        return below.commit(commit);
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        return below.grantLease(ttl);
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return below.watch(target, listener);
    }

    @Override
    public Guarantees guarantees() {
        return below.guarantees();
    }

    @Override
    public void close() {
        below.close();
    }

    /** The same for a lease. */
    static class OfLease implements Lease {
        final Lease below;

        OfLease(Lease below) {
            this.below = below;
        }

        @Override
        public long id() {
            return below.id();
        }

        @Override
        public Duration ttl() {
            return below.ttl();
        }

        @Override
        public CompletionStage<Boolean> renew() {
            return below.renew();
        }

        @Override
        public CompletionStage<Void> revoke() {
            return below.revoke();
        }
    }

    /** The same for a listener. */
    static class OfListener implements WatchListener {
        final WatchListener below;

        OfListener(WatchListener below) {
            this.below = below;
        }

        @Override
        public void changed(String name, long revision) {
            below.changed(name, revision);
        }

        @Override
        public void reset() {
            below.reset();
        }
    }
}
