package io.sereno.tck.mutants;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Sereno;
import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What mutants of recipes are made of: their answers are changed, or what they say to their store. */
final class RecipeMutants {
    private RecipeMutants() {}

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

    /** The same, with something that all objects of a client share. */
    static <S, T> Mutant recipe(
            String rule, String what, Class<T> kind, Supplier<S> shared, BiFunction<S, T, T> broken) {
        return recipes(rule, what, (store, settings) -> {
            Sereno sereno = settings.apply(Sereno.builder().backend(store)).connect();
            S ofAll = shared.get();
            return changed(Sereno.class, sereno, (method, call) -> {
                Object result = call.go();
                return kind.isInstance(result) ? broken.apply(ofAll, kind.cast(result)) : result;
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

    /** Held until it is given back, whatever the network does. */
    static <T extends Grant> T believing(Class<T> type, T grant) {
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

        /** How many arguments it has. */
        int givenCount();

        /** One of its arguments. */
        <T> T given(int place, Class<T> type);
    }

    interface Change {
        @Nullable
        Object of(String method, Call call) throws Throwable;
    }

    /** Looks like the right one, and answers otherwise. */
    @SuppressWarnings("ReferenceEquality") // Whether it is the same, not whether it says so.
    static <T> T changed(Class<T> type, T right, Change change) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, given) -> {
                    if (method.getName().equals("equals")) {
                        return proxy == Objects.requireNonNull(given)[0];
                    }
                    Object answer = change.of(method.getName(), new Call() {
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
                        public int givenCount() {
                            return given == null ? 0 : given.length;
                        }

                        @Override
                        public <A> A given(int place, Class<A> type) {
                            return type.cast(Objects.requireNonNull(given)[place]);
                        }
                    });
                    return answer == right ? proxy : answer; // Methods that return themselves.
                }));
    }
}
