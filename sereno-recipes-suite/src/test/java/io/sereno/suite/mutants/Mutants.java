package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.TopicReader;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Collects mutants: the rule, a description of the bug, and a function over a hook, which is the bug. */
final class Mutants {
    private final List<Mutant> all = new ArrayList<>();

    List<Mutant> list() {
        return List.copyOf(all);
    }

    void add(Mutant mutant) {
        all.add(mutant);
    }

    /** A bug in the store. */
    Steps store(String rule, String name) {
        return store -> add(new Mutant(name, rule, new World.Backends() {
            @Override
            public PlainStore store(World world) {
                return store.apply(world);
            }
        }));
    }

    /** A bug in the client itself. */
    Connections connected(String rule, String name) {
        return connect -> add(new Mutant(name, rule, new World.Backends() {
            @Override
            public Backend connect(World world, BackendConfig config) {
                return connect.apply(world, config);
            }
        }));
    }

    /** A bug in the wrapper of each client. */
    Calls client(String rule, String name) {
        return bug -> connected(rule, name)
                .by((world, config) ->
                        bug.over(world, new PlainClient(world.store(config), config), config.executor()));
    }

    /** A bug on the client library's side of the network. */
    Calls library(String rule, String name) {
        return bug -> add(new Mutant(name, rule, new World.Backends() {
            @Override
            public Backend above(World world, Backend network, Executor executor) {
                return bug.over(world, network, executor);
            }
        }));
    }

    /** A bug between the recipes and the store. */
    Calls backend(String rule, String name) {
        return bug -> recipe(rule, name)
                .in((world, store, settings) -> settings.apply(
                                Sereno.builder().backend(bug.over(world, store, Runnable::run)))
                        .connect());
    }

    /** A bug in the objects of a recipe. */
    Objects recipe(String rule, String name) {
        return recipes -> add(new Mutant(name, rule, new World.Backends() {
            @Override
            public Sereno recipes(World world, Backend backend, UnaryOperator<Sereno.Builder> settings) {
                return recipes.over(world, backend, settings);
            }
        }));
    }

    /** Hooks over the steps of the store. */
    interface Steps {
        void by(Function<World, PlainStore> store);

        default void with(BiConsumer<World, PlainStore> bug) {
            by(world -> {
                PlainStore store = new PlainStore(world.time());
                bug.accept(world, store);
                return store;
            });
        }

        default void with(Consumer<PlainStore> bug) {
            with((world, store) -> bug.accept(store));
        }
    }

    /** Hooks over the steps of the client. */
    interface Connections {
        void by(BiFunction<World, BackendConfig, Backend> connect);

        default void with(BiConsumer<World, PlainClient> bug) {
            by((world, config) -> {
                PlainClient client = new PlainClient(world.store(config), config);
                bug.accept(world, client);
                return client;
            });
        }

        default void with(Consumer<PlainClient> bug) {
            with((world, client) -> bug.accept(client));
        }
    }

    /** A bug in topics. */
    Topics topic(String rule, String name) {
        return bug -> recipe(rule, name).in((world, store, settings) -> {
            Sereno right = settings.apply(Sereno.builder().backend(store)).connect();
            UnaryOperator<Topic<Object>> ofClient = bug.apply(world);
            return changed(Sereno.class, right, (method, call) -> topic(call.go(), ofClient));
        });
    }

    @SuppressWarnings("unchecked") // The bug does not depend on the message type.
    private static @Nullable Object topic(@Nullable Object made, UnaryOperator<Topic<Object>> bug) {
        return made instanceof Topic<?> topic ? bug.apply((Topic<Object>) topic) : made;
    }

    /** Hooks over the calls of topics. */
    interface Topics {
        /** {@code bug} creates, for each client, the change to its topics. */
        void in(Function<World, UnaryOperator<Topic<Object>>> bug);

        default void with(BiConsumer<World, TopicHooks> bug) {
            in(world -> right -> new TopicHooks(right, topic -> bug.accept(world, topic)));
        }

        default void with(Consumer<TopicHooks> bug) {
            with((world, topic) -> bug.accept(topic));
        }

        /** With state that all topics of a client share. */
        default <S> void sharing(Supplier<S> state, BiConsumer<S, TopicHooks> bug) {
            in(world -> {
                S ofClient = state.get();
                return right -> new TopicHooks(right, topic -> bug.accept(ofClient, topic));
            });
        }

