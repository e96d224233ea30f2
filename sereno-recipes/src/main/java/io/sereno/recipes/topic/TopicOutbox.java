package io.sereno.recipes.topic;

import io.sereno.recipes.kernel.Answers;
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
 * What one client has on its way into one topic, in the order of the calls: each message from {@link #offer} to its one end, and the room that all of
 * them take, which is bounded.
 *
 * <p>{@link #offer} and {@link #isCrowded} are for every thread; all else is confined to the strand of the publisher.
 */
final class TopicOutbox {
    /** Whoever comes when there is more waits for room. */
    static final int MOST_BYTES = 8 * 1024 * 1024;

    private static final long RETIRED = Long.MIN_VALUE / 2;

    private final Answers answers;
    private final Queue<TopicPublication> incoming = new ConcurrentLinkedQueue<>();
    /** Weight of what has not ended; {@link #RETIRED} and a little when nothing more is accepted. */
    private final AtomicLong weight = new AtomicLong();

    private final Deque<TopicPublication> waiting = new ArrayDeque<>();
    private final List<CompletableFuture<Void>> waitingForRoom = new ArrayList<>();

    TopicOutbox(Kernel kernel) {
        this.answers = new Answers(kernel, () -> {});
    }

    /** Takes a message; false when nothing more is accepted. */
    boolean offer(TopicPublication message) {
        if (weight.addAndGet(message.weight()) < 0) {
            weight.addAndGet(-message.weight());
            return false;
        }
        incoming.add(message);
        return true;
    }

    boolean isCrowded() {
        return weight.get() > MOST_BYTES;
    }

    /** Accepts nothing more, if nothing is on its way. */
    boolean retire() {
        return weight.compareAndSet(0, RETIRED);
    }

    /** What was offered stands in line from here on. Whether there was any. */
    boolean gather() {
        boolean any = false;
        for (TopicPublication message = incoming.poll(); message != null; message = incoming.poll()) {
            waiting.add(message);
            any = true;
        }
        return any;
    }

    /** The one that is next to be sent; null when none waits. */
    @Nullable
    TopicPublication first() {
        return waiting.peekFirst();
    }

    TopicPublication removeFirst() {
        return waiting.removeFirst();
    }

    /** What was taken out and has not been sent after all is next again, but for what has ended. */
    void putBack(List<TopicPublication> messages) {
        for (int i = messages.size() - 1; i >= 0; i--) {
            TopicPublication message = messages.get(i);
            if (!message.ended) {
                message.sent = false;
                waiting.addFirst(message);
            }
        }
    }

    /** All that wait, in order; none waits any more. */
    List<TopicPublication> removeAll() {
        List<TopicPublication> all = List.copyOf(waiting);
        waiting.clear();
        return all;
    }

    /** They are in the topic, from this offset on. One that was told otherwise before has its place all the same. */
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
                    message.tell();
                } else {
                    stages.add(message);
                }
            }
            offset++;
        }
        weight.addAndGet(-freed);
        answers.addAll(stages);
        makeRoom();
    }

    void failed(TopicPublication message, RuntimeException cause) {
        message.ended = true;
        weight.addAndGet(-message.weight());
        message.failure = cause;
        if (message.awaited) {
            message.tell();
        } else {
            answers.add(message);
        }
        makeRoom();
    }

    /** Completes when there is room again. */
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
