package io.sereno;

import java.util.concurrent.CompletionStage;

/** ended(): normally after close(), else with the cause. close() returns when no callback runs (inside a callback: at once). */
public interface Subscription extends AutoCloseable {
    CompletionStage<Void> ended();

    @Override
    void close();
}
