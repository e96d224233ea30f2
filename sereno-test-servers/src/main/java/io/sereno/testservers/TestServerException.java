package io.sereno.testservers;

/**
 * A server did not do what a test asked; the message names the server and the request, and shows the end of its log.
 */
public class TestServerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TestServerException(String message) {
        super(message);
    }

    TestServerException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Keeps the thread's interrupt flag. */
    static TestServerException interrupted(String what) {
        Thread.currentThread().interrupt();
        return new TestServerException("interrupted while " + what);
    }
}
