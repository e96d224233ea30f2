package io.sereno.suite.mutants;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.spi.Commit;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The building blocks of mutants of recipes: they change the answers of a recipe, or its requests to the store. */
final class RecipeMutants {
    private RecipeMutants() {}

    /** Reports itself as held until it is released, whatever the network does. */
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
        return Commits.conditioned(commit, List.of());
    }

    /** A call of a method of the correct object. */
    interface Call {
        @Nullable
        Object go() throws Throwable;

        boolean returnsNothing();

        /** The number of its arguments. */
        int givenCount();

        /** One of its arguments. */
        <T> T given(int place, Class<T> type);
    }

    interface Change {
        @Nullable
        Object of(String method, Call call) throws Throwable;
    }

    /** Looks like the correct object, but gives changed answers. */
    @SuppressWarnings("ReferenceEquality") // By identity, not by equals.
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
                    return answer == right ? proxy : answer; // For methods that return this.
                }));
    }
}
