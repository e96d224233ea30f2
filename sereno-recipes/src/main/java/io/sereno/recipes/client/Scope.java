package io.sereno.recipes.client;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.SerenoClosedException;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Errors;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.spi.BackendException;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Names;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** One name that a client uses with one recipe: where its entries are, and what the errors about it have in common. */
public record Scope(Client client, String recipe, String name, String directory) implements Errors {
    /** A longer timeout would make no difference, and its nanoseconds would overflow. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    public Kernel kernel() {
        return client.kernel();
    }

    public void requireOpen(String operation) {
        if (client.isClosed()) {
            throw closed(operation);
        }
    }

    public void requireNotInterrupted(String operation) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException(about(operation) + ": interrupted before it began");
        }
    }

    /** A linearizable read of the whole directory; waits for the store alone. */
    public Snapshot readAll(String operation) {
        return read(operation, new Query.All(directory));
    }

    /** An entry of the directory. */
    public Query.One one(String entry) {
        return new Query.One(directory, entry);
    }

    public Snapshot read(String operation, Query query) {
        return Await.uninterruptibly(reading(operation, query).result());
    }

    /** As above; does not wait. */
    public CompletableFuture<Snapshot> readAsync(String operation, Query query) {
        return reading(operation, query).result();
    }

    /** As above, as one of several steps of a call: ends by the call's deadline. */
    public Snapshot read(String operation, Query query, long deadline) {
        TimedWait<Snapshot> reading = reading(operation, query);
        reading.limit(kernel().until(deadline), () -> reading.fail(notApplied(operation, null)));
        return Await.uninterruptibly(reading.result());
    }

    private TimedWait<Snapshot> reading(String operation, Query query) {
        requireOpen(operation);
        TimedWait<Snapshot> reading = new TimedWait<>(kernel(), Runnable::run);
        kernel().store().read(query, Runnable::run, answer(operation, reading));
        return reading;
    }

    /** A page of the directories of the whole namespace; waits for the store alone. */
    public DirectoryPage directories(String operation, Optional<String> cursor, int limit) {
        requireOpen(operation);
        TimedWait<DirectoryPage> listing = new TimedWait<>(kernel(), Runnable::run);
        kernel().store().directories(cursor, limit, Runnable::run, answer(operation, listing));
        return Await.uninterruptibly(listing.result());
    }

    private <T> BiConsumer<@Nullable T, @Nullable BackendException> answer(String operation, TimedWait<T> wait) {
        return (answer, why) -> {
            if (answer != null) {
                wait.complete(answer);
            } else {
                wait.fail(notApplied(operation, why));
            }
        };
    }

    @Override
    public NotAppliedException notApplied(String operation, @Nullable BackendException because) {
        String reason = because == null ? "the store has not answered" : messageOf(because);
        String advice = because != null && because.permanent()
                ? "a retry will not help until the cause is fixed"
                : "nothing was changed; the call may be repeated";
        return new NotAppliedException(about(operation) + ": " + reason + "; " + advice, because);
    }

    @Override
    public OutcomeUnknownException outcomeUnknown(String operation, @Nullable BackendException because) {
        return new OutcomeUnknownException(
                about(operation) + ": " + reason(because)
                        + "; it may have taken effect, or may still take effect: check before you repeat it",
                because);
    }

    @Override
    public SerenoClosedException closed(String operation) {
        return new SerenoClosedException(about(operation) + ": this Sereno was closed; connect again");
    }

    /** Called at the first failure of a series. The operation is retried; this reports why it takes so long. */
    public void retrying(String operation, Throwable why) {
        kernel().events().retrying(recipe, name, operation, about(operation), why);
    }

    /** Why an answer is missing, for messages. */
    public static String reason(@Nullable BackendException because) {
        return because == null ? "no answer in time" : messageOf(because);
    }

    /** A store's message may repeat parts of the request, with names as they are. */
    private static String messageOf(BackendException because) {
        return Names.printable(String.valueOf(because.getMessage()));
    }

    @Override
    public String about(String operation) {
        return operation + " of " + this;
    }

    /** For messages, and for the objects of users. */
    @Override
    public String toString() {
        return recipe + " '" + Names.printable(name) + "' on " + kernel().backend();
    }

    public static Duration checkTimeout(Duration timeout) {
        Objects.requireNonNull(timeout, "timeout is null");
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("timeout is negative: " + timeout + "; zero or more is accepted");
        }
        return timeout.compareTo(LONGEST) > 0 ? LONGEST : timeout;
    }
}
