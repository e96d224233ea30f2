package io.sereno;

import java.util.Map;

/** incarnation is new at each enrolment: a restarted node leaves and joins. */
public record Peer(String nodeId, long incarnation, Map<String, String> metadata) {}
