package io.sereno.recipes.kernel;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Distinguishes the first of several equal failures from the following ones, for each kind of work. A series ends when the work succeeds, or
 * fails in another way. Safe for use by multiple threads.
 */
public final class Series {
    private final Map<String, String> failures = new ConcurrentHashMap<>();

    /** Whether this failure differs from the one before it. */
    public boolean begins(String work, Throwable failure) {
        String now = describe(failure);
        return !now.equals(failures.put(work, now));
    }

    public void end(String work) {
        if (!failures.isEmpty()) {
            failures.remove(work);
        }
    }

    private static String describe(Throwable failure) {
        try {
            return failure.toString();
        } catch (RuntimeException | Error broken) {
            // A user's exception whose message cannot be read.
            return failure.getClass().getName();
        }
    }
}
