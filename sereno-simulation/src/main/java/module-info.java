/** Manual time, faults on any backend, and an explorer of schedules. */
module io.sereno.simulation {
    requires static org.jspecify;
    requires transitive io.sereno;
    requires transitive io.sereno.backend.memory;

    exports io.sereno.simulation;
}
