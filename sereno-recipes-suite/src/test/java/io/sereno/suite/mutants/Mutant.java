package io.sereno.suite.mutants;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * A backend with one bug, and the rule that must detect it.
 *
 * @param name a description of the bug
 * @param rule the number of the rule that it breaks
 * @param backends its parts
 */
public record Mutant(String name, String rule, World.Backends backends) {
    /** All mutants, in the order of the specification. */
    public static List<Mutant> all() {
        Mutants all = new Mutants();
        ReadMutants.addTo(all);
        CommitMutants.addTo(all);
        NameMutants.addTo(all);
        LeaseMutants.addTo(all);
        ConditionalLeaseMutants.addTo(all);
        ConditionalCommitMutants.addTo(all);
        ConditionalCallMutants.addTo(all);
        WatchMutants.addTo(all);
        OutcomeMutants.addTo(all);
        LifeMutants.addTo(all);
        ConfigurationMutants.addTo(all);
        LockMutants.addTo(all);
        ReleaseMutants.addTo(all);
        LeaderMutants.addTo(all);
        CounterMutants.addTo(all);
        WaitGroupMutants.addTo(all);
        IdMutants.addTo(all);
        CommonMutants.addTo(all);
        PlaceMutants.addTo(all);
        RestoredMutants.addTo(all);
        TopicMutants.addTo(all);
        MemberMutants.addTo(all);
        SeldomRecipes.addTo(all);
        SeldomStores.addTo(all);
        OneKind.addTo(all);
        return all.list();
    }

    /** A separate world for one run of the kit. */
    public World world(long seed) {
        return new World(backends, seed);
    }

    /** A bug in the store. */
    static Mutant store(String rule, String name, Function<World, PlainStore> store) {
        return new Mutant(name, rule, new World.Backends() {
            @Override
            public PlainStore store(World world) {
                return store.apply(world);
            }
        });
    }

    /** A bug in the wrapper of each client. */
    static Mutant client(String rule, String name, BiFunction<World, Backend, Backend> client) {
        return connected(
                rule, name, (world, config) -> client.apply(world, new PlainClient(world.store(config), config)));
    }

    /** A bug in the client itself. */
    static Mutant connected(String rule, String name, BiFunction<World, BackendConfig, Backend> connect) {
        return new Mutant(name, rule, new World.Backends() {
            @Override
            public Backend connect(World world, BackendConfig config) {
                return connect.apply(world, config);
            }
        });
    }

    /** A bug on the client library's side of the network. */
    static Mutant library(String rule, String name, Mutants.Layer library) {
        return new Mutant(name, rule, new World.Backends() {
            @Override
            public Backend above(World world, Backend network, Executor executor) {
                return library.over(world, network, executor);
            }
        });
    }

    @Override
    public String toString() {
        return rule + ": " + name;
    }
}
