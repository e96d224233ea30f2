package io.sereno.backend.etcd;

import io.grpc.Status;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.security.cert.CertificateException;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLHandshakeException;

/**
 * What a failed call means, decided by the code of its status and by whether it was sent, and never by a text:
 *
 * <ul>
 *   <li>What never was handed to a connection was not applied.
 *   <li>Where etcd itself refuses, nothing was applied, since it looks before it writes.
 *   <li>All else is doubt: a lost connection, silence, and also what etcd says while it changes its leader.
 * </ul>
 */
final class Failures {
    private Failures() {}

    /** Of a commit. */
    static BackendException ofCommit(Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof BackendException known) {
            return known;
        }
        if (!(cause instanceof CallFailure call)) {
            // An answer that could not be made sense of: the commit may well have been applied.
            return new BackendException(Outcome.UNKNOWN, false, String.valueOf(cause.getMessage()), cause);
        }
        Outcome outcome = !call.sent() || isRefusal(call.status().getCode()) ? Outcome.NOT_APPLIED : Outcome.UNKNOWN;
        return new BackendException(outcome, isPermanent(call), message(call), call.getCause());
    }

    /** Of what changes no entry, so that doubt about it is none. */
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

    /** Whether etcd says by this code that it looked at the request and did nothing. */
    static boolean isRefusal(Status.Code code) {
        return switch (code) {
            case INVALID_ARGUMENT,
                    NOT_FOUND,
                    ALREADY_EXISTS,
                    FAILED_PRECONDITION,
                    OUT_OF_RANGE,
                    RESOURCE_EXHAUSTED,
                    UNAUTHENTICATED,
                    PERMISSION_DENIED,
                    UNIMPLEMENTED -> true;
            case OK, CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, ABORTED, INTERNAL, UNAVAILABLE, DATA_LOSS -> false;
        };
    }

    /** A full disk or too many requests may pass; a refused certificate will not, though it looks like a lost connection. */
    private static boolean isPermanent(CallFailure call) {
        Status.Code code = call.status().getCode();
        return (isRefusal(code) && code != Status.Code.RESOURCE_EXHAUSTED)
                || root(call) instanceof CertificateException
                || has(call, SSLHandshakeException.class);
    }

    private static String message(CallFailure call) {
        Status status = call.status();
        StringBuilder message = new StringBuilder(String.valueOf(call.getMessage()))
                .append(": ")
                .append(status.getCode());
        if (status.getDescription() != null) {
            message.append(", ").append(status.getDescription());
        }
        Throwable root = root(call);
        if (root != call && root.getMessage() != null) {
            message.append(" (").append(root.getMessage()).append(')');
        }
        if (status.getCode() == Status.Code.PERMISSION_DENIED) {
            message.append("; the user needs the right to read and write all keys of the namespace");
        }
        return message.toString();
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
