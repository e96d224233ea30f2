package io.sereno.backend.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a failure means. An error that the server answered with is sorted by its first word, which is part of the protocol; the text behind
 * it is for people. Everything else, a lost connection above all, leaves open whether the server carried out what was sent.
 */
final class Errors {
    enum Meaning {
        /** The server refused before it wrote anything, and will until somebody changes something. */
        REFUSED,
        /** The server refused before it wrote anything; later it may not. */
        NOT_NOW,
        /**
         * The server refused before it wrote anything, because it is not, or no longer, the one to ask. Or nobody was asked, as the connection
         * had ended.
         */
        ELSEWHERE,
        /** Nobody knows. */
        DOUBT
    }

    private static final Set<String> REFUSED = Set.of(
            "NOAUTH", "WRONGPASS", "NOPERM", "NOSCRIPT", "CROSSSLOT", "WRONGTYPE", "DENIED", "NOPROTO", "EXECABORT");
    private static final Set<String> NOT_NOW = Set.of("OOM", "NOREPLICAS", "MISCONF", "BUSY", "TRYAGAIN");
    private static final Set<String> ELSEWHERE =
            Set.of("READONLY", "MOVED", "ASK", "LOADING", "CLUSTERDOWN", "MASTERDOWN", "UNBLOCKED");

    /** What a server asks at the first write of a script, and then no more. All else that comes out of a script may come after writes. */
    private static final Set<String> BEFORE_THE_FIRST_WRITE = Set.of("OOM", "NOREPLICAS", "MISCONF", "READONLY");

    /** What Lettuce, which has no types for it, says of a command that it does not take, since it is closed or has no connection. */
    private static final Set<String> NOT_SENT =
            Set.of("Currently not connected. Commands are rejected.", "Connection is closed");

    private static final String WITHIN_SCRIPT = "@user_script";
    /** Until version 6 an error within a script came as {@code ERR Error running script (...): @user_script:27: ...: -OOM command ...}. */
    private static final Pattern CODE_WITHIN = Pattern.compile("^ERR Error running script .*?: -?([A-Z]+) ");

    private static final Pattern MOVED = Pattern.compile("MOVED \\d+ (.*):(\\d+)");

    private Errors() {}

    static Meaning meaning(Throwable failure) {
        Throwable cause = unwrap(failure);
        if (!(cause instanceof RedisCommandExecutionException answer)) {
            boolean notSent = cause instanceof RedisException && NOT_SENT.contains(String.valueOf(cause.getMessage()));
            return notSent ? Meaning.ELSEWHERE : Meaning.DOUBT;
        }
        String code = code(answer);
        if (isWithinScript(answer) && !BEFORE_THE_FIRST_WRITE.contains(code)) {
            return Meaning.DOUBT;
        }
        if (REFUSED.contains(code)) {
            return Meaning.REFUSED;
        }
        if (NOT_NOW.contains(code)) {
            return Meaning.NOT_NOW;
        }
        return ELSEWHERE.contains(code) ? Meaning.ELSEWHERE : Meaning.DOUBT;
    }

    /** What a call that failed so tells its caller. What changes no entry, or was never sent, is never in doubt. */
    static BackendException of(String what, boolean mayHaveWritten, Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof BackendException already) {
            return already;
        }
        Meaning meaning = meaning(cause);
        boolean doubt = meaning == Meaning.DOUBT && mayHaveWritten;
        String message = what + " failed: " + cause.getMessage()
                + (doubt ? "; whether the server carried it out is not known" : "") + advice(cause);
        return new BackendException(
                doubt ? Outcome.UNKNOWN : Outcome.NOT_APPLIED, meaning == Meaning.REFUSED, message, cause);
    }

    /** Whether the server refused EVAL itself, and not a command within the script. */
    static boolean mayNotSendScripts(Throwable failure) {
        return unwrap(failure) instanceof RedisCommandExecutionException answer
                && code(answer).equals("NOPERM")
                && !isWithinScript(answer)
                && String.valueOf(answer.getMessage()).contains("'eval'");
    }

    /** For a server that forgot the script with a restart. An administrator may load it in a moment, so this is not for good. */
    static BackendException scriptNotLoaded(String digest, Throwable cause) {
        return new BackendException(
                Outcome.NOT_APPLIED,
                false,
                "the server does not know the script " + digest
                        + " of this version of Sereno, and the user may not send it"
                        + " (EVAL): an administrator loads it with SCRIPT LOAD, after each start of the server; docs/redis.md says how",
                unwrap(cause));
    }

    /** Who is to be asked instead, where a node of a Cluster said so. It leaves the host out if it is the one that was asked. */
    static Optional<InetSocketAddress> moved(Throwable failure, String asked) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RedisCommandExecutionException) {
                Matcher moved = MOVED.matcher(String.valueOf(cause.getMessage()));
                if (moved.matches()) {
                    String host = moved.group(1);
                    return Optional.of(InetSocketAddress.createUnresolved(
                            host.isEmpty() || host.equals("?") ? asked : host, Integer.parseInt(moved.group(2))));
                }
            }
        }
        return Optional.empty();
    }

    /** The class or method of the client libraries that is lacking, where that is why something failed. */
    static Optional<LinkageError> misfit(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof LinkageError misfit) {
                return Optional.of(misfit);
            }
        }
        return Optional.empty();
    }

    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static boolean isWithinScript(RedisCommandExecutionException answer) {
        return String.valueOf(answer.getMessage()).contains(WITHIN_SCRIPT);
    }

    private static String code(RedisCommandExecutionException answer) {
        String message = String.valueOf(answer.getMessage());
        Matcher within = CODE_WITHIN.matcher(message);
        if (within.find()) {
            return within.group(1);
        }
        int end = message.indexOf(' ');
        return end < 0 ? message : message.substring(0, end);
    }

    /** What an answer of the server leaves unsaid; empty for other failures. */
    static String advice(Throwable cause) {
        if (!(cause instanceof RedisCommandExecutionException answer)) {
            return "";
        }
        if (isWithinScript(answer) && !BEFORE_THE_FIRST_WRITE.contains(code(answer))) {
            return ". It came out of the midst of the script: docs/redis.md lists the rights that a user needs, and nothing but"
                    + " Sereno may write to its keys";
        }
        return switch (code(answer)) {
            case "NOAUTH" -> ". The server asks for a user or a password, and none was given";
            case "WRONGPASS" -> ". Check user and password";
            case "NOPERM" -> ". docs/redis.md lists the rights that a user needs";
            case "OOM" -> ". The server has no memory left (maxmemory); leases are renewed and end all the same";
            case "NOREPLICAS" -> ". The server has fewer replicas than min-replicas-to-write asks for";
            case "TRYAGAIN", "ASK" -> ". The slot of this namespace is being moved to another server";
            default -> "";
        };
    }
}
