package io.sereno.backend.zookeeper;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.util.Set;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.jspecify.annotations.Nullable;

/** The meaning of ZooKeeper's codes for a caller. */
final class Failures {
    /**
     * Codes from the client itself after it lost the connection, or from a sender that cannot know the outcome of the
     * request.
     */
    private static final Set<Code> OUTCOME_UNKNOWN = Set.of(
            Code.CONNECTIONLOSS,
            Code.OPERATIONTIMEOUT,
            Code.REQUESTTIMEOUT,
            // For requests under way when the session or the handle ended, the client reports only this.
            Code.SESSIONEXPIRED,
            Code.SESSIONCLOSEDREQUIRESASLAUTH,
            Code.SESSIONMOVED,
            Code.AUTHFAILED,
            Code.SYSTEMERROR,
            Code.RUNTIMEINCONSISTENCY,
            Code.DATAINCONSISTENCY,
            Code.MARSHALLINGERROR,
            Code.APIERROR);

    /** Codes of failures that repeat until somebody changes something. */
    private static final Set<Code> PERMANENT = Set.of(
            Code.NOAUTH,
            Code.AUTHFAILED,
            Code.SESSIONCLOSEDREQUIRESASLAUTH,
            Code.INVALIDACL,
            Code.BADARGUMENTS,
            Code.UNIMPLEMENTED,
            Code.NONODE,
            Code.QUOTAEXCEEDED);

    private Failures() {}

    /** Whether a write with this answer may have been carried out, or may still be. */
    static boolean isUnknown(Code code) {
        return OUTCOME_UNKNOWN.contains(code);
    }

    /** The failure of a transaction that was sent, and answered with this code by the server or by the client. */
    static BackendException ofWrite(String what, Code code) {
        boolean unknown = isUnknown(code);
        return new BackendException(
                unknown ? Outcome.UNKNOWN : Outcome.NOT_APPLIED,
                !unknown && PERMANENT.contains(code),
                what + ": ZooKeeper answered " + code + advice(code),
                cause(code));
    }

    /** The failure of a request that changes no entry, so it may be repeated. */
    static BackendException ofRead(String what, Code code) {
        return new BackendException(
                Outcome.NOT_APPLIED,
                PERMANENT.contains(code),
                what + ": ZooKeeper answered " + code + advice(code),
                cause(code));
    }

    /** The failure of a transaction that ZooKeeper answered as a whole: nothing of it was done. */
    static BackendException ofCertain(String what, Code code) {
        return ofRead(what, code);
    }

    static BackendException tooManyElections(long zxid) {
        return new BackendException(
                Outcome.UNKNOWN,
                true,
                "ZooKeeper has reached transaction " + zxid
                        + ", and revisions end at 2^53 - 1: its leader has been elected too often; use a new ensemble",
                null);
    }

    static BackendException refused(String why) {
        return new BackendException(Outcome.NOT_APPLIED, true, why, null);
    }

    static BackendException refused(String why, BackendException cause) {
        return new BackendException(Outcome.NOT_APPLIED, true, why, cause);
    }

    static BackendException notNow(String why) {
        return new BackendException(Outcome.NOT_APPLIED, false, why, null);
    }

    private static @Nullable Throwable cause(Code code) {
        // This code is used only between servers, and has no exception.
        return code == Code.UNKNOWNSESSION ? null : KeeperException.create(code);
    }

    private static String advice(Code code) {
        return switch (code) {
            case NOAUTH, AUTHFAILED, SESSIONCLOSEDREQUIRESASLAUTH ->
                "; check user and password, and who may read, write, create and delete below the namespace";
            case NONODE -> "; a node of the namespace is gone";
            case QUOTAEXCEEDED -> "; the quota of the namespace is used up";
            case CONNECTIONLOSS -> " (the connection broke)";
            default -> "";
        };
    }
}
