package io.sereno.recipes.waitgroup;

import io.sereno.recipes.client.Scope;
import java.util.concurrent.CompletableFuture;

/** Waits for a group without a thread. */
public final class WaitGroupBench {
    private WaitGroupBench() {}

    public static CompletableFuture<Boolean> waiting(Scope scope) {
        return new WaitGroupAwaiter(scope).enter(null).result();
    }
}
