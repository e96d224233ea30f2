package io.sereno;

public enum SessionState {
    CONNECTED,
    SUSPENDED,
    EXPIRED,
    CLOSED
}
