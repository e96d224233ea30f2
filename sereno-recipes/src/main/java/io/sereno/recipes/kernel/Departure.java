package io.sereno.recipes.kernel;

import io.sereno.LossCause;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Those that wait until a {@link Turn} has given its place back, and the right that was released with the place. Confined to the strand. */
final class Departure {
    private final List<CompletableFuture<Void>> waiting = new ArrayList<>(1);
    private @Nullable Hold released;

    void add(@Nullable Hold hold, CompletableFuture<Void> gone) {
        released = hold != null ? hold : released;
        waiting.add(gone);
    }

    /** The place had been gone before, so the right had been lost. */
    void foundGone(LossCause cause) {
        if (released != null) {
            released.foundGone(cause);
        }
    }

    /** The place is gone from the store. */
    void complete() {
        released = null;
        if (!waiting.isEmpty()) {
            List<CompletableFuture<Void>> all = List.copyOf(waiting);
            waiting.clear();
            all.forEach(gone -> gone.complete(null));
        }
    }
}
