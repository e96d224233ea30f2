package io.sereno.recipes.client;

import java.util.concurrent.CompletableFuture;

/** Something that was entered and stands until it is closed, by its user or with the client. */
public interface Open {
    /** The client closes: local state ends at once, callbacks too; what stands in the store goes with the session. Idempotent. */
    CompletableFuture<Void> shutDown();
}
