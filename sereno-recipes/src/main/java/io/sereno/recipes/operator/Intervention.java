package io.sereno.recipes.operator;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.SerenoClosedException;
import io.sereno.SerenoException;
import io.sereno.Topic;
import io.sereno.operator.Release;
import io.sereno.operator.Release.Result;
import io.sereno.operator.Seat;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Lines;
import java.lang.System.Logger.Level;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * An operator's intervention with its record in the audit topic: the intent, what was done, and how it ended.
 *
 * <p>Invariant: nothing is done before the topic has the intent. If a later record is missing, the caller is told so, and the log.
 */
public final class Intervention {
    private static final String FIRST_LINE = "sereno/1 audit\n";
    /** No client has a longer node id. Anybody may have written one, and the topic does not take a record of any length. */
    private static final int MOST_NODE = 200;

    /** What operators can do. */
    public enum Action {
        END("end", "deleted the marker of the session, or tried to"),
        END_NOW("endNow", "deleted the seat, or tried to");

        private final String word;
        private final String act;

        Action(String word, String act) {
            this.word = word;
            this.act = act;
        }

        String word() {
            return word;
        }
    }

    private final Scope scope;
    private final Topic<String> audit;
    private final Action action;
    private final Seat seat;
    private final String reason;
    /** The records that follow the intent. */
    private final Queue<CompletionStage<Long>> records = new ConcurrentLinkedQueue<>();

    /** {@code scope} is that of the seat's directory. */
    Intervention(Scope scope, Topic<String> audit, Action action, Seat seat, String reason) {
        this.scope = scope;
        this.audit = audit;
        this.action = action;
        this.seat = seat;
        this.reason = reason;
    }

    CompletableFuture<Release> start() {
        String node = seat.nodeId().length() > MOST_NODE ? "" : seat.nodeId();
        String intent = "step intent\n" + line("action", action.word)
                + line("resource", seat.resource().toString()) + line("entry", seat.entry())
                + line("revision", Long.toString(seat.createRevision())) + line("session", seat.session())
                + line("node", node) + line("reason", reason);
        return publish(intent)
                .exceptionally(why -> {
                    throw withoutIntent(cause(why));
                })
                .thenCompose(this::act)
                .toCompletableFuture();
    }

    private RuntimeException withoutIntent(Throwable why) {
        if (why instanceof SerenoClosedException closed) {
            return closed;
        }
        String what = why instanceof OutcomeUnknownException
                ? "nothing was done, since it is not certain that the audit topic has the intent: "
                : "nothing was done, since the audit topic did not take the intent: ";
        return new NotAppliedException(scope.about(action.word) + ": " + what + why.getMessage(), why);
    }

    private CompletionStage<Release> act(long intent) {
        Runnable acted = () -> record(intent, "step act\n" + line("act", action.act));
        CompletableFuture<Result> work = action == Action.END
                ? new Ending(scope, seat, acted).start()
                : new Deletion(scope, seat, acted).start();
        return work.handle((result, failure) -> {
                    record(
                            intent,
                            "step outcome\n"
                                    + (failure == null
                                            ? line("result", result.name())
                                            : line(
                                                    "failure",
                                                    String.valueOf(
                                                            cause(failure).getMessage()))));
                    return missing().thenCompose(unaudited -> {
                        if (failure != null) {
                            return CompletableFuture.<Release>failedFuture(failed(cause(failure), unaudited));
                        }
                        return CompletableFuture.completedFuture(new Release(result, intent, unaudited));
                    });
                })
                .thenCompose(done -> done);
    }

    /** The failure, which also says why records are missing. */
    private static Throwable failed(Throwable failure, String unaudited) {
        if (unaudited.isEmpty()) {
            return failure;
        }
        String message = failure.getMessage() + "; the audit topic did not take all records of this call: " + unaudited;
        if (failure instanceof OutcomeUnknownException) {
            return new OutcomeUnknownException(message, failure);
        }
        if (failure instanceof NotAppliedException) {
            return new NotAppliedException(message, failure);
        }
        return failure instanceof SerenoClosedException ? new SerenoClosedException(message, failure) : failure;
    }

    private void record(long intent, String text) {
        records.add(publish("intent " + intent + "\n" + text));
    }

    private CompletionStage<Long> publish(String lines) {
        try {
            return audit.publishAsync(FIRST_LINE + lines);
        } catch (SerenoException refused) { // The client is closed.
            return CompletableFuture.failedFuture(refused);
        }
    }

    /** Why records are missing; empty if none is. */
    private CompletionStage<String> missing() {
        CompletionStage<String> missing = CompletableFuture.completedFuture("");
        for (CompletionStage<Long> each : records) {
            CompletionStage<String> why = each.handle((offset, failure) ->
                    failure == null ? "" : String.valueOf(cause(failure).getMessage()));
            missing = missing.thenCombine(why, (before, now) -> before.isEmpty() ? now : before);
        }
        return missing.thenApply(why -> {
            if (!why.isEmpty()) {
                Lines.SESSION.log(
                        Level.WARNING,
                        scope.about(action.word) + ": the audit topic did not take what was done: " + why);
            }
            return why;
        });
    }

    private static String line(String word, String value) {
        return value.isEmpty() ? "" : word + " " + Card.escape(value) + "\n";
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
