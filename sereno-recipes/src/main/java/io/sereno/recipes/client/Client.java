package io.sereno.recipes.client;

import io.sereno.SessionState;
import io.sereno.Subscription;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Events;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Session;
import io.sereno.recipes.kernel.Sessions;
import io.sereno.recipes.kernel.SessionsByTtl;
import io.sereno.spi.Backend;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** One connection with its session, and what is open on it: shared by all namespace views. Safe for use by multiple threads. */
public final class Client {
    private static final Logger LOG = System.getLogger("io.sereno");
    /** The time limit for all of a close; session and callbacks have {@link #CLOSE_LIMIT} of it, the backend's own close the rest. */
    private static final Duration MOST = Duration.ofSeconds(5);

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(4);

    private final Settings settings;
    private final Backend backend;
    private final boolean closesBackend;
    private final Kernel kernel;
    private final SessionsByTtl sessions;
    private final Map<Shared<?>, Object> shared = new ConcurrentHashMap<>();
    /** Close the shared objects, in the order in which they were created. */
    private final Queue<Runnable> closers = new ConcurrentLinkedQueue<>();

    private final Set<Open> open = ConcurrentHashMap.newKeySet();
    private final SessionNews sessionNews = new SessionNews();
    private final AtomicBoolean closed = new AtomicBoolean();

    public Client(Settings settings, Backend backend, boolean closesBackend) {
        this.settings = settings;
        this.backend = backend;
        this.closesBackend = closesBackend;
        Events events = new Events(settings.backendName(), settings.time(), settings.hooks(), settings.executor());
        this.kernel = new Kernel(
                backend,
                settings.time(),
                settings.executor(),
                settings.signals(),
                events,
                settings.nodeId(),
                settings.operationTimeout());
        this.sessions = new SessionsByTtl(kernel, sessionDirectory(), settings.sessionTtl(), (state, sessionId) -> {
            events.session(state, sessionId);
            sessionNews.changed(state);
        });
    }

    private String sessionDirectory() {
        return Directories.below(settings.namespace()).sessions();
    }

    public void open() {
        kernel.events().connected(backend.guarantees().backend(), settings.nodeId(), () -> {
            Session session = sessions().current();
            return session == null ? 0 : session.remaining().toNanos();
        });
        sessions().open();
    }

    public Settings settings() {
        return settings;
    }

    public Backend backend() {
        return backend;
    }

    public Kernel kernel() {
        return kernel;
    }

    /** The client's own sessions. */
    public Sessions sessions() {
        return sessions.own();
    }

    public SessionsByTtl sessionsByTtl() {
        return sessions;
    }

    /** The object of this kind that all recipes of this client share. It is created for the first one, and closed with the client. */
    public <T> T shared(Shared<T> kind) {
        @SuppressWarnings("unchecked") // Each kind is its own key, and only its maker creates the value.
        T made = (T) shared.computeIfAbsent(kind, key -> {
            T value = kind.maker().apply(this);
            closers.add(() -> kind.closer().accept(value));
            return value;
        });
        if (closed.get()) {
            kind.closer().accept(made); // It may have been created after close() went through all.
        }
        return made;
    }

    public void opened(Open opened) {
        open.add(opened);
        if (closed.get()) {
            var unused = opened.shutDown(); // It may have been added after close() went through all.
        }
    }

    /** False if it was closed before. */
    public boolean closed(Open ended) {
        return open.remove(ended);
    }

    public boolean isClosed() {
        return closed.get();
    }

    /** When a call that begins now has to end, by the kernel's clock. */
    public long deadline() {
        return kernel.time().nanoTime() + kernel.store().limit().toNanos();
    }

    public Subscription onSessionState(Consumer<SessionState> callback) {
        Scope scope = new Scope(this, "session", kernel.nodeId(), sessionDirectory());
        return sessionNews.subscribe(scope, sessions(), callback);
    }

    /** Closes local objects first, then the store, then what was created for this client alone; all waits take five seconds at most. */
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        long begun = kernel.time().nanoTime();
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        sessions().decideEnded();
        closers.forEach(Runnable::run);
        open.forEach(each -> ends.add(each.shutDown()));
        ends.add(sessions.close(CLOSE_LIMIT));
        Await.uninterruptibly(withinCloseLimit(CompletableFuture.allOf(ends.toArray(new CompletableFuture<?>[0]))));
        if (closesBackend) {
            CompletableFuture<Void> backendClosed = new CompletableFuture<>();
            // In a thread of our own: a user's thread may be interrupted, and a frozen backend may take its time.
            kernel.offStrand(() -> {
                closeQuietly(backend);
                backendClosed.complete(null);
            });
            Duration left = MOST.minusNanos(kernel.time().nanoTime() - begun);
            Await.uninterruptibly(kernel.atMost(left.isNegative() ? Duration.ZERO : left, backendClosed));
        }
        settings.owned().forEach(Client::closeQuietly);
    }

    /** A close waits this long at most for a store or a callback. */
    public CompletableFuture<Void> withinCloseLimit(CompletableFuture<Void> end) {
        return kernel.atMost(CLOSE_LIMIT, end);
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
}
