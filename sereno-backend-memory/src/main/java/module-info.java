/** The store in this JVM. */
module io.sereno.backend.memory {
    requires static com.google.auto.service;
    requires static org.jspecify;
    requires transitive io.sereno;

    exports io.sereno.backend.memory;

    provides io.sereno.spi.BackendProvider with
            io.sereno.backend.memory.MemoryBackendProvider;
}
