package io.sereno.testservers;

/** A server did not start because another process took its port between the choice and the start. */
final class PortTakenException extends TestServerException {
    private static final long serialVersionUID = 1L;

    PortTakenException(String message) {
        super(message);
    }
}
