package io.sereno.examples.backend;

import io.sereno.blocking.BlockingCalls;
import io.sereno.blocking.BlockingListener;
import io.sereno.examples.backend.Wire.Request;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.TimeSource;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/** One client of a server of shelves. Each call is one request over a connection that the helper keeps. */
final class RemoteShelfBackend implements Backend {
    private static final Guarantees GUARANTEES = Guarantees.builder(
                    "remote shelf", Duration.ofMillis(10), Duration.ofDays(1))
            .promises(Set.of(Promise.SNAPSHOT_READS, Promise.STORE_WIDE_REVISIONS, Promise.MANY_PROCESSES))
            .expiryLateness(Duration.ofMillis(500))
            .recovery(Duration.ofSeconds(5))
            .maxLeases(Integer.MAX_VALUE)
            .maxLeaseBytes(Integer.MAX_VALUE)
            .build();

    /** The server says every second that it is there. */
    private static final Duration SILENCE = Duration.ofSeconds(3);

    private final BlockingCalls<ShelfLine> calls;
    private final TimeSource time;
    private final Executor callbacks;
    /** By which the server finds this client's connection for notices. */
    private final String me = UUID.randomUUID().toString();

    private final Map<Long, Watched> watches = new ConcurrentHashMap<>();
    private final AtomicLong lastWatch = new AtomicLong();
    /** Granted here, and not known to have ended: a commit may name no other (COM-9b). */
    private final Set<Long> leases = ConcurrentHashMap.newKeySet();

    /** A watch, and the stage of its beginning. */
    private record Watched(NoticeQueue queue, CompletableFuture<Watch> live) {}

    RemoteShelfBackend(BlockingCalls<ShelfLine> calls, TimeSource time, Executor callbacks) {
        this.calls = calls;
        this.time = time;
        this.callbacks = callbacks;
        calls.listen(this::listen);
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        return calls.read("the read of directory '" + query.directory() + "'", line -> {
            Snapshot snapshot = line.ask(Request.READ, out -> Wire.write(out, query), Wire::readSnapshot);
            GUARANTEES.requireFits(query.directory(), snapshot);
            return snapshot;
        });
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        try {
            GUARANTEES.requireFits(commit);
        } catch (BackendException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        if (commit.leaseId() != 0 && !leases.contains(commit.leaseId())) {
            return calls.isClosed()
                    ? CompletableFuture.failedFuture(calls.closedFailure())
                    : CompletableFuture.completedFuture(new CommitResult.LeaseDead());
        }
        return calls.write("the commit to directory '" + commit.directory() + "'", line -> {
            CommitResult result = line.ask(
                    Request.COMMIT, out -> Wire.write(out, commit), in -> Wire.readResult(in, GUARANTEES::fits));
            if (result instanceof CommitResult.LeaseDead) {
                leases.remove(commit.leaseId());
            }
            return result;
        });
    }

    /** If the answer is lost, the lease is granted again: one that nobody knows ends by itself. */
    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        if (ttl.compareTo(GUARANTEES.leastTtl()) < 0 || ttl.compareTo(GUARANTEES.greatestTtl()) > 0) {
            return CompletableFuture.failedFuture(new BackendException(
                    Outcome.NOT_APPLIED,
                    true,
                    "a ttl of " + ttl + "; " + GUARANTEES.leastTtl() + " to " + GUARANTEES.greatestTtl()
                            + " is accepted",
                    null));
        }
        return calls.read("the grant of a lease", line -> {
            long id = line.ask(Request.GRANT, out -> out.writeLong(ttl.toNanos()), in -> in.readLong());
            leases.add(id);
            return new RemoteLease(id, ttl);
        });
    }

    private final class RemoteLease implements Lease {
        private final long id;
        private final Duration ttl;

        RemoteLease(long id, Duration ttl) {
            this.id = id;
            this.ttl = ttl;
        }

        @Override
        public long id() {
            return id;
        }

        @Override
        public Duration ttl() {
            return ttl;
        }

        @Override
        public CompletionStage<Boolean> renew() {
            return calls.write("the renewal of a lease", line -> {
                boolean lives = line.ask(Request.RENEW, out -> out.writeLong(id), in -> in.readBoolean());
                if (!lives) {
                    leases.remove(id);
                }
                return lives;
            });
        }

        @Override
        public CompletionStage<Void> revoke() {
            return calls.write("the revocation of a lease", line -> {
                        line.ask(Request.REVOKE, out -> out.writeLong(id), in -> true);
                        return leases.remove(id);
                    })
                    .thenAccept(wasKnown -> {});
        }
    }

    /** The watch begins at once if the server has a connection for notices, and otherwise with the next one. */
    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        long number = lastWatch.incrementAndGet();
        CompletableFuture<Watch> live = new CompletableFuture<>();
        NoticeQueue queue = new NoticeQueue(target, listener, callbacks, time, ended -> forget(number));
        // Before it is sent: a connection that is attached later sets it again.
        watches.put(number, new Watched(queue, live));
        String what = "the watch of directory '" + target.directory() + "'";
        var unused = calls.read(
                        what,
                        line -> line.ask(
                                Request.WATCH,
                                out -> {
                                    out.writeUTF(me);
                                    out.writeLong(number);
                                    Wire.write(out, target);
                                },
                                in -> in.readBoolean()))
                .thenAccept(isAttached -> {
                    if (isAttached) {
                        live.complete(queue);
                    }
                });
        return calls.await(what, live).whenComplete((watch, failure) -> {
            if (failure != null) {
                queue.cancel();
            }
        });
    }

    private void forget(long number) {
        watches.remove(number);
        if (!calls.isClosed()) {
            var unused = calls.read(
                    "the end of a watch",
                    line -> line.ask(
                            Request.UNWATCH,
                            out -> {
                                out.writeUTF(me);
                                out.writeLong(number);
                            },
                            in -> true));
        }
    }

    /** Over each new connection for notices: attaches it, sets all watches again, resets them, then receives. */
    private void listen(ShelfLine line, BlockingListener<ShelfLine> listener) throws Exception {
        calls.within(line, SILENCE, same -> same.ask(Request.ATTACH, out -> out.writeUTF(me), in -> true));
        // Attached first: a watch that is not in this copy is sent later, and the server sets it for this connection.
        Map<Long, Watched> all = Map.copyOf(watches);
        calls.within(
                line,
                SILENCE,
                same -> same.ask(
                        Request.LISTEN,
                        out -> {
                            out.writeInt(all.size());
                            for (Map.Entry<Long, Watched> watched : all.entrySet()) {
                                out.writeLong(watched.getKey());
                                Wire.write(out, watched.getValue().queue().target());
                            }
                        },
                        in -> true));
        all.values().forEach(watched -> {
            // A watch that was live may have missed a change. To the others nothing was promised so far.
            if (!watched.live().complete(watched.queue())) {
                watched.queue().reset();
            }
        });
        while (!listener.isClosed()) {
            calls.within(
                    line,
                    SILENCE,
                    same -> same.next(in -> {
                        receive(in.readLong(), in.readUTF(), in.readLong());
                        return true;
                    }));
        }
    }

    private void receive(long number, String name, long revision) {
        Watched watched = watches.get(number);
        if (watched == null) {
            // The server says that it is there, or the watch was cancelled.
            return;
        }
        if (name.isEmpty()) {
            watched.queue().reset();
        } else {
            watched.queue().changed(name, revision);
        }
    }

    @Override
    public Guarantees guarantees() {
        return GUARANTEES;
    }

    @Override
    public void close() {
        watches.values().forEach(watched -> watched.queue().end());
        calls.close();
    }
}
