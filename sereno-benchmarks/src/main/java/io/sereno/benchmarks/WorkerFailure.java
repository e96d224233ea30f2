package io.sereno.benchmarks;

/** A contestant could not do what was asked. */
final class WorkerFailure extends RuntimeException {
    WorkerFailure(String message) {
        super(message);
    }
}
