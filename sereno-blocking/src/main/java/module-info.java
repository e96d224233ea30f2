/** For backends over a client library that blocks. */
module io.sereno.blocking {
    requires static org.jspecify;
    requires transitive io.sereno;

    exports io.sereno.blocking;
}
