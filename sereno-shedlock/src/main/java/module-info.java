/** A {@code LockProvider} for ShedLock, over any store of Sereno. */
module io.sereno.shedlock {
    requires static org.jspecify;
    requires transitive io.sereno;
    requires transitive net.javacrumbs.shedlock.core;

    exports io.sereno.shedlock;
}
