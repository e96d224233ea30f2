package io.sereno.cli;

/** Ends the process with a code and a message. */
final class Failed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int code;

    Failed(int code, String message) {
        super(message);
        this.code = code;
    }

    int code() {
        return code;
    }
}