        default void readers(UnaryOperator<TopicReader<Object>> hook) {
            with(topic -> topic.reader = from -> hook.apply(topic.right.reader(from)));
        }

        default void listeners(UnaryOperator<TopicListener<Object>> hook) {
            with(topic -> topic.subscribe = (from, listener) -> topic.right.subscribe(from, hook.apply(listener)));
        }
    }

    /** A layer with a bug above a backend. */
    interface Layer {
        /** The executor is the one of the client. */
        Backend over(World world, Backend below, Executor executor);
    }

    /** What a call is given, and its answer. */
    interface Hook<A, R> {
        /** A correct hook calls the backend below. */
        CompletionStage<R> of(World world, Backend below, A given);
    }

    /** Hooks over the calls of a backend. */
    interface Calls {
        void in(Layer bug);

        default void with(BiFunction<World, Backend, Backend> bug) {
            in((world, below, executor) -> bug.apply(world, below));
        }

        default void with(UnaryOperator<Backend> bug) {
            in((world, below, executor) -> bug.apply(below));
        }

        default void reads(Hook<Query, Snapshot> hook) {
            with((world, below) -> new Hooks(below).reads(query -> hook.of(world, below, query)));
        }

        default void commits(Hook<Commit, CommitResult> hook) {
            with((world, below) -> new Hooks(below).commits(commit -> hook.of(world, below, commit)));
        }

        /** What is committed in place of a commit. */
        default void requests(UnaryOperator<Commit> change) {
            commits((world, below, commit) -> below.commit(change.apply(commit)));
        }

        /** What is reported in place of the result of a commit. */
        default void results(BiFunction<Commit, CommitResult, CommitResult> change) {
            commits((world, below, commit) -> below.commit(commit).thenApply(result -> change.apply(commit, result)));
        }

        /** What is reported in place of the failure of a commit. */
        default void failures(BiFunction<Commit, Throwable, Throwable> change) {
            commits((world, below, commit) ->
                    below.commit(commit).exceptionallyCompose(lost -> failedFuture(change.apply(commit, lost))));
        }

        /** What follows the failure of a commit. */
        default void afterFailures(Afterwards next) {
            commits((world, below, commit) ->
                    below.commit(commit).exceptionallyCompose(lost -> next.of(below, commit, lost)));
        }

        default void grants(Hook<Duration, Lease> hook) {
            with((world, below) -> new Hooks(below).grants(ttl -> hook.of(world, below, ttl)));
        }

        default void leases(BiFunction<World, Lease, Lease> hook) {
            with((world, below) -> new Hooks(below).leases(lease -> hook.apply(world, lease)));
        }

        default void listeners(BiFunction<Target, WatchListener, WatchListener> hook) {
            with((world, below) -> new Hooks(below).listeners(hook));
        }
    }

    /** What follows a failed commit. */
    interface Afterwards {
        CompletionStage<CommitResult> of(Backend below, Commit commit, Throwable failure);
    }

    /** A client of the recipes with a bug. */
    interface Client {
        Sereno over(World world, Backend store, UnaryOperator<Sereno.Builder> settings);
    }

    /** Hooks over the objects of the recipes. */
    interface Objects {
        void in(Client bug);

        default void with(BiFunction<Backend, UnaryOperator<Sereno.Builder>, Sereno> bug) {
            in((world, store, settings) -> bug.apply(store, settings));
        }

        /** The objects of one kind. */
        default <T> void objects(Class<T> kind, UnaryOperator<T> broken) {
            objects(kind, () -> true, (shared, right) -> broken.apply(right));
        }

        /** The same, with state that all objects of a client share. */
        default <S, T> void objects(Class<T> kind, Supplier<S> shared, BiFunction<S, T, T> broken) {
            in((world, store, settings) -> {
                Sereno sereno = settings.apply(Sereno.builder().backend(store)).connect();
                S ofAll = shared.get();
                return changed(Sereno.class, sereno, (method, call) -> {
                    Object result = call.go();
                    return kind.isInstance(result) ? broken.apply(ofAll, kind.cast(result)) : result;
                });
            });
        }

        /** The calls of the objects of one kind. */
        default <T> void calls(Class<T> kind, RecipeMutants.Change change) {
            objects(kind, right -> changed(kind, right, change));
        }
    }
}
