package io.sereno.recipes.connect;

import io.sereno.Sereno;
import io.sereno.recipes.client.Settings;
import io.sereno.spi.Backend;

/** Creates the client on an open backend. */
interface Connector {
    Sereno connect(Settings settings, Backend backend, boolean closesBackend);
}
