package io.sereno.junit;

import java.io.IOException;
import java.lang.Thread.State;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A thread of a test, as seen by the thread that waits for it. Made in the thread itself. */
final class Worker {
    /** A thread that has worked for so long in one wait for it, as in a loop, is not waited for. */
    private static final long BUSY_NANOS = 10_000_000;

    /** A thread that runs, as far as Java knows, but used no CPU for so long is in a call of the system, as for I/O. */
    private static final long IDLE_NANOS = 100_000_000;

    private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

    private final Thread thread = Thread.currentThread();

    /** What Linux says about this thread; null on other systems. */
    private final @Nullable Path status = status();

    // Below: of the one thread that waits.
    private long used = -1;
    private long usedAtFirst;
    private long ranAt = System.nanoTime();

    private static @Nullable Path status() {
        try {
            return Path.of("/proc/thread-self").toRealPath().resolve("stat");
        } catch (IOException notLinux) {
            return null;
        }
    }

    /** A new wait for this thread begins. */
    void begin() {
        usedAtFirst = -1;
    }

    /** Whether this thread has waited for something since the last look, or has worked for long. */
    boolean isDone() {
        long now = System.nanoTime();
        long before = used;
        used = CPU.getThreadCpuTime(thread.getId());
        if (usedAtFirst < 0) {
            usedAtFirst = used;
        }
        if (used - usedAtFirst > BUSY_NANOS) {
            return true;
        }
        if (used != before) {
            ranAt = now;
            return false;
        }
        return (thread.getState() != State.RUNNABLE || now - ranAt > IDLE_NANOS) && !isReady();
    }

    /** The system says what Java does not: that the thread was woken up, and waits for nothing but a CPU. */
    private boolean isReady() {
        if (status == null) {
            return false;
        }
        try {
            String fields = Files.readString(status);
            return fields.charAt(fields.lastIndexOf(')') + 2) != 'S';
        } catch (IOException ended) {
            return false;
        }
    }

    /** Whether {@link #isReady()} is known. */
    boolean isWatched() {
        return status != null;
    }
}
