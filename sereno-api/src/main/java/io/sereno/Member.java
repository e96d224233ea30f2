package io.sereno;

import java.util.Map;

public record Member(String id, long incarnation, Map<String, String> metadata) {}
