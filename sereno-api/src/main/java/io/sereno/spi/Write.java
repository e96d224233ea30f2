package io.sereno.spi;

/** The lease goes by id, so that decorators (recorder, faults) may wrap Lease. */
public sealed interface Write {
    String name();

    record Put(String name, Bytes value, long leaseId) implements Write {}

    record Delete(String name) implements Write {}
}
