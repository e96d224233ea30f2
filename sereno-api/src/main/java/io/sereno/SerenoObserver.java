package io.sereno;

import java.time.Duration;

/** For logs and metrics; off I/O threads; what it throws is logged. */
public interface SerenoObserver {
    default void session(SessionState state, String sessionId) {}

    default void granted(String recipe, String name, long fencingToken, Duration waited) {}

    default void lost(String recipe, String name, long fencingToken, LossCause cause) {}

    default void failed(String recipe, String name, String operation, Throwable cause) {}

    default void gap(String topic, Gap gap) {}
}
