package io.sereno.tck.faults;

import io.sereno.spi.Backend;
import java.util.concurrent.Executor;

/**
 * An optional interface of a fixture without a network, for the kit's own tests. It adds what a client library does on
 * its own side of the simulated network, where it learns of lost connections and of missing answers.
 */
public interface AboveTheNetwork {
    Backend above(Backend network, Executor executor);
}
