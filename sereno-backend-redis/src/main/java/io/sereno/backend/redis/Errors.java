package io.sereno.backend.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The meaning of a failure. An error from the server is classified by its first word, which is part of the protocol; the text after it is
 * for people. After any other failure, above all a lost connection, it is unknown whether the server carried out the request.
 */
final class Errors {
    enum Meaning {
        /** The server refused before it wrote anything, and will refuse until somebody changes something. */
        REFUSED,
        /** The server refused before it wrote anything, but may accept later. */
        NOT_NOW,
        /**
         * The server refused before it wrote anything, because it is not, or no longer, the right server. Or no server was asked, since the
         * connection had ended.
         */
        ELSEWHERE,
        /** The outcome is unknown. */
        UNKNOWN
    }

    private static final Set<String> REFUSED = Set.of(
            "NOAUTH", "WRONGPASS", "NOPERM", "NOSCRIPT", "CROSSSLOT", "WRONGTYPE", "DENIED", "NOPROTO", "EXECABORT");
    private static final Set<String> NOT_NOW = Set.of("OOM", "NOREPLICAS", "MISCONF", "BUSY", "TRYAGAIN");
    private static final Set<String> ELSEWHERE =
            Set.of("READONLY", "MOVED", "ASK", "LOADING", "CLUSTERDOWN", "MASTERDOWN");

    /** What a server checks at the first write of a script only. All other errors from within a script may come after writes. */
    private static final Set<String> BEFORE_THE_FIRST_WRITE = Set.of("OOM", "NOREPLICAS", "MISCONF", "READONLY");

    /**
     * Lettuce's messages for a command that it does not accept, since it is closed or has no connection. It has no types for these
     * errors.
     */
    private static final Set<String> NOT_SENT =
            Set.of("Currently not connected. Commands are rejected.", "Connection is closed");

    private static final String WITHIN_SCRIPT = "@user_script";
    /**
     * Until version 6 an error within a script had the form {@code ERR Error running script (...): @user_script:27: ...: -OOM command
     * ...}.
     */
    private static final Pattern CODE_WITHIN = Pattern.compile("^ERR Error running script .*?: -?([A-Z]+) ");

    /** How Redis 7.0 refuses a command within the script: it names the line, and not the command. Later versions name the command. */
    private static final Pattern REFUSED_AT = Pattern.compile("can't run this command.*@user_script:(\\d+)");
    /** Of a line of the script; {@code PUBLISH} stands for the command for shards, which Redis has from 7.0 on. */
    private static final Pattern CALL = Pattern.compile("call\\((?:'([A-Z]+)'|PUBLISH\\b)");

    private static final Pattern MOVED = Pattern.compile("MOVED \\d+ (.*):(\\d+)");

    private Errors() {}

    static Meaning meaning(Throwable failure) {
        Throwable cause = unwrap(failure);
        if (!(cause instanceof RedisCommandExecutionException answer)) {
            boolean notSent = cause instanceof RedisException && NOT_SENT.contains(String.valueOf(cause.getMessage()));
            return notSent ? Meaning.ELSEWHERE : Meaning.UNKNOWN;
        }
        String code = code(answer);
        if (isWithinScript(answer) && !BEFORE_THE_FIRST_WRITE.contains(code)) {
            return Meaning.UNKNOWN;
        }
        if (REFUSED.contains(code)) {
            return Meaning.REFUSED;
        }
        if (NOT_NOW.contains(code)) {
            return Meaning.NOT_NOW;
        }
        return ELSEWHERE.contains(code) ? Meaning.ELSEWHERE : Meaning.UNKNOWN;
    }

    /**
     * The exception for the caller of a failed call. If the call changes no entry, or was never sent, its outcome is
     * never unknown.
     */
    static BackendException of(String what, boolean mayHaveWritten, Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof BackendException already) {
            return already;
        }
        Meaning meaning = meaning(cause);
        boolean unknown = meaning == Meaning.UNKNOWN && mayHaveWritten;
        String message = what + " failed: " + cause.getMessage()
                + (unknown ? "; it is not known whether the server executed it" : "") + advice(cause);
        return new BackendException(
                unknown ? Outcome.UNKNOWN : Outcome.NOT_APPLIED,
                meaning == Meaning.REFUSED || (!mayHaveWritten && lacksRight(cause)),
                message,
                cause);
    }

    /** Whether the server refused EVAL itself, and not a command within the script. */
    static boolean mayNotSendScripts(Throwable failure) {
        return unwrap(failure) instanceof RedisCommandExecutionException answer
                && code(answer).equals("NOPERM")
                && !isWithinScript(answer)
                && String.valueOf(answer.getMessage()).contains("'eval'");
    }

    /** For a server that lost the script in a restart. An administrator may load it at any moment, so this is not permanent. */
    static BackendException scriptNotLoaded(String digest, Throwable cause) {
        return new BackendException(
                Outcome.NOT_APPLIED,
                false,
                "the server does not know the script " + digest
                        + " of this version of Sereno, and the user may not send it"
                        + " (EVAL): an administrator loads it with SCRIPT LOAD, after each start of the server; docs/redis.md says how",
                unwrap(cause));
    }

    /**
     * The node to ask instead, if a node of a Cluster named one. The answer omits the host if it is that of the node
     * that was asked.
     */
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

    /** The missing class or method of the client libraries, if that is the cause of the failure. */
    static Optional<LinkageError> linkageError(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof LinkageError linkageError) {
                return Optional.of(linkageError);
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

    /** Whether a command within the script was refused, since the user has no right to it. */
    private static boolean lacksRight(Throwable cause) {
        return cause instanceof RedisCommandExecutionException answer
                && isWithinScript(answer)
                && (code(answer).equals("NOPERM")
                        || REFUSED_AT
                                .matcher(String.valueOf(answer.getMessage()))
                                .find());
    }

    /** The commands of the line at which the script was refused one, as a right is written; empty if the server has named it. */
    private static String refusedCommands(RedisCommandExecutionException answer) {
        Matcher refused = REFUSED_AT.matcher(String.valueOf(answer.getMessage()));
        if (!refused.find()) {
            return "";
        }
        return CALL.matcher(Script.line(Integer.parseInt(refused.group(1))))
                .results()
                .map(call -> call.group(1) == null
                        ? "+spublish"
                        : "+" + call.group(1).toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(" or "));
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

    /** Advice that the server's answer does not give; empty for other failures. */
    static String advice(Throwable cause) {
        if (!(cause instanceof RedisCommandExecutionException answer)) {
            return "";
        }
        if (isWithinScript(answer) && !BEFORE_THE_FIRST_WRITE.contains(code(answer))) {
            String commands = refusedCommands(answer);
            return (commands.isEmpty() ? "" : ". The user lacks the right " + commands)
                    + ". The script failed halfway: docs/redis.md lists the rights that a user needs, and nothing but"
                    + " Sereno may write to its keys";
        }
        return switch (code(answer)) {
            case "NOAUTH" -> ". The server asks for a user or a password, and none was given";
            case "WRONGPASS" -> ". Check user and password";
            case "NOPERM" -> ". docs/redis.md lists the rights that a user needs";
            case "OOM" -> ". The server has no memory left (maxmemory); leases can still be renewed, and still end";
            case "NOREPLICAS" -> ". The server has fewer replicas than min-replicas-to-write asks for";
            case "TRYAGAIN", "ASK" -> ". The slot of this namespace is being moved to another server";
            default -> "";
        };
    }
}
