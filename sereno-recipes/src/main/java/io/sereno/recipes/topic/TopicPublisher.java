package io.sereno.recipes.topic;

import io.sereno.OutcomeUnknownException;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Outcome;
import io.sereno.recipes.kernel.Quote;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.Timer;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Snapshot;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Publishes all messages of one client to one topic: many callers, one commit in flight. There is one publisher for a name ({@link InUse}),
 * as long as it has been used lately.
 *
 * <p>Stored, in the directory of the topic: the {@link TopicHeader}, and one {@link TopicBatch} for each commit.
 *
 * <p>Invariant: every batch is put under the condition that the header is unchanged, together with the header that counts it. So offsets
 * are dense, and of the copies of one commit at most one takes effect.
 *
 * <ol>
 *   <li><b>Header.</b> It is known from the last commit, else read. If there is none, put an empty header, which equals no header; so it
 *       does not matter when, or how often, that happens.
 *   <li><b>Send.</b> Pack the waiting messages, up to the size of a batch, into one commit: {@code modRevision(header) == x} -> header,
 *       batch, and without what {@link TopicTrimmer} finds too old. If it is committed, report the offsets to the callers.
 *   <li><b>Conflict.</b> Another client was faster, and nothing was put: retry with the new header.
 *   <li><b>Settle.</b> If the outcome is unknown, send the same commit again. If it is committed, the first copy had not been applied. If
 *       it conflicts, the header was changed, by the copy or by another client; the batch at its offset shows which. If that batch is gone,
 *       report an unknown outcome to the callers.
 *   <li><b>Deadline.</b> When a caller has waited for the operation timeout, report that the message was not published, if it was never
 *       sent, else an unknown outcome. Later messages continue: in front of them, a late copy may still take effect; behind them it cannot.
 * </ol>
 *
 * <p>All but {@link #offer}, {@link #flush}, {@link #room} and {@link #close} is confined to the strand.
 */
final class TopicPublisher {
    static final Shared<InUse<String, TopicPublisher>> PUBLISHERS =
            new Shared<>(client -> new InUse<>(TopicPublisher::close), InUse::close);

    static final int MOST_MESSAGE_BYTES = 64 * 1024;

    private static final int MOST_BATCH_BYTES = 256 * 1024;
    /** Space for the header, and the names of all entries of a commit. */
    private static final int COMMIT_OVERHEAD_BYTES = 8 * 1024;

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int CONTENDED = 16;

    /** A commit: the batch {@code id} of these messages, if {@code header} is unchanged. */
    private record Sending(
            List<TopicPublication> messages,
            TopicHeader header,
            long low,
            String id,
            Instant at,
            Bytes value,
            Commit commit) {
        /** The header that the commit puts. */
        TopicHeader after(long revision) {
            return new TopicHeader(header.stream(), revision, header.next() + messages.size(), low, id);
        }
    }

    private sealed interface State {
        /** No outcome is open. A null header has to be read before the next commit. */
        record Ready(@Nullable TopicHeader header) implements State {}

        /** The outcome of a commit is not certain yet. */
        sealed interface Open extends State {
            Sending sending();
        }

        /** The first copy is in flight. */
        record Sent(Sending sending) implements Open {}

        /** The commit may have been applied, or may be yet: it is sent again. */
        record Unknown(Sending sending) implements Open {}

        /** The header has changed since the commit was sent: the batch at its offset shows the outcome. */
        record Decided(Sending sending) implements Open {}
    }

    private final Kernel kernel;
    private final Scope scope;
    private final String directory;
    private final InUse<String, TopicPublisher> publishers;
    private final String id;
    private final int batchBytes;
    private final int headBytes;
    private final Strand strand = new Strand();
    private final TopicTrimmer trimmer;
    private final Requests requests;

    private final TopicOutbox outbox;
    private final AtomicBoolean due = new AtomicBoolean();
    private State state = new State.Ready(null);
    /** The header that this publisher has put last. */
    private @Nullable TopicHeader published;

    /**
     * The number of following commits that ask for the header in the answer: that is cheaper than reading the header after each conflict.
     */
    private int contended;

    private long batches;
    private boolean used;
    private final Timer tick = new Timer();
    /** The client closes, or this publisher has retired. */
    private boolean closed;

    TopicPublisher(Scope scope, InUse<String, TopicPublisher> publishers) {
        this.kernel = scope.kernel();
        this.scope = scope;
        this.directory = scope.directory();
        this.publishers = publishers;
        this.id = Long.toUnsignedString(RANDOM.nextLong(), Character.MAX_RADIX);
        this.batchBytes = batchBytes(scope.client().backend().guarantees());
        this.headBytes = TopicBatch.headBytes(kernel.nodeId());
        this.outbox = new TopicOutbox(kernel);
        this.trimmer = new TopicTrimmer(scope, strand);
        Requests.OnFailure onFailure =
                Requests.OnFailure.first(why -> scope.retrying("publish", why), why -> endAll(this::outcomeOf));
        this.requests = new Requests(kernel, strand, directory, onFailure, this::step);
    }

    private static int batchBytes(Guarantees guarantees) {
        int most = Math.min(guarantees.maxValueBytes(), guarantees.maxCommitBytes() - COMMIT_OVERHEAD_BYTES);
        return Math.min(MOST_BATCH_BYTES, most);
    }

    /** The maximum size of a message: a little less than 64 KiB if a value can hold no more than that. */
    static int messageBytes(Guarantees guarantees, String nodeId) {
        int head = TopicBatch.headBytes(nodeId) + TopicBatch.sizeBytes(MOST_MESSAGE_BYTES);
        return Math.min(MOST_MESSAGE_BYTES, batchBytes(guarantees) - head);
    }

    /**
     * Takes a message; false if this publisher has retired, and the caller has to use another one. The next call of {@link #flush} sends
     * it.
     */
    boolean offer(TopicPublication message) {
        return outbox.offer(message);
    }

    boolean isCrowded() {
        return outbox.isCrowded();
    }

    /**
     * Sends the offered messages. If {@code now}, the calling thread sends them, possibly with messages of other callers. Otherwise another thread
     * sends them soon, together with messages that are offered meanwhile.
     */
    void flush(boolean now) {
        if (now) {
            strand.execute(this::step);
        } else if (due.compareAndSet(false, true)) {
            kernel.offStrand(() -> strand.execute(this::step));
        }
    }

    /** Completes when there is room again: within the operation timeout, after which the messages that take up the room have ended. */
    CompletableFuture<Void> room() {
        CompletableFuture<Void> room = new CompletableFuture<>();
        strand.execute(() -> {
            outbox.whenRoom(room);
            step();
        });
        return room;
    }

    /** The client closes: nothing more is sent. */
    void close() {
        strand.execute(() -> {
            closed = true;
            trimmer.close();
            step();
        });
    }

    /** Starts the next action, if nothing is under way. */
    private void step() {
        // Cleared before the queue is emptied, so that a later message requests another step.
        due.set(false);
        used |= outbox.gather();
        if (closed) {
            endAll(this::whenClosed);
            return;
        }
        tick();
        if (!requests.isIdle()) {
            return;
        }
        TopicPublication first = outbox.first();
        if (state instanceof State.Decided decided) {
            look(decided.sending());
        } else if (state instanceof State.Unknown unknown) {
            send(unknown.sending());
        } else if (state instanceof State.Ready ready && first != null) {
            TopicHeader header = ready.header();
            if (header == null) {
                readHeader();
            } else if (!trimmer.looksFirst(header, first.retention, this::step)) {
                pack(header);
            }
        }
    }

    // Step 1.
    private void readHeader() {
        requests.read(
                TopicHeader.NAME,
                snapshot -> learn(snapshot, () -> new TopicRemoval(directory, requests, this::makeHeader).help()));
    }

    /** An unreadable header is reported to the callers. */
    private void learn(Snapshot snapshot, Runnable ifAbsent) {
        try {
            TopicHeader found = TopicScan.headerIn(snapshot);
            state = new State.Ready(found);
            if (found == null) {
                ifAbsent.run();
            } else if (published != null && found.contradicts(published)) {
                trimmer.forget();
            }
        } catch (UnreadableEntryException unreadable) {
            endAll(message -> Quote.again(unreadable));
        }
    }

    /** Runs when the remains of a deleted topic are gone. */
    private void makeHeader() {
        Commit.Builder commit = Commit.to(directory)
                .ifAbsent(TopicHeader.NAME)
                .ifAbsent(TopicRemoval.NAME)
                .put(TopicHeader.NAME, TopicHeader.value(1, 1, ""));
        requests.commitOrPause(commit, outcome -> {
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                state = new State.Ready(TopicHeader.empty(outcome.revision()));
            }
        });
    }

    // Step 2.
    private void pack(TopicHeader known) {
        List<byte[]> octets = new ArrayList<>();
        List<TopicPublication> messages = new ArrayList<>();
        int bytes = headBytes;
        for (TopicPublication message = outbox.first(); message != null; message = outbox.first()) {
            bytes += message.octets.length + TopicBatch.sizeBytes(message.octets.length);
            if (!messages.isEmpty() && (bytes > batchBytes || messages.size() == TopicScan.MOST_MESSAGES)) {
                break;
            }
            messages.add(outbox.removeFirst());
            octets.add(message.octets);
        }
        messages.forEach(message -> message.sent = true);
        Instant at = kernel.time().wall();
        String batchId = id + "-" + Long.toString(++batches, Character.MAX_RADIX);
        Bytes value = TopicBatch.encode(known.stream(), batchId, known.last(), kernel.nodeId(), at, octets);
        long end = known.next() + messages.size();
        TopicTrimmer.Trim trim = trimmer.plan(known, end, at, messages.get(messages.size() - 1).retention);
        Commit.Builder commit = Commit.to(directory)
                .ifModRevision(TopicHeader.NAME, known.modRevision())
                .put(TopicHeader.NAME, TopicHeader.value(end, trim.low(), batchId))
                .put(TopicBatch.nameOf(known.next()), value);
        trim.names().forEach(commit::delete);
        if (contended > 0) {
            commit.returningOne(TopicHeader.NAME);
        }
        Sending now = new Sending(messages, known, trim.low(), batchId, at, value, commit.build());
        state = new State.Sent(now);
        send(now);
    }

    private void send(Sending now) {
        boolean again = state instanceof State.Unknown;
        requests.commit(now.commit(), outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> applied(now, now.after(outcome.revision()));
                case CONFLICT -> {
                    if (again) {
                        state = new State.Decided(now);
                        dropSettled();
                    } else {
                        notApplied(now, outcome.snapshot());
                    }
                }
                case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> {
                    if (again || outcome.kind() == Outcome.Kind.UNKNOWN) {
                        state = new State.Unknown(now);
                        dropSettled();
                    } else {
                        putBack(now, now.header());
                    }
                    requests.pause(outcome.failure());
                }
            }
        });
    }

    private void applied(Sending sent, @Nullable TopicHeader header) {
        contended = Math.max(0, contended - 1);
        state = new State.Ready(header);
        TopicHeader after = sent.after(0);
        published = after;
        trimmer.published(sent.header().next(), after.next(), sent.at());
        outbox.published(sent.messages(), sent.header().next());
    }

    // Step 3.
    private void notApplied(Sending sent, @Nullable Snapshot returned) {
        contended = CONTENDED;
        putBack(sent, null);
        if (returned != null) {
            learn(returned, () -> {});
        }
    }

    private void putBack(Sending sent, @Nullable TopicHeader header) {
        state = new State.Ready(header);
        outbox.putBack(sent.messages());
    }

    // Step 4.
    private void look(Sending settling) {
        requests.readEntry(TopicBatch.nameOf(settling.header().next()), found -> settled(settling, found));
    }

    private void settled(Sending settling, @Nullable Entry found) {
        if (found != null && found.value().equals(settling.value())) {
            applied(settling, null);
        } else if (found != null && isOf(settling.header().stream(), found)) {
            notApplied(settling, null);
        } else {
            // Trimmed already, or deleted with the whole topic.
            state = new State.Ready(null);
            settling.messages().forEach(message -> end(message, this::outcomeUnknown));
        }
    }

    private static boolean isOf(long stream, Entry batch) {
        try {
            return TopicBatch.decode(batch).stream() == stream;
        } catch (UnreadableEntryException unreadable) {
            return false; // The batch shows nothing, so the callers get an unknown outcome.
        }
    }

    // Step 5. One timer, for the next message to time out; if there is none, the timer checks whether this publisher is
    // still used.
    private void tick() {
        if (tick.isSet()) {
            return;
        }
        used = false;
        TopicPublication oldest = oldest();
        long now = kernel.time().nanoTime();
        Duration delay =
                oldest == null ? kernel.operationTimeout() : Duration.ofNanos(Math.max(0, oldest.deadline - now));
        tick.set(kernel.time(), delay, strand, () -> {
            endOverdue();
            if (oldest() != null || used || !requests.isIdle() || !retire()) {
                step();
            }
        });
    }

    private @Nullable TopicPublication oldest() {
        return open().stream().filter(message -> !message.ended).findFirst().orElse(outbox.first());
    }

    /** The messages of the commit whose outcome is not certain yet. */
    private List<TopicPublication> open() {
        return state instanceof State.Open open ? open.sending().messages() : List.of();
    }

    private void endOverdue() {
        long now = kernel.time().nanoTime();
        TopicPublication oldest = oldest();
        while (oldest != null && oldest.deadline - now <= 0) {
            end(oldest, this::outcomeOf);
            if (oldest == outbox.first()) {
                TopicPublication unused = outbox.removeFirst();
            }
            oldest = oldest();
        }
        dropSettled();
    }

    /** Drops a batch that no caller waits for: the next commit makes it impossible, or finds it applied. */
    private void dropSettled() {
        boolean canDrop = state instanceof State.Unknown || state instanceof State.Decided;
        if (canDrop && open().stream().allMatch(message -> message.ended)) {
            state = new State.Ready(null);
        }
    }

    private boolean retire() {
        if (outbox.retire()) {
            closed = true;
            trimmer.close();
            publishers.remove(directory, this);
            return true;
        }
        return false;
    }

    private void endAll(Function<TopicPublication, RuntimeException> error) {
        open().forEach(message -> end(message, error));
        outbox.removeAll().forEach(message -> end(message, error));
        dropSettled();
    }

    private void end(TopicPublication message, Function<TopicPublication, RuntimeException> error) {
        if (!message.ended) {
            outbox.failed(message, error.apply(message));
        }
    }

    private RuntimeException outcomeOf(TopicPublication message) {
        return message.sent ? outcomeUnknown(message) : scope.notApplied("publish", requests.failure());
    }

    private RuntimeException whenClosed(TopicPublication message) {
        return message.sent ? outcomeUnknown(message) : scope.closed("publish");
    }

    private OutcomeUnknownException outcomeUnknown(TopicPublication message) {
        BackendException failure = requests.failure();
        return new OutcomeUnknownException(
                scope.about("publish") + ": " + Scope.reason(failure) + "; the message of " + message.octets.length
                        + " bytes may have been published, or may still be published",
                failure);
    }
}
