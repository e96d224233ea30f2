package io.sereno.spring.boot;

import io.sereno.Sereno;
import io.sereno.SessionState;
import java.util.Map;

/**
 * The health of a client's session, for the health indicators of the two lines of Spring Boot. Who leads is no part of it:
 * a process that follows is as healthy as the leader.
 *
 * @param status {@code UP}, {@code UNKNOWN} while renewals are not acknowledged, or {@code DOWN} without a session
 * @param details the state, the kind of store and the node id
 */
public record SessionHealth(String status, Map<String, Object> details) {
    /**
     * Makes it.
     *
     * @param status of Spring Boot
     * @param details for display
     */
    public SessionHealth {
        details = Map.copyOf(details);
    }

    /**
     * The health now. Does no I/O.
     *
     * @param sereno the client
     * @return its health
     */
    public static SessionHealth of(Sereno sereno) {
        SessionState state = sereno.sessionState();
        return new SessionHealth(
                switch (state) {
                    case CONNECTED -> "UP";
                    case SUSPENDED -> "UNKNOWN";
                    case EXPIRED, CLOSED -> "DOWN";
                },
                Map.of(
                        "session", state,
                        "backend", sereno.guarantees().backend(),
                        "node", sereno.nodeId()));
    }
}
