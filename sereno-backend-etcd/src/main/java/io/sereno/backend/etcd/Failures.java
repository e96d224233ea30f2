package io.sereno.backend.etcd;

import io.grpc.Status;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.net.SocketException;
import java.security.cert.CertificateException;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLHandshakeException;

/**
 * Decides what a failed call means, by its status code and by whether the call was sent, never by the text of a message:
 *
 * <ul>
 *   <li>A request that was never handed to a connection was not applied.
 *   <li>A request that etcd itself refuses was not applied, since etcd checks before it writes.
 *   <li>Every other failure has an unknown outcome: a lost connection, no answer in time, and also etcd's answers while its leader
 *       changes or while a resource is used up. The write that fills the disk quota is carried out and then reported as "no
 *       space", and gRPC gives the same code to requests under way on a connection that the server found too busy.
 * </ul>
 */
final class Failures {
    private Failures() {}

    /** The failure of a commit to this directory, which may have asked for entries. */
    static BackendException ofCommit(String directory, Throwable failure) {
        return unwrap(failure) instanceof CallFailure call && call.isAnswerTooLarge()
                ? EtcdLimits.tooLargeToRead(Outcome.UNKNOWN, directory, call)
                : ofCommit(failure);
    }

    /** The failure of a read of this directory. */
    static BackendException ofRead(String directory, Throwable failure) {
        return unwrap(failure) instanceof CallFailure call && call.isAnswerTooLarge()
                ? EtcdLimits.tooLargeToRead(Outcome.NOT_APPLIED, directory, call)
                : ofRead(failure);
    }

    /** The failure of a commit. */
    static BackendException ofCommit(Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof BackendException known) {
            return known;
        }
        if (!(cause instanceof CallFailure call)) {
            // The answer could not be understood: the commit may well have been applied.
            return new BackendException(Outcome.UNKNOWN, false, String.valueOf(cause.getMessage()), cause);
        }
        Outcome outcome = !call.sent() || isRefusal(call.status().getCode()) ? Outcome.NOT_APPLIED : Outcome.UNKNOWN;
        return new BackendException(outcome, isPermanent(call), message(call), call.getCause());
    }

    /** The failure of a call that changes no entry, so its outcome is never unknown. */
    static BackendException ofRead(Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof BackendException known) {
            return known;
        }
        if (cause instanceof CallFailure call) {
            return new BackendException(Outcome.NOT_APPLIED, isPermanent(call), message(call), call.getCause());
        }
        return new BackendException(Outcome.NOT_APPLIED, false, String.valueOf(cause.getMessage()), cause);
    }

    static boolean is(Throwable failure, Status.Code code) {
        return unwrap(failure) instanceof CallFailure call && call.status().getCode() == code;
    }

    /** Whether this code means that etcd looked at the request and did nothing. */
    static boolean isRefusal(Status.Code code) {
        return switch (code) {
            case INVALID_ARGUMENT,
                    NOT_FOUND,
                    ALREADY_EXISTS,
                    FAILED_PRECONDITION,
                    OUT_OF_RANGE,
                    UNAUTHENTICATED,
                    PERMISSION_DENIED,
                    UNIMPLEMENTED -> true;
            case OK,
                    CANCELLED,
                    UNKNOWN,
                    DEADLINE_EXCEEDED,
                    RESOURCE_EXHAUSTED,
                    ABORTED,
                    INTERNAL,
                    UNAVAILABLE,
                    DATA_LOSS -> false;
        };
    }

    /** A refused certificate will be refused again, although the failure looks like a lost connection. */
    private static boolean isPermanent(CallFailure call) {
        return isRefusal(call.status().getCode())
                || root(call) instanceof CertificateException
                || has(call, SSLHandshakeException.class);
    }

    private static String message(CallFailure call) {
        Status status = call.status();
        StringBuilder message = new StringBuilder(String.valueOf(call.getMessage()))
                .append(": ")
                .append(status.getCode());
        if (status.getDescription() != null) {
            // The text below the first line is about gRPC's internals.
            status.getDescription()
                    .lines()
                    .findFirst()
                    .ifPresent(line -> message.append(", ").append(line));
        }
        Throwable root = root(call);
        if (root != call && root.getMessage() != null) {
            message.append(" (").append(root.getMessage()).append(')');
        }
        if (status.getCode() == Status.Code.UNAVAILABLE && !call.sent() && isHungUp(root, call)) {
            message.append(
                    "; the connection ended before the first answer; check that both sides or neither use TLS (etcds:)");
        }
        if (status.getCode() == Status.Code.PERMISSION_DENIED) {
            message.append("; the user needs the right to read and write all keys of the namespace");
        }
        return message.toString();
    }

    /** The connection was accepted and then closed. It was not refused, and not closed because of a certificate. */
    private static boolean isHungUp(Throwable root, CallFailure call) {
        return root == call || root.getClass() == SocketException.class;
    }

    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    private static boolean has(Throwable failure, Class<? extends Throwable> kind) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (kind.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}
