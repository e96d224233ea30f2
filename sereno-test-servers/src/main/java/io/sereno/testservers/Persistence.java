package io.sereno.testservers;

import java.util.List;

/** What a Redis server keeps over {@code kill()} and {@code restart()}. */
public enum Persistence {
    /** Nothing. */
    NONE,
    /** All that it acknowledged, since SIGKILL takes nothing from the kernel; a loss of power may take the last second. */
    APPEND_EVERY_SECOND,
    /** All that it acknowledged, on disk. */
    APPEND_ALWAYS;

    /** Lines of redis.conf. */
    List<String> settings() {
        return switch (this) {
            case NONE -> List.of("appendonly no");
            case APPEND_EVERY_SECOND -> List.of("appendonly yes", "appendfsync everysec");
            case APPEND_ALWAYS -> List.of("appendonly yes", "appendfsync always");
        };
    }
}
