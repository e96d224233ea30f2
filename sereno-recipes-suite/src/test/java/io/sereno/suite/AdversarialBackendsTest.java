package io.sereno.suite;

import io.sereno.suite.mutants.AdversarialBackend;
import java.util.List;

/** Traits that occur together in stores. */
class AdversarialBackendsTest extends Adversaries {
    @Override
    List<AdversarialBackend> adversaries() {
        return AdversarialBackend.usual();
    }
}
