package io.sereno.suite.mutants;

import java.util.List;

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
        ThreadMutants.addTo(all);
        NameMutants.addTo(all);
        DirectoryMutants.addTo(all);
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
        NamesMutants.addTo(all);
        OperatorMutants.addTo(all);
        PermitMutants.addTo(all);
        SlotMutants.addTo(all);
        LeaderMutants.addTo(all);
        TaskMutants.addTo(all);
        CounterMutants.addTo(all);
        ValueMutants.addTo(all);
        MapMutants.addTo(all);
        WaitGroupMutants.addTo(all);
        BarrierMutants.addTo(all);
        IdMutants.addTo(all);
        CommonMutants.addTo(all);
        PlaceMutants.addTo(all);
        RestoredMutants.addTo(all);
        TopicMutants.addTo(all);
        MemberMutants.addTo(all);
        SeldomRecipes.addTo(all);
        SeldomStores.addTo(all);
        ThresholdStores.addTo(all);
        OneKind.addTo(all);
        return all.list();
    }

    /** A separate world for one run of the kit. */
    public World world(long seed) {
        return new World(backends, seed);
    }

    @Override
    public String toString() {
        return rule + ": " + name;
    }
}
