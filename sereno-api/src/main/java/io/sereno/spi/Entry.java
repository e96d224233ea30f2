package io.sereno.spi;

/** leaseId 0: none. Revisions: 1 to 2^53 - 1. */
public record Entry(String name, Bytes value, long createRevision, long modRevision, long leaseId) {}
