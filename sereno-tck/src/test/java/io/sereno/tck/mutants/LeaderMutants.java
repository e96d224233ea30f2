package io.sereno.tck.mutants;

import static io.sereno.tck.mutants.RecipeMutants.believing;
import static io.sereno.tck.mutants.RecipeMutants.changed;
import static io.sereno.tck.mutants.RecipeMutants.recipe;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import java.util.List;
import java.util.Optional;

/** Elections with two leaders, or none. */
final class LeaderMutants {
    private LeaderMutants() {}

    static List<Mutant> all() {
        return List.of(recipe(
                "LDR-7",
                "a leader believes until it reconnects",
                LeaderElection.class,
                election -> changed(LeaderElection.class, election, (method, call) -> {
                    Object result = call.go();
                    if (result instanceof Optional<?> found
                            && found.isPresent()
                            && found.get() instanceof Leadership leadership) {
                        return Optional.of(believing(Leadership.class, leadership));
                    }
                    return result instanceof Leadership leadership ? believing(Leadership.class, leadership) : result;
                })));
    }
}
