package io.sereno.spi;

public enum Promise {
    SNAPSHOT_READS,
    DURABLE,
    FAIL_OVER_SAFE,
    REVISIONS_SURVIVE_FAIL_OVER,
    MANY_PROCESSES
}
