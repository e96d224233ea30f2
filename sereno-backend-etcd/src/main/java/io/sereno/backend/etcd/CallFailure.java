package io.sereno.backend.etcd;

import io.grpc.Status;

/** A call to etcd that got no answer. {@link Failures} says what that means. */
final class CallFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Status status;
    private final boolean sent;
    private final boolean answerTooLarge;

    /**
     * A failure.
     *
     * @param status as gRPC reports it
     * @param sent whether the request may have left this process
     * @param message for people, without the status
     */
    CallFailure(Status status, boolean sent, String message) {
        this(status, sent, message, false);
    }

    /**
     * As above; {@code answerTooLarge} if etcd carried out the request, but its answer is larger than this client
     * reads.
     */
    CallFailure(Status status, boolean sent, String message, boolean answerTooLarge) {
        super(message, status.getCause());
        this.status = status;
        this.sent = sent;
        this.answerTooLarge = answerTooLarge;
    }

    boolean isAnswerTooLarge() {
        return answerTooLarge;
    }

    Status status() {
        return status;
    }

    boolean sent() {
        return sent;
    }
}
