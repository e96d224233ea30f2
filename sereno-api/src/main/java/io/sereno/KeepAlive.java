package io.sereno;

import java.util.Map;
import java.util.function.Consumer;

/** Listed until close(): re-created with the latest metadata and a new incarnation after each loss. close() leaves at once. */
public interface KeepAlive extends AutoCloseable {
    String id();

    long incarnation();

    State state();

    Subscription onState(Consumer<State> callback);

    void update(Map<String, String> metadata);

    @Override
    void close();

    enum State {
        LISTED,
        SUSPENDED,
        LOST,
        CLOSED
    }
}
