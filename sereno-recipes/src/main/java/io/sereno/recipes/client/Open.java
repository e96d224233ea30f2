package io.sereno.recipes.client;

import java.util.concurrent.CompletableFuture;

/** Something that was opened and stays open until it is closed, by its user or with the client. */
public interface Open {
    /** Called when the client closes: local state ends at once, callbacks too; the entries in the store end with the session. Idempotent. */
    CompletableFuture<Void> shutDown();
}
