package io.sereno.backend.zookeeper;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.utils.ZookeeperFactory;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.jspecify.annotations.Nullable;

/**
 * One client: a main session for reads, watches and commits without a lease, which Curator replaces when it has expired; and
 * a session for each lease, which is never replaced. Curator carries no operations, so it repeats none.
 */
final class ZooKeeperBackend implements Backend {
    /** A silent link is given up after two thirds of it. */
    private static final Duration MAIN_SESSION = Duration.ofSeconds(6);
    /** How long to wait at the end for a frozen server. */
    private static final Duration PARTING = Duration.ofSeconds(1);

    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final System.Logger LOG = System.getLogger(ZooKeeperBackend.class.getName());

    private final Connection connection;
    private final Watches watches;
    private final Namespace namespace;
    private final Attempt.Place place;
    private final Reader reader;
    private final Directories directories;
    private final CuratorFramework curator;
    private final Guarantees guarantees;
    private final MainSessions mainSessions = new MainSessions();
    private volatile boolean opened;

    /** Blocks until the servers have answered, for the connect timeout at most. */
    ZooKeeperBackend(BackendConfig config, Options options) {
        this(config, options, true);
    }

    /** Guarded or, in a test, not; see {@link Attempt.Place}. */
    ZooKeeperBackend(BackendConfig config, Options options, boolean guarded) {
        connection = new Connection(config, options);
        RememberedEntries remembered = new RememberedEntries();
        place = new Attempt.Place(connection.paths(), Acl.of(config, options), remembered, guarded);
        ForeignNodes foreign = new ForeignNodes();
        watches = new Watches(connection, foreign, this::refused, mainSessions::expired);
        namespace = new Namespace(connection, watches, place);
        reader = new Reader(connection.paths(), remembered, foreign, namespace::failure, Limits.MOST_LISTED);
        directories = new Directories(connection.paths(), foreign);
        curator = CuratorFrameworkFactory.builder()
                .connectString(connection.hosts())
                .sessionTimeoutMs((int) MAIN_SESSION.toMillis())
                .connectionTimeoutMs((int) config.connectTimeout().toMillis())
                .retryPolicy(new RetryNTimes(0, 0))
                // The URI gives the servers. Addresses that they announce may not be reachable from here.
                .ensembleTracker(false)
                .zookeeperFactory(mainSessions)
                .build();
        try {
            WarmUp.once(connection, config.connectTimeout());
            curator.start();
            new Opening(connection, watches.link(), namespace, options.slack()).await(config);
            guarantees = Limits.guarantees(connection.range());
            opened = true;
        } catch (RuntimeException | Error e) {
            closeLater();
            throw e;
        }
    }

    /**
     * Closes after a failure to connect, without blocking. There are no entries that anybody would wait for, and
     * ZooKeeper's client ends one of its threads only after its pause between two servers, up to a second later.
     */
    private void closeLater() {
        connection.threads().execute(() -> close(Duration.ZERO));
    }

    /** The handle of the main session, for tests. */
    Handle mainHandle() {
        return Objects.requireNonNull(watches.link().handle());
    }

    /** The handles of all leases, for tests. */
    List<Handle> leaseHandles() {
        return connection.leases().all().stream()
                .map(lease -> Objects.requireNonNull(lease.link().handle()))
                .toList();
    }

    private void refused() {
        watches.link().die();
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        Call<Snapshot> call = connection.calls().begin("reading directory '" + query.directory() + "'");
        watches.link()
                .whenConnected(
                        call,
                        handle -> {
                            int[] guards = place.remembered().guards();
                            var barrier = handle.barrier(place.paths().clock());
                            call.follow(reader.read(handle, query, guards)
                                    .thenCombine(barrier, (snapshot, passed) -> {
                                        if (!passed.isOk()) {
                                            throw namespace.failure(call.what(), passed.code());
                                        }
                                        return snapshot;
                                    })
                                    .handle((snapshot, failure) -> {
                                        finish(call, snapshot, failure);
                                        return true;
                                    }));
                        },
                        () -> ended(call));
        return call.stage();
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        Call<CommitResult> call = connection.calls().begin("committing to directory '" + commit.directory() + "'");
        if (call.isOpen()) {
            try {
                guarantees.requireFits(commit);
                start(commit, call);
            } catch (BackendException refused) {
                call.refuse(refused);
            }
        }
        return call.stage();
    }

