package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.Peer;
import io.sereno.Sereno;
import io.sereno.Topology;
import io.sereno.spi.Backend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** The objects that mutants of the election give to their users in place of the correct ones. */
final class ElectionObjects {
    private ElectionObjects() {}

    static LeaderElection terms(LeaderElection election, UnaryOperator<Leadership> change) {
        return changed(LeaderElection.class, election, (method, call) -> {
            Object result = call.go();
            if (result instanceof Optional<?> found
                    && found.isPresent()
                    && found.get() instanceof Leadership leadership) {
                return Optional.of(change.apply(leadership));
            }
            return result instanceof Leadership leadership ? change.apply(leadership) : result;
        });
    }

    /** Runs a callback in the wrong way. */
    @SuppressWarnings("unchecked")
    static LeaderElection calling(LeaderElection election, String callback, Consumer<Runnable> way) {
        return changed(LeaderElection.class, election, (method, call) -> {
            if (!method.equals(callback)) {
                return call.go();
            }
            return switch (method) {
                case "onElectedFollower" -> {
                    Consumer<Topology> user = call.given(0, Consumer.class);
                    yield election.onElectedFollower(topology -> way.accept(() -> user.accept(topology)));
                }
                case "onPreparing" -> {
                    Consumer<Peer> user = call.given(0, Consumer.class);
                    yield election.onPreparing(peer -> way.accept(() -> user.accept(peer)));
                }
                case "onElectedLeader" -> {
                    BiConsumer<Leadership, Topology> user = call.given(0, BiConsumer.class);
                    yield election.onElectedLeader(
                            (leadership, topology) -> way.accept(() -> user.accept(leadership, topology)));
                }
                case "onLeaderChanged" -> {
                    Consumer<Peer> user = call.given(0, Consumer.class);
                    yield election.onLeaderChanged(peer -> way.accept(() -> user.accept(peer)));
                }
                case "onPeerJoined" -> {
                    BiConsumer<Peer, Topology> user = call.given(0, BiConsumer.class);
                    yield election.onPeerJoined((peer, topology) -> way.accept(() -> user.accept(peer, topology)));
                }
                default -> {
                    BiConsumer<Peer, Topology> user = call.given(0, BiConsumer.class);
                    yield election.onPeerLeft((peer, topology) -> way.accept(() -> user.accept(peer, topology)));
                }
            };
        });
    }

    /** Reports only some of the candidates that join and leave. */
    @SuppressWarnings("unchecked")
    static LeaderElection peers(
            LeaderElection election, BiPredicate<Peer, Topology> comes, BiPredicate<Peer, Topology> goes) {
        return changed(LeaderElection.class, election, (method, call) -> {
            if (!method.startsWith("onPeer")) {
                return call.go();
            }
            BiConsumer<Peer, Topology> user = call.given(0, BiConsumer.class);
            BiPredicate<Peer, Topology> change = method.equals("onPeerJoined") ? comes : goes;
            BiConsumer<Peer, Topology> some = (peer, topology) -> {
                if (change.test(peer, topology)) {
                    user.accept(peer, topology);
                }
            };
            return method.equals("onPeerJoined") ? election.onPeerJoined(some) : election.onPeerLeft(some);
        });
    }

    /** A bug in the executor on which it runs callbacks. */
    static Mutants.Client withExecutor(BiFunction<Executor, LeaderElection, LeaderElection> broken) {
        return (world, store, settings) -> {
            AtomicReference<Executor> executor = new AtomicReference<>();
            Sereno.Builder builder =
                    changed(Sereno.Builder.class, Sereno.builder().backend(store), (method, call) -> {
                        if (method.equals("executor")) {
                            executor.set(call.given(0, Executor.class));
                        }
                        return call.go();
                    });
            Sereno sereno = settings.apply(builder).connect();
            return changed(Sereno.class, sereno, (method, call) -> {
                Object result = call.go();
                return result instanceof LeaderElection election
                        ? broken.apply(Objects.requireNonNull(executor.get()), election)
                        : result;
            });
        };
    }

    /** Which requests wait while a callback runs: by directory, or renewals. */
    interface Delayed {
        boolean waits(String directory, boolean renews);
    }

    /** Requests wait for callbacks, as if one thread did everything. */
    static Mutants.Client busy(Delayed delayed) {
        return (world, store, settings) -> {
            OneThread thread = new OneThread();
            Backend waiting = new Hooks(store)
                    .commits(commit -> delayed.waits(commit.directory(), false)
                            ? thread.later(() -> store.commit(commit))
                            : store.commit(commit))
                    .leases(lease -> Hooks.renewing(
                            lease, () -> delayed.waits("", true) ? thread.later(lease::renew) : lease.renew()));
            Sereno sereno = settings.apply(Sereno.builder().backend(waiting)).connect();
            return changed(Sereno.class, sereno, (method, call) -> {
                Object result = call.go();
                return result instanceof LeaderElection election
                        ? calling(election, "onElectedLeader", thread::run)
                        : result;
            });
        };
    }

    private static final class OneThread {
        private final List<Runnable> waiting = new ArrayList<>();
        private int running;

        synchronized <T> CompletionStage<T> later(Supplier<CompletionStage<T>> request) {
            if (running == 0) {
                return request.get();
            }
            CompletableFuture<Boolean> turn = new CompletableFuture<>();
            waiting.add(() -> turn.complete(true));
            return turn.thenCompose(now -> request.get());
        }

        void run(Runnable callback) {
            synchronized (this) {
                running++;
            }
            try {
                callback.run();
            } finally {
                List<Runnable> next = end();
                next.forEach(Runnable::run);
            }
        }

        private synchronized List<Runnable> end() {
            running--;
            List<Runnable> next = List.copyOf(waiting);
            waiting.clear();
            return next;
        }
    }

    /** Leads if the first candidate in the view has its node id. */
    static LeaderElection byNodeId(LeaderElection election) {
        return changed(LeaderElection.class, election, (method, call) -> {
            Object result = call.go();
            if (method.equals("leadership") || (method.equals("awaitLeadership") && result instanceof Optional<?>)) {
                Topology topology = election.topology();
                Optional<String> self = topology.self().map(Peer::nodeId);
                Optional<String> first = topology.peers().stream().findFirst().map(Peer::nodeId);
                return Optional.empty().equals(result) && self.isPresent() && self.equals(first)
                        ? Optional.of(new Taken(topology.peers().get(0).incarnation() * 1_024))
                        : result;
            }
            return result;
        });
    }

    /** A leadership that is claimed without being granted. */
    private record Taken(long fencingToken) implements Leadership {
        @Override
        public boolean isHeld() {
            return true;
        }

        @Override
        public Duration remaining() {
            return Duration.ofSeconds(1);
        }

        @Override
        public CompletionStage<LossCause> lost() {
            return new CompletableFuture<>();
        }

        @Override
        public void release() {
            // There is nothing to release.
        }

        @Override
        public void close() {
            // There is nothing to release.
        }
    }
}
