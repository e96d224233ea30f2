package io.sereno;

import java.util.List;

/** Workers of a wait group were lost before they were done, and its policy is {@link WaitGroup.OnLostWorker#FAIL}. */
public final class WorkersLostException extends SerenoException {
    private static final long serialVersionUID = 1L;

    private final String[] workers;

    /**
     * Creates an exception.
     *
     * @param workers ids of the lost workers; copied
     * @param message what happened, without secrets
     */
    public WorkersLostException(List<String> workers, String message) {
        super(message, null);
        this.workers = workers.toArray(String[]::new);
    }

    /**
     * The lost workers.
     *
     * @return their ids, as {@link Worker#id()}
     */
    public List<String> workers() {
        return List.of(workers);
    }
}
