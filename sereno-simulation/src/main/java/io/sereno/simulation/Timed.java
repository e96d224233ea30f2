package io.sereno.simulation;

/** A task that was given to a clock: cancelled, it does not run, also when it was due and its executor keeps it waiting. */
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
