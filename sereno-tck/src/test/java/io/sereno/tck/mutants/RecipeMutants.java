package io.sereno.tck.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import io.sereno.spi.Write;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Recipes with a bug: their answers are changed, or what they say to their store. */
final class RecipeMutants {
    private RecipeMutants() {}

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
                        mutex -> granting(mutex, RecipeMutants::believing)),
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
                }),
                recipe(
                        "LDR-7",
                        "a leader believes until it reconnects",
                        LeaderElection.class,
                        election -> changed(LeaderElection.class, election, (method, call) -> {
                            Object result = call.go();
                            if (result instanceof Optional<?> found
                                    && found.isPresent()
                                    && found.get() instanceof Leadership leadership) {
                                return Optional.of(believing(leadership));
                            }
                            return result instanceof Leadership leadership ? believing(leadership) : result;
                        })));
    }

    /** A bug between recipe and store. */
    static Mutant backend(String rule, String what, UnaryOperator<Backend> below) {
        return recipes(
                rule,
                what,
                (store, settings) -> settings.apply(Sereno.builder().backend(below.apply(store)))
                        .connect());
    }

    /** The same of one that takes time, or chance. */
    static Mutant backend(String rule, String what, BiFunction<World, Backend, Backend> below) {
        return new Mutant(what, rule, new World.Backends() {
            @Override
            public Sereno recipes(World world, Backend backend, UnaryOperator<Sereno.Builder> settings) {
                return settings.apply(Sereno.builder().backend(below.apply(world, backend)))
                        .connect();
            }
        });
    }

    /** A bug of the objects of one kind. */
    static <T> Mutant recipe(String rule, String what, Class<T> kind, UnaryOperator<T> broken) {
        return recipes(rule, what, (store, settings) -> {
            Sereno sereno = settings.apply(Sereno.builder().backend(store)).connect();
            return changed(Sereno.class, sereno, (method, call) -> {
                Object result = call.go();
                return kind.isInstance(result) ? broken.apply(kind.cast(result)) : result;
            });
        });
    }

    static Mutant recipes(String rule, String what, BiFunction<Backend, UnaryOperator<Sereno.Builder>, Sereno> over) {
        return new Mutant(what, rule, new World.Backends() {
            @Override
            public Sereno recipes(World world, Backend backend, UnaryOperator<Sereno.Builder> settings) {
                return over.apply(backend, settings);
            }
        });
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

    private static Grant believing(Grant grant) {
        return believing(Grant.class, grant);
    }

    private static Leadership believing(Leadership leadership) {
        return believing(Leadership.class, leadership);
    }

    private static <T extends Grant> T believing(Class<T> type, T grant) {
        AtomicBoolean released = new AtomicBoolean();
        return changed(type, grant, (method, call) -> switch (method) {
            case "isHeld" -> !released.get();
            case "lost" -> new CompletableFuture<LossCause>();
            case "release", "close" -> {
                released.set(true);
                yield call.go();
            }
            default -> call.go();
        });
    }

    static Commit unconditional(Commit commit) {
        return new Commit(commit.directory(), List.<Condition>of(), commit.writes(), commit.returning());
    }

    /** One call of a method of the right one. */
    interface Call {
        @Nullable
        Object go() throws Throwable;

        boolean returnsNothing();

        /** One of its arguments. */
        <T> T given(int place, Class<T> type);
    }

    interface Change {
        @Nullable
        Object of(String method, Call call) throws Throwable;
    }

    /** Looks like the right one, and answers otherwise. */
    static <T> T changed(Class<T> type, T right, Change change) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, given) -> change.of(method.getName(), new Call() {
                    @Override
                    public @Nullable Object go() throws Throwable {
                        try {
                            return method.invoke(right, given);
                        } catch (InvocationTargetException e) {
                            throw e.getCause() == null ? e : e.getCause();
                        }
                    }

                    @Override
                    public boolean returnsNothing() {
                        return method.getReturnType() == void.class;
                    }

                    @Override
                    public <A> A given(int place, Class<A> type) {
                        return type.cast(Objects.requireNonNull(given)[place]);
                    }
                })));
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
        public java.time.Duration remaining() {
            return java.time.Duration.ofSeconds(1);
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
