package io.sereno.tck.history;

import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Snapshot;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One call of one client, from its invocation to its reply.
 *
 * @param id its place among the operations of the history
 * @param client who called
 * @param thread on which thread
 * @param notice the notice during which it was invoked, as its place among the notices of the history; -1 if none
 * @param call the request
 * @param invoked when the method was called
 * @param returned when its stage completed; null if it never did
 * @param reply the answer
 */
public record Operation(
        int id,
        String client,
        String thread,
        int notice,
        Call call,
        Moment invoked,
        @Nullable Moment returned,
        Reply reply) {

    /**
     * Many operations may take effect between two moments of a history, one after another. So the orders that the
     * checks use are this far apart.
     */
    static final long ROOM = 1L << 20;

    /** The order of the return; the greatest possible if it never returned. */
    long end() {
        return returned == null ? Long.MAX_VALUE : returned.order() * ROOM;
    }

    long begin() {
        return invoked.order() * ROOM;
    }

    boolean returnedBefore(Operation other) {
        return end() < other.begin();
    }

    /** The directory that a read or a commit is about. */
    Optional<String> directory() {
        if (call instanceof Call.Read read) {
            return Optional.of(read.query().directory());
        }
        return commit().map(io.sereno.spi.Commit::directory);
    }

    public Optional<io.sereno.spi.Commit> commit() {
        return call instanceof Call.Commit commit ? Optional.of(commit.commit()) : Optional.empty();
    }

    Optional<CommitResult> result() {
        return reply instanceof Reply.Ended ended ? Optional.of(ended.result()) : Optional.empty();
    }

    /** Whether a commit may have been applied, or may yet be, without its client knowing. */
    boolean isUnknown() {
        return reply instanceof Reply.None
                || (reply instanceof Reply.Failed failed && failed.outcome() == Outcome.UNKNOWN);
    }

    /** What a read found, or a commit returned. */
    public Optional<Snapshot> snapshot() {
        if (reply instanceof Reply.Found found) {
            return Optional.of(found.snapshot());
        }
        if (reply instanceof Reply.Ended ended) {
            if (ended.result() instanceof CommitResult.Committed committed) {
                return committed.snapshot();
            }
            if (ended.result() instanceof CommitResult.Conflict conflict) {
                return conflict.snapshot();
            }
        }
        return Optional.empty();
    }

    Operation with(Call newCall, Reply newReply) {
        return new Operation(id, client, thread, notice, newCall, invoked, returned, newReply);
    }

    /** By the id alone: hashing the contents of directory reads, again and again, would cost more than the check. */
    @Override
    public int hashCode() {
        return id;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Operation operation
                && operation.id == id
                && operation.call.equals(call)
                && operation.reply.equals(reply);
    }

    /** In one line: who, when, what, and how it ended. */
    @Override
    public String toString() {
        return "#" + id + " " + client + " " + Texts.call(call) + " → " + Texts.reply(reply) + " [" + invoked + " to "
                + (returned == null ? "never" : returned.toString()) + "]";
    }
}
