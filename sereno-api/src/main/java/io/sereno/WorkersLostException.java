package io.sereno;

import java.util.List;

/** Workers of a wait group died before they were done, and its policy is {@code FAIL}. */
public final class WorkersLostException extends SerenoException {
    private static final long serialVersionUID = 1L;

    private final String[] workers;

    public WorkersLostException(List<String> workers, String message) {
        super(message, null);
        this.workers = workers.toArray(String[]::new);
    }

    public List<String> workers() {
        return List.of(workers);
    }
}
