package io.sereno.tck.faults;

import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Stands between recipes and a backend and passes everything on; subclasses override what has to differ. */
public class Between implements Backend {
    private final Backend below;

    public Between(Backend below) {
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
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        return below.directories(cursor, limit);
    }

    @Override
    public Guarantees guarantees() {
        return below.guarantees();
    }

    @Override
    public void close() {
        below.close();
    }

    @Override
    public String toString() {
        return below.toString();
    }

    /** Watches are open and silent, like a stream that died without notice. */
    public static final class Deaf extends Between {
        public Deaf(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(target, new WatchListener() {
                @Override
                public void changed(String name, long revision) {}

                @Override
                public void reset() {}
            });
        }
    }
}