    private void start(Commit commit, Call<CommitResult> call) {
        long leaseId = commit.leaseId();
        if (leaseId == 0) {
            new CommitRun(commit, call, watches.link(), null, namespace, reader).start();
            return;
        }
        ZooKeeperLease lease = connection.leases().of(leaseId);
        if (lease != null) {
            new CommitRun(commit, call, lease.link(), lease, namespace, reader).start();
        } else if (connection.leases().wasGranted(leaseId)) {
            call.end(new CommitResult.LeaseDead());
        } else {
            throw Failures.refused(
                    "lease " + leaseId
                            + " was not granted through this connection; a lease is valid only on the connection that granted it");
        }
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        Call<Lease> call = connection.calls().begin("granting a lease of " + ttl);
        if (!call.isOpen()) {
            return call.stage();
        }
        Range range = connection.range();
        if (ttl.isNegative() || ttl.isZero() || ttl.compareTo(range.greatestTtl()) > 0) {
            call.refuse(Failures.refused("a lease of " + ttl + "; more than zero and up to " + range.greatestTtl()
                    + " is accepted: the servers' greatest session"
                    + (range.slack().isZero() ? "" : ", less the slack of " + range.slack())));
            return call.stage();
        }
        Duration asked = ttl.compareTo(range.leastTtl()) < 0 ? range.leastTtl() : ttl;
        ZooKeeperLease lease = new ZooKeeperLease(connection, namespace, call, asked);
        if (connection.leases().admit(lease)) {
            lease.open();
        } else {
            call.refuse(Failures.refused("this connection has " + Leases.MOST
                    + " leases; each is a session, so no more are accepted. Revoke one, or open another connection"));
        }
        return call.stage();
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        Call<Watch> call = connection.calls().begin("watching directory '" + target.directory() + "'");
        if (call.isOpen()) {
            watches.begin(
                    call, new NoticeQueue(target, listener, connection.executor(), connection.time(), watches::cancel));
        }
        return call.stage();
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        Call<DirectoryPage> call = connection.calls().begin("listing the directories");
        try {
            DirectoryPage.checkLimit(limit);
        } catch (BackendException refused) {
            call.refuse(refused);
            return call.stage();
        }
        watches.link()
                .whenConnected(
                        call,
                        handle -> call.follow(handle.barrier(place.paths().clock())
                                .thenCombine(directories.all(handle), (passed, all) -> {
                                    if (!passed.isOk()) {
                                        throw namespace.failure(call.what(), passed.code());
                                    }
                                    return DirectoryPage.of(all, cursor, limit);
                                })
                                .handle((page, failure) -> {
                                    finish(call, page, failure);
                                    return true;
                                })),
                        () -> ended(call));
        return call.stage();
    }

    @Override
    public Guarantees guarantees() {
        return guarantees;
    }

    @Override
    public void close() {
        close(PARTING);
    }

    private void close(Duration parting) {
        if (connection.isClosed()) {
            return;
        }
        connection.calls().close();
        watches.close();
        Set<Handle> handles = connection.close();
        List<CompletableFuture<?>> partings = new ArrayList<>();
        connection.leases().all().forEach(lease -> partings.add(lease.leave()));
        Handle main = watches.link().handle();
        if (main != null) {
            partings.add(main.end());
        }
        try {
            CompletableFuture.allOf(partings.toArray(CompletableFuture[]::new))
                    .get(parting.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException silent) {
            // The sessions expire by themselves.
            LOG.log(Level.DEBUG, "sessions were left to expire", silent);
        }
        handles.forEach(connection::release);
        curator.close();
        connection.tls().ifPresent(Tls::close);
    }

    private static void ended(Call<?> call) {
        call.interrupt("ZooKeeper refused the credentials of this connection", true);
    }

    private static <T> void finish(Call<T> call, T value, Throwable failure) {
        if (failure == null) {
            call.end(value);
            return;
        }
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        call.fail(cause instanceof BackendException known ? known : Failures.notNow(call.what() + ": " + cause));
    }

    /**
     * Gives Curator a session at the start, and again for each that has expired. Curator sees nothing else: {@link Link} handles connections.
     */
    private final class MainSessions implements ZookeeperFactory {
        private volatile @Nullable Watcher curators;

        void expired(Handle former) {
            connection.release(former);
            Watcher watcher = curators;
            if (watcher != null) {
                watcher.process(new WatchedEvent(EventType.None, KeeperState.Expired, null));
            }
        }

        @Override
        public ZooKeeper newZooKeeper(String hosts, int timeoutMillis, Watcher watcher, boolean canBeReadOnly)
                throws Exception {
            if (connection.isClosed()) {
                throw new IllegalStateException("closed");
            }
            curators = watcher;
            try {
                return connection.openHandle(
                        hosts, Duration.ofMillis(timeoutMillis), watches.link(), watches.link()::attach);
            } catch (IOException | RuntimeException e) {
                askAgain(e);
                throw e;
            }
        }

        /** Makes Curator ask again, since it asks only once. */
        private void askAgain(Exception why) {
            if (!opened) {
                return;
            }
            LOG.log(Level.WARNING, "no session could be opened with ZooKeeper; retrying", why);
            connection.time().schedule(AGAIN, connection.threads(), () -> {
                if (!connection.isClosed()) {
                    try {
                        curator.getZookeeperClient().reset();
                    } catch (Exception e) {
                        LOG.log(Level.DEBUG, "the attempt failed; retrying", e);
                    }
                }
            });
        }
    }
}
