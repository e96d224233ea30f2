package io.sereno.tck;

import io.sereno.spi.Backend;
import java.util.concurrent.Executor;

/**
 * What a fixture without a network may be besides, in the kit's own tests: what a client library does on its own side of the
 * network that the kit makes up, where it hears of lost connections and of answers that do not come.
 */
interface AboveTheNetwork {
    Backend above(Backend network, Executor executor);
}
