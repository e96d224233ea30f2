package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.ElectionObjects.heard;
import static io.sereno.suite.mutants.ElectionObjects.terms;
import static io.sereno.suite.mutants.ElectionObjects.withExecutor;
import static io.sereno.suite.mutants.RecipeMutants.backend;
import static io.sereno.suite.mutants.RecipeMutants.believing;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.recipe;
import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Peer;
import io.sereno.SerenoException;
import io.sereno.Topology;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** Elections with two leaders, or none. */
final class LeaderMutants {
    private LeaderMutants() {}

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    static List<Mutant> all() {
        return List.of(
                election("LDR-1", "terms are counted by each candidate", election -> {
                    AtomicLong last = new AtomicLong();
                    Map<Long, Long> told = new ConcurrentHashMap<>();
                    return tokens(
                            election,
                            leadership ->
                                    told.computeIfAbsent(leadership.fencingToken(), term -> last.addAndGet(1_024)));
                }),
                election("LDR-1", "the token is the one of the candidate's first term", election -> {
                    AtomicLong first = new AtomicLong();
                    return tokens(election, leadership -> {
                        first.compareAndSet(0, leadership.fencingToken());
                        return first.get();
                    });
                }),
                election(
                        "LDR-2",
                        "a leader that is cut off relies on its leadership until it reconnects",
                        election -> terms(election, leadership -> believing(Leadership.class, leadership))),
                backend(
                        "LDR-3",
                        "a candidate gets no notices, and looks once a ttl",
                        below -> new Queueing.HardOfHearing(below, target -> Queueing.isQueue(target.directory()))),
                backend("LDR-3", "candidates are under no lease", Queueing.WithoutALease::new),
                election(
                        "LDR-4",
                        "resign() changes only the own client",
                        election -> changed(
                                LeaderElection.class,
                                election,
                                (method, call) -> method.equals("resign") ? null : call.go())),
                election(
                        "LDR-4",
                        "a resigned leader still reports its leadership",
                        election -> terms(
                                election,
                                leadership -> changed(
                                        Leadership.class,
                                        leadership,
                                        (method, call) -> method.equals("isHeld") ? true : call.go()))),
                backend(
                        "LDR-4",
                        "close() leaves the place to the end of the lease",
                        below -> new Queueing.LeavingInWordsOnly(below) {
                            @Override
                            boolean isKept(String name) {
                                return true;
                            }
                        }),
                election(
                        "LDR-5a",
                        "the leader callback is called twice",
                        election -> heard(election, "onElectedLeader", call -> {
                            call.run();
                            call.run();
                        })),
                withExecutor(
                        "LDR-5a",
                        "follower callbacks run on their own threads",
                        (executor, election) -> heard(election, "onElectedFollower", executor::execute)),
                withExecutor(
                        "LDR-5a",
                        "each callback about a peer has a thread of its own",
                        (executor, election) -> heard(
                                heard(election, "onPeerJoined", executor::execute), "onPeerLeft", executor::execute)),
                withExecutor(
                        "LDR-5b",
                        "a callback that was interrupted is taken for one that has returned",
                        (executor, election) -> {
                            AtomicReference<Thread> worker = new AtomicReference<>();
                            LeaderElection handed = heard(
                                    election,
                                    "onElectedLeader",
                                    callback -> executor.execute(() -> {
                                        worker.set(Thread.currentThread());
                                        callback.run();
                                    }));
                            return changed(LeaderElection.class, handed, (method, call) -> {
                                Thread busy = worker.get();
                                if (method.equals("resign") && busy != null) {
                                    busy.interrupt();
                                }
                                return call.go();
                            });
                        }),
                backend("LDR-6", "a view is read once", below -> new Wrapper(below) {
                    private final Map<Query, CompletionStage<Snapshot>> seen = new ConcurrentHashMap<>();

                    @Override
                    public CompletionStage<Snapshot> read(Query query) {
                        return query instanceof Query.All && query.directory().startsWith("election/")
                                ? seen.computeIfAbsent(query, super::read)
                                : super.read(query);
                    }
                }),
                election(
                        "LDR-6",
                        "the last candidate is shown as the leader",
                        election -> topologies(election, topology -> {
                            List<Peer> peers = topology.peers();
                            return new Topology(
                                    topology.self(),
                                    peers.isEmpty() ? Optional.empty() : Optional.of(peers.get(peers.size() - 1)),
                                    peers,
                                    topology.current());
                        })),
                election(
                        "LDR-7",
                        "a leader relies on its leadership until it reconnects",
                        election -> terms(election, leadership -> believing(Leadership.class, leadership))),
                withExecutor(
                        "LDR-7",
                        "the leader's callback is not interrupted",
                        (executor, election) -> heard(election, "onElectedLeader", executor::execute)),
                election(
                        "LDR-8",
                        "after a callback throws no other is called",
                        election -> heard(election, "onElectedFollower", callback -> {
                            try {
                                callback.run();
                            } catch (IllegalStateException thrown) {
                                election.close();
                            }
                        })),
                ElectionObjects.busy("LDR-8", "renewals wait for callbacks", (directory, renews) -> renews),
                ElectionObjects.busy(
                        "LDR-8",
                        "other recipes wait for callbacks",
                        (directory, renews) -> directory.startsWith("counter/")),
                election("LDR-8", "a loss is reported after the callback has returned", election -> {
                    CompletableFuture<Boolean> returned = new CompletableFuture<>();
                    return terms(
                            heard(election, "onElectedLeader", callback -> {
                                callback.run();
                                returned.complete(true);
                            }),
                            leadership -> changed(
                                    Leadership.class,
                                    leadership,
                                    (method, call) -> method.equals("lost")
                                            ? returned.thenCompose(done -> leadership.lost())
                                            : call.go()));
                }),
                election("LDR-9", "peers are distinguished by their node ids", election -> {
                    Set<String> there = ConcurrentHashMap.newKeySet();
                    return ElectionObjects.peers(
                            election,
                            (peer, topology) -> there.add(peer.nodeId()),
                            (peer, topology) -> topology.peers().stream()
                                            .noneMatch(other -> other.nodeId().equals(peer.nodeId()))
                                    && there.remove(peer.nodeId()));
                }),
                election(
                        "LDR-9",
                        "a leaving peer is reported twice",
                        election -> heard(election, "onPeerLeft", callback -> {
                            callback.run();
                            callback.run();
                        })),
                backend(
                        "LDR-10",
                        "neither the own entry nor its predecessors are checked after waiting",
                        below -> new Queueing(below) {
                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                return verifies(commit) ? completedFuture(done()) : super.commit(commit);
                            }
                        }),
                backend("LDR-10", "only the direct predecessor is checked", Queueing.LookingAtTheNearest::new),
                election("LDR-10", "the entry of a namesake is taken for the own entry", ElectionObjects::byNodeId),
                backend("LDR-11", "new metadata is a new entry in place of the old", below -> new Queueing(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        Optional<Condition> rewrites = commit.conditions().stream()
                                .filter(condition ->
                                        isQueue(commit.directory()) && condition instanceof Condition.ModRevision)
                                .findFirst();
                        return rewrites.isEmpty()
                                ? super.commit(commit)
                                : super.commit(new Commit(
                                                commit.directory(),
                                                commit.conditions(),
                                                List.of(new Write.Delete(
                                                        rewrites.get().name())),
                                                Optional.empty()))
                                        .thenCompose(gone -> super.commit(conditions(commit, condition -> false)));
                    }
                }),
                election("LDR-11", "metadata is stored with the next term", election -> {
                    AtomicReference<Boolean> started = new AtomicReference<>(false);
                    return changed(LeaderElection.class, election, (method, call) -> {
                        if (method.equals("start")) {
                            started.set(true);
                        }
                        return method.equals("metadata") && Boolean.TRUE.equals(started.get()) ? election : call.go();
                    });
                }),
                backend("LDR-11", "peers are distinguished by their modRevisions", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<Snapshot> read(Query query) {
                        return super.read(query)
                                .thenApply(read -> query instanceof Query.All
                                                && query.directory().startsWith("election/")
                                        ? new Snapshot(
                                                read.entries().stream()
                                                        .map(entry -> new Entry(
                                                                entry.name(),
                                                                entry.value(),
                                                                entry.modRevision(),
                                                                entry.modRevision(),
                                                                entry.leaseId()))
                                                        .toList(),
                                                read.more())
                                        : read);
                    }
                }),
                backend(
                        "LDR-12",
                        "the end of the first session is the end of the candidacy",
                        below -> new Queueing(below) {
                            private final Set<Long> leases =
                                    Collections.synchronizedSet(new java.util.LinkedHashSet<>());

                            @Override
                            public CompletionStage<CommitResult> commit(Commit commit) {
                                if (!enqueues(commit)) {
                                    return super.commit(commit);
                                }
                                commit.writes().stream()
                                        .filter(Write.Put.class::isInstance)
                                        .forEach(write -> leases.add(((Write.Put) write).leaseId()));
                                return leases.size() == 1 ? super.commit(commit) : new CompletableFuture<>();
                            }
                        }),
                backend("LDR-12", "a failed enrolment is not retried", below -> new Queueing(below) {
                    private volatile boolean failed;

                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        if (enqueues(commit) && failed) {
                            return new CompletableFuture<>();
                        }
                        return super.commit(commit).whenComplete((result, failure) -> failed |= failure != null);
                    }
                }),
                election(
                        "LDR-12",
                        "lastError() is never set",
                        election -> changed(
                                LeaderElection.class,
                                election,
                                (method, call) -> method.equals("lastError") ? Optional.empty() : call.go())),
                election("LDR-12", "lastError() stays", election -> {
                    AtomicReference<Optional<SerenoException>> last = new AtomicReference<>(Optional.empty());
                    return changed(
                            LeaderElection.class,
                            election,
                            (method, call) -> method.equals("lastError")
                                    ? last.updateAndGet(before -> before.isPresent() ? before : election.lastError())
                                    : call.go());
                }),
                election(
                        "LDR-13",
                        "the first other candidate is shown as the leader",
                        election -> topologies(
                                election,
                                topology -> new Topology(
                                        topology.self(),
                                        topology.peers().stream().findFirst(),
                                        topology.peers(),
                                        topology.current()))),
                election("LDR-13", "a former leader is shown until another leader is seen", election -> {
                    AtomicReference<Optional<Peer>> last = new AtomicReference<>(Optional.empty());
                    return topologies(
                            election,
                            topology -> new Topology(
                                    topology.self(),
                                    last.updateAndGet(
                                            before -> topology.leader().or(() -> before)),
                                    topology.peers(),
                                    topology.current()));
                }));
    }

    private static Mutant election(String rule, String what, UnaryOperator<LeaderElection> broken) {
        return recipe(rule, what, LeaderElection.class, broken);
    }

    private static LeaderElection tokens(LeaderElection election, java.util.function.ToLongFunction<Leadership> told) {
        return terms(
                election,
                leadership -> changed(
                        Leadership.class,
                        leadership,
                        (method, call) ->
                                method.equals("fencingToken") ? (Object) told.applyAsLong(leadership) : call.go()));
    }

    private static LeaderElection topologies(LeaderElection election, UnaryOperator<Topology> told) {
        return changed(LeaderElection.class, election, (method, call) -> {
            Object result = call.go();
            return result instanceof Topology topology ? told.apply(topology) : result;
        });
    }
}
