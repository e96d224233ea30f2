package io.sereno.recipes.kernel;

import io.sereno.SerenoException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** The only place where a thread waits: the caller's own thread, for a result that the kernel has promised to complete in time. */
public final class Await {
    private Await() {}

    public static <T> T interruptibly(CompletableFuture<T> result) throws InterruptedException {
        try {
            return result.get();
        } catch (ExecutionException failed) {
            throw unwrap(failed);
        }
    }

    /** An interrupt does not end the wait; the flag is set again afterwards. */
    public static <T> T uninterruptibly(CompletableFuture<T> result) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return interruptibly(result);
                } catch (InterruptedException later) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A Sereno exception gets the stack trace of the caller; the trace of the thread that detected the failure stays with the cause. */
    private static RuntimeException unwrap(ExecutionException failed) {
        if (failed.getCause() instanceof SerenoException ours) {
            ours.fillInStackTrace();
            return ours;
        }
        return failed.getCause() instanceof RuntimeException other
                ? other
                : new IllegalStateException(failed.getCause());
    }
}
