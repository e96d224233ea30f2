/** Tests of applications with JUnit Jupiter: several nodes, virtual time, faults, and a check for leaks. */
module io.sereno.junit {
    requires java.management;
    requires static org.jspecify;
    requires transitive io.sereno;
    requires transitive io.sereno.simulation;
    requires transitive org.junit.jupiter.api;

    exports io.sereno.junit;

    opens io.sereno.junit to
            org.junit.platform.commons;
}
