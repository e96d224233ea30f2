package io.sereno.recipes.topic;

import io.sereno.recipes.kernel.AsyncCalls;
import io.sereno.recipes.kernel.CompletionQueue;
import io.sereno.recipes.kernel.Kernel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The messages that one client is publishing to one topic, in the order of the calls: each message from {@link #offer} to its single end,
 * and the total size of all of them, which is bounded. While there are any, they count as one asynchronous call of the client.
 *
 * <p>{@link #offer} and {@link #isCrowded} are for every thread; all else is confined to the strand of the publisher.
 */
final class TopicOutbox {
    /** A caller waits for room while there is more than this. */
    static final int MOST_BYTES = 8 * 1024 * 1024;

    private static final long RETIRED = Long.MIN_VALUE / 2;

    private final AsyncCalls calls;
    private final CompletionQueue answers;
    private final Queue<TopicPublication> incoming = new ConcurrentLinkedQueue<>();
    /** The weight of the messages that have not ended; {@link #RETIRED} and a little when nothing more is accepted. */
    private final AtomicLong weight = new AtomicLong();

    private final Deque<TopicPublication> waiting = new ArrayDeque<>();
    private final List<CompletableFuture<Void>> waitingForRoom = new ArrayList<>();

    TopicOutbox(Kernel kernel) {
        this.calls = kernel.calls();
        this.answers = new CompletionQueue(kernel, () -> {});
    }

    /** Takes a message; false if nothing more is accepted. */
    boolean offer(TopicPublication message) {
        long all = weight.addAndGet(message.weight());
        if (all < 0) {
            weight.addAndGet(-message.weight());
            return false;
        }
        if (all == message.weight()) {
            calls.begun(); // Before the message can end.
        }
        incoming.add(message);
        return true;
    }

    boolean isCrowded() {
        return weight.get() > MOST_BYTES;
    }

    /** Accepts nothing more, if no message is under way. */
    boolean retire() {
        return weight.compareAndSet(0, RETIRED);
    }

    /** Moves the offered messages to the waiting line. Returns whether there were any. */
    boolean gather() {
        boolean any = false;
        for (TopicPublication message = incoming.poll(); message != null; message = incoming.poll()) {
            waiting.add(message);
            any = true;
        }
        return any;
    }

    /** The next message to send; null if none waits. */
    @Nullable
    TopicPublication first() {
        return waiting.peekFirst();
    }

    TopicPublication removeFirst() {
        return waiting.removeFirst();
    }

    /** Messages that were taken out but not sent after all are next again, except those that have ended. */
    void putBack(List<TopicPublication> messages) {
        for (int i = messages.size() - 1; i >= 0; i--) {
            TopicPublication message = messages.get(i);
            if (!message.ended) {
                message.sent = false;
                waiting.addFirst(message);
            }
        }
    }

    /** Removes and returns all waiting messages, in order. */
    List<TopicPublication> removeAll() {
        List<TopicPublication> all = List.copyOf(waiting);
        waiting.clear();
        return all;
    }

    /**
     * The messages are in the topic, from this offset on. A message that was reported to its caller as failed occupies
     * an offset too.
     */
    void published(List<TopicPublication> messages, long firstOffset) {
        List<TopicPublication> stages = new ArrayList<>();
        long offset = firstOffset;
        long freed = 0;
        for (TopicPublication message : messages) {
            if (!message.ended) {
                message.ended = true;
                freed += message.weight();
                message.offset = offset;
                if (message.awaited) {
                    message.report();
                } else {
                    stages.add(message);
                }
            }
            offset++;
        }
        free(freed);
        answers.addAll(stages);
        makeRoom();
    }

    void failed(TopicPublication message, RuntimeException cause) {
        message.ended = true;
        free(message.weight());
        message.failure = cause;
        if (message.awaited) {
            message.report();
        } else {
            answers.add(message);
        }
        makeRoom();
    }

    private void free(long freed) {
        if (freed > 0 && weight.addAndGet(-freed) == 0) {
            calls.end();
        }
    }

    /** Completes {@code room} when there is room again. */
    void whenRoom(CompletableFuture<Void> room) {
        waitingForRoom.add(room);
        makeRoom();
    }

    private void makeRoom() {
        if (weight.get() <= MOST_BYTES / 2 && !waitingForRoom.isEmpty()) {
            List<CompletableFuture<Void>> all = List.copyOf(waitingForRoom);
            waitingForRoom.clear();
            all.forEach(room -> room.complete(null));
        }
    }
}
