package io.sereno.tck.mutants;

import java.util.List;

/** Later. */
final class LifeMutants {
    private LifeMutants() {}

    static List<Mutant> all() {
        return List.of();
    }
}
