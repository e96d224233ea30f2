package io.sereno.tck.mutants;

import static io.sereno.tck.mutants.RecipeMutants.backend;
import static io.sereno.tck.mutants.RecipeMutants.believing;
import static io.sereno.tck.mutants.RecipeMutants.changed;
import static io.sereno.tck.mutants.RecipeMutants.recipe;
import static io.sereno.tck.mutants.RecipeMutants.unconditional;
import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** Mutexes that are held by two, by nobody, or for ever. */
final class LockMutants {
    private LockMutants() {}

    @SuppressWarnings("FutureReturnValueIgnored") // A proxy hands futures through as objects.
    static List<Mutant> all() {
        return List.of(
                recipe(
                        "LCK-2",
                        "the token is a version of the entry",
                        Mutex.class,
                        mutex -> granting(
                                mutex,
                                grant -> changed(
                                        Grant.class,
                                        grant,
                                        (method, call) -> method.equals("fencingToken")
                                                ? Long.valueOf((long) Objects.requireNonNull(call.go()) % 1_024)
                                                : call.go()))),
                backend("LCK-4", "the lease is not verified after waiting", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        return commit.writes().isEmpty() && !commit.conditions().isEmpty()
                                ? completedFuture(new CommitResult.Committed(0, Optional.empty()))
                                : super.commit(commit);
                    }
                }),
                recipe(
                        "LCK-3",
                        "tryAcquire is true when its time is over",
                        Mutex.class,
                        mutex -> changed(Mutex.class, mutex, (method, call) -> {
                            Object result = call.go();
                            return result instanceof Optional<?> grant && grant.isEmpty()
                                    ? Optional.of(new NobodysGrant())
                                    : result;
                        })),
                backend("LCK-10", "release deletes by name", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        boolean deletes = !commit.writes().isEmpty()
                                && commit.writes().stream().allMatch(write -> write instanceof Write.Delete);
                        return super.commit(deletes ? unconditional(commit) : commit);
                    }
                }),
                recipe(
                        "LCK-11a",
                        "a holder believes until it reconnects",
                        Mutex.class,
                        mutex -> granting(mutex, grant -> believing(Grant.class, grant))),
                recipe(
                        "LCK-11c",
                        "lost() completes when a grant is released",
                        Mutex.class,
                        mutex -> granting(mutex, grant -> {
                            CompletableFuture<LossCause> lost = new CompletableFuture<>();
                            return changed(Grant.class, grant, (method, call) -> {
                                if (method.equals("lost")) {
                                    return lost;
                                }
                                Object result = call.go();
                                if (method.equals("release") || method.equals("close")) {
                                    lost.complete(LossCause.SESSION_EXPIRED);
                                }
                                return result;
                            });
                        })),
                backend("LCK-12", "everyone watches the directory", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                        return target.name().isEmpty()
                                ? super.watch(target, listener)
                                : super.watch(
                                        new Target(target.directory(), Optional.empty()), new OfListener(listener) {
                                            @Override
                                            public void changed(String name, long revision) {
                                                super.changed(target.name().get(), revision);
                                            }
                                        });
                    }
                }));
    }

    static Mutex granting(Mutex mutex, UnaryOperator<Grant> grants) {
        return changed(Mutex.class, mutex, (method, call) -> {
            Object result = call.go();
            if (result instanceof Optional<?> found && found.isPresent() && found.get() instanceof Grant grant) {
                return Optional.of(grants.apply(grant));
            }
            return result instanceof Grant grant ? grants.apply(grant) : result;
        });
    }

    /** Held by whoever thinks so. */
    private static final class NobodysGrant implements Grant {
        private static final AtomicLong LAST = new AtomicLong(1L << 40);

        private final long token = LAST.incrementAndGet();
        private final AtomicBoolean released = new AtomicBoolean();

        @Override
        public long fencingToken() {
            return token;
        }

        @Override
        public boolean isHeld() {
            return !released.get();
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
            released.set(true);
        }

        @Override
        public void close() {
            released.set(true);
        }
    }
}
