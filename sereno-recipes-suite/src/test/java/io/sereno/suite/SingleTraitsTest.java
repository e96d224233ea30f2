package io.sereno.suite;

import io.sereno.suite.mutants.AdversarialBackend;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Each trait alone with {@code -Dsereno.adversary=...}; eight, which the seed chooses, with {@code -Psereno.thorough}, and one otherwise. A class of its own, so that it runs beside the others in a JVM of its own: LIF-8 measures the memory of the
 * JVM.
 */
class SingleTraitsTest extends Adversaries {
    @Override
    List<AdversarialBackend> adversaries() {
        List<AdversarialBackend> all = new ArrayList<>(AdversarialBackend.singleTraits());
        if (!ONLY.isEmpty()) {
            return all;
        }
        Collections.shuffle(all, new Random(SEED));
        return all.subList(0, Boolean.getBoolean("sereno.thorough") ? 8 : 1);
    }
}
