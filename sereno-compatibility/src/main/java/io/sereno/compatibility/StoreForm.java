package io.sereno.compatibility;

import java.util.List;

/** One form of what a store holds: what the SPI shows, or what the store's own client shows. */
interface StoreForm extends AutoCloseable {
    /** All that the store holds, in an order in which it can be loaded. */
    List<Stored> dump();

    /** Stores the records in an empty store. Entries that were under a lease are put under a live one. */
    void load(List<Stored> records);

    /** Ends the leases of all that was loaded, as if the processes that held them had died. */
    void endLeases();

    @Override
    void close();
}
