package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.backend;
import static io.sereno.suite.mutants.RecipeMutants.believing;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Message;
import io.sereno.Mutex;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Bugs that show when a store has lost acknowledged writes. */
final class RestoredMutants {
    private RestoredMutants() {}

    static List<Mutant> all() {
        return Stream.of(seeing(), goingOn()).flatMap(List::stream).toList();
    }

    private static List<Mutant> seeing() {
        return List.of(
                Mutant.store(
                        "REC-9",
                        "watches continue over a restore without a reset",
                        world -> new PlainStore(world.time()) {
                            @Override
                            void announceRestored(PlainWatch watch) {
                                // The connection was never lost.
                            }
                        }),
                backend("REC-9", "entries that a client has deleted are never shown to it again", Hiding::new),
                backend("REC-9", "a revision that falls is reported as the next one", Rising::new),
                granting(
                        "REC-9",
                        "a restored store is reported as an expiry",
                        grant -> changed(
                                Grant.class,
                                grant,
                                (method, call) -> method.equals("lost")
                                        ? grant.lost().thenApply(cause -> LossCause.SESSION_EXPIRED)
                                        : call.go())));
    }

    private static List<Mutant> goingOn() {
        return List.of(
                granting("REC-10", "a grant is held until it is released", grant -> believing(Grant.class, grant)),
                backend("REC-10", "a client has one lease in its life", OneLease::new),
                Mutant.client(
                        "REC-10",
                        "revisions are promised to continue, and are given again",
                        (world, below) -> new Promising(below, Promise.REVISIONS_SURVIVE_FAIL_OVER)),
                TopicMutants.topics(
                        "REC-10",
                        "messages that the store has lost cause no gap",
                        right -> listening(right, listener -> new TopicWrapper.OfListener(listener) {
                            @Override
                            public void onGap(Gap gap) {
                                // Assumes that they had been read already.
                            }
                        })),
                TopicMutants.topics(
                        "REC-10",
                        "a reader skips new messages at offsets that it has read",
                        right -> listening(right, Remembering::new)));
    }

    private static Mutant granting(String rule, String what, UnaryOperator<Grant> broken) {
        return RecipeMutants.recipe(
                rule,
                what,
                Mutex.class,
                mutex -> changed(Mutex.class, mutex, (method, call) -> {
                    Object result = call.go();
                    return result instanceof Grant grant ? broken.apply(grant) : result;
                }));
    }

    private static Topic<Object> listening(Topic<Object> right, UnaryOperator<TopicListener<Object>> listener) {
        return new TopicWrapper(right, view -> listening(view, listener)) {
            @Override
            public Subscription subscribe(From from, TopicListener<Object> told) {
                return super.subscribe(from, listener.apply(told));
            }
        };
    }

    /** Remembers deletions forever, and takes them for the content of the store. */
    private static final class Hiding extends Wrapper {
        private final Set<String> deleted = ConcurrentHashMap.newKeySet();

        Hiding(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit).whenComplete((result, failure) -> {
                if (result instanceof CommitResult.Committed) {
                    commit.writes().stream()
                            .filter(Write.Delete.class::isInstance)
                            .forEach(write -> deleted.add(commit.directory() + "/" + write.name()));
                }
            });
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            return super.read(query).thenApply(read -> {
                List<Entry> shown = read.entries().stream()
                        .filter(entry -> !deleted.contains(query.directory() + "/" + entry.name()))
                        .toList();
                return new Snapshot(shown, read.more());
            });
        }
    }

    /** Reports each commit with a greater revision than those before it, whatever the store says. */
    private static final class Rising extends Wrapper {
        private final AtomicLong newest = new AtomicLong();

        Rising(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return super.commit(commit)
                    .thenApply(result -> result instanceof CommitResult.Committed committed && committed.revision() > 0
                            ? new CommitResult.Committed(
                                    newest.updateAndGet(known -> Math.max(known + 1, committed.revision())),
                                    committed.snapshot())
                            : result);
        }
    }

    /** Grants one lease only: when it has ended, there is no other. */
    private static final class OneLease extends Wrapper {
        private final AtomicInteger granted = new AtomicInteger();

        OneLease(Backend below) {
            super(below);
        }

        @Override
        public CompletionStage<Lease> grantLease(Duration ttl) {
            return granted.getAndIncrement() == 0
                    ? super.grantLease(ttl)
                    : failedFuture(new BackendException(
                            BackendException.Outcome.NOT_APPLIED,
                            false,
                            "the session has expired; connect again",
                            null));
        }
    }

    /** Drops messages whose offset is not greater than the greatest so far. */
    private static final class Remembering extends TopicWrapper.OfListener {
        private long greatest;

        Remembering(TopicListener<Object> right) {
            super(right);
        }

        @Override
        public void onMessage(Message<Object> message) throws Exception {
            if (message.offset() > greatest) {
                greatest = message.offset();
                super.onMessage(message);
            }
        }
    }
}
