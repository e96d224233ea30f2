package io.sereno.suite;

import io.sereno.suite.mutants.AdversarialBackend;
import java.util.List;

/**
 * Each trait alone with {@code -Psereno.thorough} or {@code -Dsereno.adversary=...}; one trait, which the seed chooses,
 * otherwise. A class of its own, so that it runs beside the others in a JVM of its own: LIF-8 measures the memory of the
 * JVM.
 */
class SingleTraitsTest extends Adversaries {
    @Override
    List<AdversarialBackend> adversaries() {
        List<AdversarialBackend> all = AdversarialBackend.singleTraits();
        if (Boolean.getBoolean("sereno.thorough") || !ONLY.isEmpty()) {
            return all;
        }
        return List.of(all.get((int) (SEED % all.size())));
    }
}
