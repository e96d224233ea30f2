package io.sereno.simulation;

/**
 * A task that was scheduled with a clock: if cancelled, it does not run, even if it was due and its executor keeps it
 * waiting.
 */
final class Timed implements Runnable {
    private final Runnable task;
    private volatile boolean cancelled;

    Timed(Runnable task) {
        this.task = task;
    }

    void cancel() {
        cancelled = true;
    }

    @Override
    public void run() {
        if (!cancelled) {
            task.run();
        }
    }
}
