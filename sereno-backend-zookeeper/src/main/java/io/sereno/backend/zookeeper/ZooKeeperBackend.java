package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.utils.ZookeeperFactory;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;

/**
 * One client: a main session for reads, watches and commits without a lease, which Curator replaces when it has expired; and
 * a session for each lease, which nobody replaces. Curator carries no operation, so it repeats none.
 */
final class ZooKeeperBackend implements Backend {
    static final int MAX_VALUE_BYTES = 256 * 1024;
    static final int MAX_COMMIT_BYTES = 512 * 1024;
    static final int MAX_LISTING_BYTES = 4 * 1024 * 1024;
    static final int MAX_OPERATIONS = 64;

    /** A link that is silent is given up after two thirds of it. */
    private static final Duration MAIN_SESSION = Duration.ofSeconds(6);
    /** For what a frozen server does not acknowledge. */
    private static final Duration PARTING = Duration.ofSeconds(1);

    private final Connection connection;
    private final Watches watches;
    private final Attempt.Place place;
    private final Reader reader;
    private final CuratorFramework curator;
    private final Guarantees guarantees;

    /** Blocks until the servers have answered, for the connect timeout at most. */
    ZooKeeperBackend(BackendConfig config, Options options) {
        this(config, options, true);
    }

    /** As {@link Attempt.Place} has it, guarded or, in a test, not. */
    ZooKeeperBackend(BackendConfig config, Options options, boolean guarded) {
        connection = new Connection(config);
        Sightings sightings = new Sightings();
        place = new Attempt.Place(connection.paths(), options.acl(), sightings, guarded);
        reader = new Reader(connection.paths(), sightings);
        watches = new Watches(connection.paths(), connection.time(), this::refused);
        curator = CuratorFrameworkFactory.builder()
                .connectString(connection.hosts())
                .sessionTimeoutMs((int) MAIN_SESSION.toMillis())
                .connectionTimeoutMs((int) config.connectTimeout().toMillis())
                .retryPolicy(new RetryNTimes(0, 0))
                // Servers are where the URI says; what they say of themselves may not be reachable from here.
                .ensembleTracker(false)
                .zookeeperFactory(new MainSessions())
                .build();
        try {
            curator.start();
            open(config, options);
            guarantees = guarantees(connection.range());
        } catch (RuntimeException | Error e) {
            // There are no entries that anybody would wait for.
            close(Duration.ZERO);
            throw e;
        }
    }

    private void open(BackendConfig config, Options options) {
        Call<Boolean> call = new Call<>("connecting to ZooKeeper at " + connection.hosts(), Runnable::run);
        new Opening(connection, watches.link(), place, options.slack(), call).start();
        try {
            call.stage().toCompletableFuture().get(config.connectTimeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new BackendException(
                    BackendException.Outcome.NOT_APPLIED,
                    false,
                    call.what() + ": no answer within "
                            + config.connectTimeout().toMillis()
                            + " ms; does a server run there, and do most of the ensemble's?",
                    e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof BackendException known
                    ? known
                    : Failures.notNow(call.what() + ": " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failures.notNow(call.what() + ": interrupted");
        }
    }

    /** The handle of the main session, for its tests. */
    Handle mainHandle() {
        return Objects.requireNonNull(watches.link().handle());
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
                            var barrier = handle.barrier(place.paths().clock());
                            call.follow(reader.read(handle, query)
                                    .thenCombine(barrier, (snapshot, passed) -> {
                                        if (!passed.isOk()) {
                                            throw Failures.ofRead(call.what(), passed.code());
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
                checkSizes(commit);
                start(commit, call);
            } catch (BackendException refused) {
                call.refuse(refused);
            }
        }
        return call.stage();
    }

    private void start(Commit commit, Call<CommitResult> call) {
        long leaseId = leaseOf(commit);
        if (leaseId == 0) {
            new CommitRun(commit, call, watches.link(), null, place, reader).start();
            return;
        }
        ZooKeeperLease lease = connection.leases().of(leaseId);
        if (lease != null) {
            new CommitRun(commit, call, lease.link(), lease, place, reader).start();
        } else if (connection.leases().wasGranted(leaseId)) {
            call.end(new CommitResult.LeaseDead());
        } else {
            throw Failures.refused(
                    "lease " + leaseId + " was not granted through this connection, and counts only where" + " it was");
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
        ZooKeeperLease lease = new ZooKeeperLease(connection, call, asked);
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
            watches.begin(call, new Notices(target, listener, connection.executor(), watches::cancel));
        }
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
            // The sessions end by their time.
            System.getLogger(ZooKeeperBackend.class.getName())
                    .log(System.Logger.Level.DEBUG, "sessions were left to end by themselves", silent);
        }
        handles.forEach(connection::release);
        curator.close();
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

    private static long leaseOf(Commit commit) {
        for (Write write : commit.writes()) {
            if (write instanceof Write.Put put && put.leaseId() != 0) {
                return put.leaseId();
            }
        }
        return 0;
    }

    private static void checkSizes(Commit commit) {
        checkCount("conditions", commit.conditions().size());
        checkCount("writes", commit.writes().size());
        long bytes = Stream.concat(
                        commit.conditions().stream().map(Condition::name),
                        commit.writes().stream().map(Write::name))
                .mapToLong(name -> name.getBytes(UTF_8).length)
                .sum();
        for (Write write : commit.writes()) {
            if (write instanceof Write.Put put) {
                int size = put.value().size();
                if (size > MAX_VALUE_BYTES) {
                    throw Failures.refused("the value of entry '" + put.name() + "' has " + size + " bytes, at most "
                            + MAX_VALUE_BYTES + " are accepted");
                }
                bytes += size;
            }
        }
        if (bytes > MAX_COMMIT_BYTES) {
            throw Failures.refused("the names and values of the commit to directory '" + commit.directory() + "' have "
                    + bytes + " bytes together, at most " + MAX_COMMIT_BYTES + " are accepted");
        }
    }

    private static void checkCount(String what, int count) {
        if (count > MAX_OPERATIONS) {
            throw Failures.refused(count + " " + what + " in one commit, at most " + MAX_OPERATIONS + " are accepted");
        }
    }

    private static Guarantees guarantees(Range range) {
        return new Guarantees(
                "zookeeper",
                "",
                Set.of(
                        Promise.DURABLE,
                        Promise.FAIL_OVER_SAFE,
                        Promise.REVISIONS_SURVIVE_FAIL_OVER,
                        Promise.MANY_PROCESSES),
                range.leastTtl(),
                range.greatestTtl(),
                Duration.ofMillis(1),
                range.expiryLateness(),
                // A client waits up to a second before it connects again, and a frozen server is left after two thirds
                // of a session.
                Duration.ofSeconds(7),
                // The server looks for empty containers once a minute; usually the last commit removes the directory.
                Duration.ofSeconds(90),
                Leases.MOST,
                LeaseSpace.MOST_NAMED,
                MAX_VALUE_BYTES,
                MAX_COMMIT_BYTES,
                MAX_LISTING_BYTES,
                MAX_OPERATIONS,
                MAX_OPERATIONS);
    }

    /** Curator asks it for a session at the start, and again for each that has expired. */
    private final class MainSessions implements ZookeeperFactory {
        @Override
        public ZooKeeper newZooKeeper(String hosts, int timeoutMillis, Watcher watcher, boolean canBeReadOnly)
                throws Exception {
            if (connection.isClosed()) {
                throw new IllegalStateException("closed");
            }
            return connection.openHandle(
                    hosts, Duration.ofMillis(timeoutMillis), watches.link(), watches.link()::attach, watcher);
        }
    }
}
