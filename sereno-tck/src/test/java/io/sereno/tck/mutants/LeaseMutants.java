package io.sereno.tck.mutants;

import java.util.List;

/** Later. */
final class LeaseMutants {
    private LeaseMutants() {}

    static List<Mutant> all() {
        return List.of();
    }
}
