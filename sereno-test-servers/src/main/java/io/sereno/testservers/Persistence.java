package io.sereno.testservers;

import java.util.List;

/** What a Redis server keeps after {@code kill()} and {@code restart()}. */
public enum Persistence {
    /** Nothing. */
    NONE,
    /**
     * Everything that it acknowledged, since SIGKILL loses nothing in the kernel; a power failure may lose the last
     * second.
     */
    APPEND_EVERY_SECOND,
    /** Everything that it acknowledged, on disk. */
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
