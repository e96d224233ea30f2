package io.sereno;

public enum LossCause {
    SESSION_EXPIRED,
    ENTRY_REMOVED,
    SERENO_CLOSED
}
