/** The compatibility kit for backends, and the fault proxy that its tests run through. */
module io.sereno.tck {
    requires static org.jspecify;

    exports io.sereno.tck.proxy;
}
