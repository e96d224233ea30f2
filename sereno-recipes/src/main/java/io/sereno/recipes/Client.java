package io.sereno.recipes;

import io.sereno.SerenoClosedException;
import io.sereno.SerenoObserver;
import io.sereno.SessionState;
import io.sereno.Subscription;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Callbacks;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Observers;
import io.sereno.spi.Backend;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** One connection with its session, and what is open on it: shared by all namespace views. Safe for use by multiple threads. */
final class Client {
    private static final Logger LOG = System.getLogger("io.sereno");
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    private final Settings settings;
    private final Backend backend;
    private final boolean closesBackend;
    private final Kernel kernel;
    private final MutexQueues mutexes = new MutexQueues();
    private final ConcurrentHashMap<MutexLock.Key, MutexLock.Ownership> locks = new ConcurrentHashMap<>();
    private final Set<ElectionRecipe> elections = ConcurrentHashMap.newKeySet();
    private final Set<StateSubscription> stateSubscriptions = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();

    Client(Settings settings, Backend backend, boolean closesBackend) {
        this.settings = settings;
        this.backend = backend;
        this.closesBackend = closesBackend;
        SerenoObserver observer = settings.observer() == Settings.NO_OBSERVER
                ? Settings.NO_OBSERVER
                : new Observers(settings.observer(), settings.executor());
        this.kernel = new Kernel(
                backend,
                settings.backendName(),
                settings.time(),
                settings.executor(),
                observer,
                settings.nodeId(),
                settings.operationTimeout(),
                settings.sessionTtl(),
                Directories.below(settings.namespace()).sessions(),
                (state, sessionId) -> {
                    observer.session(state, sessionId);
                    stateSubscriptions.forEach(subscription -> subscription.tell(state));
                });
    }

    void open() {
        kernel.sessions().open();
    }

    Settings settings() {
        return settings;
    }

    Backend backend() {
        return backend;
    }

    Kernel kernel() {
        return kernel;
    }

    MutexQueues mutexes() {
        return mutexes;
    }

    ConcurrentHashMap<MutexLock.Key, MutexLock.Ownership> locks() {
        return locks;
    }

    Set<ElectionRecipe> elections() {
        return elections;
    }

    void requireOpen(String operation, Scope scope) {
        if (closed.get()) {
            throw scope.closed(operation);
        }
    }

    boolean isClosed() {
        return closed.get();
    }

    /** A linearizable read of a whole directory; waits for the store alone. */
    Snapshot read(String operation, Scope scope, String directory) {
        requireOpen(operation, scope);
        CompletableFuture<Snapshot> result = new CompletableFuture<>();
        kernel.store().read(new Query.All(directory), Runnable::run, (snapshot, why) -> {
            if (snapshot != null) {
                result.complete(snapshot);
            } else {
                result.completeExceptionally(scope.notApplied(operation, why));
            }
        });
        return Await.uninterruptibly(result);
    }

    Subscription onSessionState(Consumer<SessionState> callback) {
        if (closed.get()) {
            throw new SerenoClosedException(
                    "onSessionState on " + kernel.backend() + ": this Sereno was closed; connect anew");
        }
        StateSubscription subscription = new StateSubscription(callback);
        stateSubscriptions.add(subscription);
        return subscription;
    }

    /** First everything that is local, then the store, then what was made for this client alone; 5 s at most for all that has to wait. */
    void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        mutexes.close();
        elections.forEach(election -> ends.add(election.shutDown()));
        ends.add(kernel.sessions().close());
        stateSubscriptions.forEach(subscription -> ends.add(subscription.end()));
        Await.uninterruptibly(
                kernel.atMost(CLOSE_LIMIT, CompletableFuture.allOf(ends.toArray(new CompletableFuture<?>[0]))));
        if (closesBackend) {
            closeQuietly(backend);
        }
        settings.owned().forEach(Client::closeQuietly);
    }

    private static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception failed) {
            if (failed instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            LOG.log(Level.WARNING, "closing " + resource.getClass().getName() + " failed", failed);
        }
    }

    private final class StateSubscription implements Subscription {
        private final Consumer<SessionState> callback;
        private final CompletableFuture<Void> ended = new CompletableFuture<>();
        private final Callbacks callbacks =
                new Callbacks(settings.executor(), (what, thrown) -> LOG.log(Level.WARNING, what + " failed", thrown));

        StateSubscription(Consumer<SessionState> callback) {
            this.callback = callback;
        }

        void tell(SessionState state) {
            callbacks.submit("onSessionState", () -> callback.accept(state), () -> {});
        }

        CompletableFuture<Void> end() {
            stateSubscriptions.remove(this);
            CompletableFuture<Void> quiet = callbacks.close();
            return quiet.thenRun(() -> ended.complete(null));
        }

        @Override
        public CompletionStage<Void> ended() {
            return ended.minimalCompletionStage();
        }

        @Override
        public void close() {
            Await.uninterruptibly(kernel.atMost(CLOSE_LIMIT, end()));
        }
    }
}
