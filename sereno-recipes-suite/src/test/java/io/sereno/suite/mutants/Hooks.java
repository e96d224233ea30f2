package io.sereno.suite.mutants;

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
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** A backend of functions: every call goes to the backend below, except those that have a hook. */
class Hooks implements Backend {
    final Backend below;

    private Function<Query, CompletionStage<Snapshot>> reads;
    private Function<Commit, CompletionStage<CommitResult>> commits;
    private Function<Duration, CompletionStage<Lease>> grants;
    private BiFunction<Target, WatchListener, CompletionStage<Watch>> watches;
    private BiFunction<Optional<String>, Integer, CompletionStage<DirectoryPage>> listings;
    private Supplier<Guarantees> guarantees;
    private Runnable closes;

    Hooks(Backend below) {
        this.below = below;
        reads = below::read;
        commits = below::commit;
        grants = below::grantLease;
        watches = below::watch;
        listings = below::directories;
        guarantees = below::guarantees;
        closes = below::close;
    }

    Hooks reads(Function<Query, CompletionStage<Snapshot>> hook) {
        reads = hook;
        return this;
    }

    Hooks commits(Function<Commit, CompletionStage<CommitResult>> hook) {
        commits = hook;
        return this;
    }

    Hooks grants(Function<Duration, CompletionStage<Lease>> hook) {
        grants = hook;
        return this;
    }

    Hooks leases(Function<Lease, Lease> hook) {
        Function<Duration, CompletionStage<Lease>> right = grants;
        return grants(ttl -> right.apply(ttl).thenApply(hook));
    }

    Hooks watches(BiFunction<Target, WatchListener, CompletionStage<Watch>> hook) {
        watches = hook;
        return this;
    }

    Hooks listeners(BiFunction<Target, WatchListener, WatchListener> hook) {
        BiFunction<Target, WatchListener, CompletionStage<Watch>> right = watches;
        return watches((target, listener) -> right.apply(target, hook.apply(target, listener)));
    }

    Hooks listings(BiFunction<Optional<String>, Integer, CompletionStage<DirectoryPage>> hook) {
        listings = hook;
        return this;
    }

    Hooks guarantees(Supplier<Guarantees> hook) {
        guarantees = hook;
        return this;
    }

    Hooks closes(Runnable hook) {
        closes = hook;
        return this;
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return reads.apply(query);
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        return commits.apply(commit);
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        return grants.apply(ttl);
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return watches.apply(target, listener);
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        return listings.apply(cursor, limit);
    }

    @Override
    public Guarantees guarantees() {
        return guarantees.get();
    }

    @Override
    public void close() {
        closes.run();
    }

    /** A lease of functions. */
    static Lease lease(Lease below, Supplier<CompletionStage<Boolean>> renew, Supplier<CompletionStage<Void>> revoke) {
        return new Lease() {
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
                return renew.get();
            }

            @Override
            public CompletionStage<Void> revoke() {
                return revoke.get();
            }
        };
    }

    static Lease renewing(Lease below, Supplier<CompletionStage<Boolean>> renew) {
        return lease(below, renew, below::revoke);
    }

    static Lease revoking(Lease below, Supplier<CompletionStage<Void>> revoke) {
        return lease(below, below::renew, revoke);
    }

    /** A notice of a change. */
    interface Notice {
        /** As {@link WatchListener#changed}. */
        void of(String name, long revision);
    }

    /** A listener whose notices are handled by a hook. */
    static WatchListener notices(WatchListener below, Consumer<Runnable> way) {
        return listener(
                (name, revision) -> way.accept(() -> below.changed(name, revision)), () -> way.accept(below::reset));
    }

    /** A listener of functions. */
    static WatchListener listener(Notice changed, Runnable reset) {
        return new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                changed.of(name, revision);
            }

            @Override
            public void reset() {
                reset.run();
            }
        };
    }
}
