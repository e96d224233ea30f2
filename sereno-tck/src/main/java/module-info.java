/** The compatibility kit for backends, and the fault proxy that its tests run through. */
module io.sereno.tck {
    requires java.logging;
    requires static org.jspecify;
    requires transitive io.sereno;
    requires transitive io.sereno.simulation;
    requires transitive org.junit.jupiter.api;

    exports io.sereno.tck;
    exports io.sereno.tck.proxy;

    opens io.sereno.tck to
            org.junit.platform.commons;
}
