package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.ElectionObjects.calling;
import static io.sereno.suite.mutants.ElectionObjects.terms;
import static io.sereno.suite.mutants.ElectionObjects.withExecutor;
import static io.sereno.suite.mutants.RecipeMutants.believing;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Peer;
import io.sereno.SerenoException;
import io.sereno.Topology;
import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;

/** Elections with two leaders, or none. */
final class LeaderMutants {
    private LeaderMutants() {}

    static void addTo(Mutants all) {
        leaderships(all);
        callbacks(all);
        views(all);
        losses(all);
        peers(all);
        candidacies(all);
        retries(all);
        leaders(all);
        successions(all);
    }

    private static void successions(Mutants all) {
        all.recipe("LDR-15", "priorities are not stored")
                .calls(LeaderElection.class, (method, call) -> method.equals("priority") ? null : call.go());
        all.recipe("LDR-15", "a leader resigns when a candidate joins")
                .objects(
                        LeaderElection.class,
                        election -> changed(LeaderElection.class, election, (method, call) -> {
                            if (method.equals("start")) {
                                election.onPeerJoined((peer, topology) -> election.resign());
                            }
                            return call.go();
                        }));
        all.recipe("LDR-16", "a transfer is a resignation")
                .objects(
                        LeaderElection.class,
                        election -> changed(LeaderElection.class, election, (method, call) -> {
                            if (!method.equals("transferTo")) {
                                return call.go();
                            }
                            election.resign();
                            return true;
                        }));
        all.recipe("LDR-16", "a peer is ready while its callback runs")
                .in(withExecutor((executor, election) -> calling(election, "onPreparing", executor::execute)));
        all.backend("LDR-16", "a leader does not say whom it prepares")
                .requests(commit -> Commits.valued(commit, "", text -> text.replaceAll("\npreparing [^\n]*", "")));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void leaderships(Mutants all) {
        all.recipe("LDR-1", "terms are counted by each candidate").objects(LeaderElection.class, election -> {
            AtomicLong last = new AtomicLong();
            Map<Long, Long> reported = new ConcurrentHashMap<>();
            return tokens(
                    election,
                    leadership -> reported.computeIfAbsent(leadership.fencingToken(), term -> last.addAndGet(1_024)));
        });
        all.recipe("LDR-1", "the token is the one of the candidate's first term")
                .objects(LeaderElection.class, election -> {
                    AtomicLong first = new AtomicLong();
                    return tokens(election, leadership -> {
                        first.compareAndSet(0, leadership.fencingToken());
                        return first.get();
                    });
                });
        all.recipe("LDR-2", "a leader that is cut off relies on its leadership until it reconnects")
                .objects(
                        LeaderElection.class,
                        election -> terms(election, leadership -> believing(Leadership.class, leadership)));
        all.backend("LDR-3", "a candidate gets no notices, and looks once a ttl")
                .listeners(Queueing::hardOfHearing);
        all.backend("LDR-3", "candidates are under no lease").requests(Queueing::withoutALease);
        all.recipe("LDR-4", "resign() changes only the own client")
                .calls(LeaderElection.class, (method, call) -> method.equals("resign") ? null : call.go());
        all.recipe("LDR-4", "a resigned leader still reports its leadership")
                .objects(
                        LeaderElection.class,
                        election -> terms(
                                election,
                                leadership -> changed(
                                        Leadership.class,
                                        leadership,
                                        (method, call) -> method.equals("isHeld") ? true : call.go())));
        all.backend("LDR-4", "close() leaves the place to the end of the lease")
                .with(below -> Queueing.leavingInWordsOnly(below, name -> true));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void callbacks(Mutants all) {
        all.recipe("LDR-5a", "the leader callback is called twice")
                .objects(
                        LeaderElection.class,
                        election -> calling(election, "onElectedLeader", call -> {
                            call.run();
                            call.run();
                        }));
        all.recipe("LDR-5a", "follower callbacks run on their own threads")
                .in(withExecutor((executor, election) -> calling(election, "onElectedFollower", executor::execute)));
        all.recipe("LDR-5a", "each callback about a peer has a thread of its own")
                .in(withExecutor((executor, election) -> calling(
                        calling(election, "onPeerJoined", executor::execute), "onPeerLeft", executor::execute)));
        all.recipe("LDR-5b", "a callback that was interrupted is taken for one that has returned")
                .in(withExecutor((executor, election) -> {
                    AtomicReference<Thread> worker = new AtomicReference<>();
                    LeaderElection handed = calling(
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
                }));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void views(Mutants all) {
        all.backend("LDR-6", "a view is read once").with((world, below) -> {
            Map<Query, CompletionStage<Snapshot>> seen = new ConcurrentHashMap<>();
            return new Hooks(below)
                    .reads(query ->
                            query instanceof Query.All && query.directory().startsWith("election/")
                                    ? seen.computeIfAbsent(query, below::read)
                                    : below.read(query));
        });
        all.recipe("LDR-6", "the last candidate is shown as the leader")
                .objects(
                        LeaderElection.class,
                        election -> topologies(election, topology -> {
                            List<Peer> peers = topology.peers();
                            return new Topology(
                                    topology.self(),
                                    peers.isEmpty() ? Optional.empty() : Optional.of(peers.get(peers.size() - 1)),
                                    peers,
                                    topology.current());
                        }));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void losses(Mutants all) {
        all.recipe("LDR-7", "a leader relies on its leadership until it reconnects")
                .objects(
                        LeaderElection.class,
                        election -> terms(election, leadership -> believing(Leadership.class, leadership)));
        all.recipe("LDR-7", "the leader's callback is not interrupted")
                .in(withExecutor((executor, election) -> calling(election, "onElectedLeader", executor::execute)));
        all.recipe("LDR-8", "after a callback throws no other is called")
                .objects(
                        LeaderElection.class,
                        election -> calling(election, "onElectedFollower", callback -> {
                            try {
                                callback.run();
                            } catch (IllegalStateException thrown) {
                                election.close();
                            }
                        }));
        all.recipe("LDR-8", "renewals wait for callbacks").in(ElectionObjects.busy((directory, renews) -> renews));
        all.recipe("LDR-8", "other recipes wait for callbacks")
                .in(ElectionObjects.busy((directory, renews) -> directory.startsWith("counter/")));
        all.recipe("LDR-8", "a loss is reported after the callback has returned")
                .objects(LeaderElection.class, election -> {
                    CompletableFuture<Boolean> returned = new CompletableFuture<>();
                    return terms(
                            calling(election, "onElectedLeader", callback -> {
                                callback.run();
                                returned.complete(true);
                            }),
                            leadership -> changed(
                                    Leadership.class,
                                    leadership,
                                    (method, call) -> method.equals("lost")
                                            ? returned.thenCompose(done -> leadership.lost())
                                            : call.go()));
                });
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void peers(Mutants all) {
        all.recipe("LDR-9", "peers are distinguished by their node ids").objects(LeaderElection.class, election -> {
            Set<String> there = ConcurrentHashMap.newKeySet();
            return ElectionObjects.peers(
                    election,
                    (peer, topology) -> there.add(peer.nodeId()),
                    (peer, topology) -> topology.peers().stream()
                                    .noneMatch(other -> other.nodeId().equals(peer.nodeId()))
                            && there.remove(peer.nodeId()));
        });
        all.recipe("LDR-9", "a leaving peer is reported twice")
                .objects(
                        LeaderElection.class,
                        election -> calling(election, "onPeerLeft", callback -> {
                            callback.run();
                            callback.run();
                        }));
        all.recipe("LDR-14", "each leader is reported twice")
                .objects(
                        LeaderElection.class,
                        election -> calling(election, "onLeaderChanged", callback -> {
                            callback.run();
                            callback.run();
                        }));
        all.recipe("LDR-14", "the present leader is not reported").objects(LeaderElection.class, election -> {
            AtomicReference<Boolean> first = new AtomicReference<>(true);
            return calling(election, "onLeaderChanged", callback -> {
                if (Boolean.FALSE.equals(first.getAndSet(false))) {
                    callback.run();
                }
            });
        });
        all.backend("LDR-10", "neither the own entry nor its predecessors are checked after waiting")
                .commits((world, below, commit) ->
                        Queueing.verifies(commit) ? completedFuture(Commits.done()) : below.commit(commit));
        all.backend("LDR-10", "only the direct predecessor is checked").requests(Queueing::lookingAtTheNearest);
        all.recipe("LDR-10", "the entry of a namesake is taken for the own entry")
                .objects(LeaderElection.class, ElectionObjects::byNodeId);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void candidacies(Mutants all) {
        all.backend("LDR-11", "new metadata is a new entry in place of the old").commits((world, below, commit) -> {
            Optional<Condition> rewrites = commit.conditions().stream()
                    .filter(condition ->
                            Queueing.isQueue(commit.directory()) && condition instanceof Condition.ModRevision)
                    .findFirst();
            return rewrites.isEmpty()
                    ? below.commit(commit)
                    : below.commit(new Commit(
                                    commit.directory(),
                                    commit.conditions(),
                                    List.of(new Write.Delete(rewrites.get().name())),
                                    Optional.empty()))
                            .thenCompose(gone -> below.commit(Queueing.conditions(commit, condition -> false)));
        });
        all.recipe("LDR-11", "metadata is stored with the next term").objects(LeaderElection.class, election -> {
            AtomicReference<Boolean> started = new AtomicReference<>(false);
            return changed(LeaderElection.class, election, (method, call) -> {
                if (method.equals("start")) {
                    started.set(true);
                }
                return method.equals("metadata") && Boolean.TRUE.equals(started.get()) ? election : call.go();
            });
        });
        all.backend("LDR-11", "peers are distinguished by their modRevisions")
                .reads((world, below, query) -> below.read(query)
                        .thenApply(read ->
                                query instanceof Query.All && query.directory().startsWith("election/")
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
                                        : read));
    }

    private static void retries(Mutants all) {
        all.backend("LDR-12", "the end of the first session is the end of the candidacy")
                .with((world, below) -> {
                    Set<Long> leases = Collections.synchronizedSet(new LinkedHashSet<>());
                    return new Hooks(below).commits(commit -> {
                        if (!Queueing.enqueues(commit)) {
                            return below.commit(commit);
                        }
                        commit.writes().stream()
                                .filter(Write.Put.class::isInstance)
                                .forEach(write -> leases.add(((Write.Put) write).leaseId()));
                        return leases.size() == 1 ? below.commit(commit) : new CompletableFuture<>();
                    });
                });
        all.backend("LDR-12", "a failed enrolment is not retried").with((world, below) -> {
            AtomicBoolean failed = new AtomicBoolean();
            return new Hooks(below)
                    .commits(commit -> Queueing.enqueues(commit) && failed.get()
                            ? new CompletableFuture<>()
                            : below.commit(commit)
                                    .whenComplete((result, failure) -> failed.compareAndSet(false, failure != null)));
        });
        all.recipe("LDR-12", "lastError() is never set")
                .calls(
                        LeaderElection.class,
                        (method, call) -> method.equals("lastError") ? Optional.empty() : call.go());
        all.recipe("LDR-12", "lastError() stays").objects(LeaderElection.class, election -> {
            AtomicReference<Optional<SerenoException>> last = new AtomicReference<>(Optional.empty());
            return changed(
                    LeaderElection.class,
                    election,
                    (method, call) -> method.equals("lastError")
                            ? last.updateAndGet(before -> before.isPresent() ? before : election.lastError())
                            : call.go());
        });
    }

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy passes futures through as objects.
    private static void leaders(Mutants all) {
        all.recipe("LDR-13", "the first other candidate is shown as the leader")
                .objects(
                        LeaderElection.class,
                        election -> topologies(
                                election,
                                topology -> new Topology(
                                        topology.self(),
                                        topology.peers().stream().findFirst(),
                                        topology.peers(),
                                        topology.current())));
        all.recipe("LDR-13", "a former leader is shown until another leader is seen")
                .objects(LeaderElection.class, election -> {
                    AtomicReference<Optional<Peer>> last = new AtomicReference<>(Optional.empty());
                    return topologies(
                            election,
                            topology -> new Topology(
                                    topology.self(),
                                    last.updateAndGet(
                                            before -> topology.leader().or(() -> before)),
                                    topology.peers(),
                                    topology.current()));
                });
    }

    private static LeaderElection tokens(LeaderElection election, ToLongFunction<Leadership> reported) {
        return terms(
                election,
                leadership -> changed(
                        Leadership.class,
                        leadership,
                        (method, call) ->
                                method.equals("fencingToken") ? (Object) reported.applyAsLong(leadership) : call.go()));
    }

    private static LeaderElection topologies(LeaderElection election, UnaryOperator<Topology> reported) {
        return changed(LeaderElection.class, election, (method, call) -> {
            Object result = call.go();
            return result instanceof Topology topology ? reported.apply(topology) : result;
        });
    }
}
