package io.sereno.benchmarks;

import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** One thread publishes without waiting, and each subscriber receives every message, in order. */
final class Stream {
    private final Topic<byte[]> topic;
    private final byte[] payload;
    private final int subscribers;

    Stream(Topic<byte[]> topic, int bytes, int subscribers) {
        this.topic = topic;
        this.payload = new byte[bytes];
        this.subscribers = subscribers;
    }

    /** Messages per second, until the last subscriber has received the last message. */
    double window(int messages) throws InterruptedException {
        List<Subscription> subscriptions = new ArrayList<>();
        CountDownLatch finished = new CountDownLatch(subscribers);
        AtomicReference<String> fault = new AtomicReference<>();
        long first = topic.publish(payload) + 1;
        for (int i = 0; i < subscribers; i++) {
            Ear ear = new Ear(first, first + messages, finished, fault);
            subscriptions.add(topic.subscribe(ear));
        }
        long start = System.nanoTime();
        CompletableFuture<Long> last = CompletableFuture.completedFuture(0L);
        for (int i = 0; i < messages; i++) {
            last = topic.publishAsync(payload).toCompletableFuture();
        }
        finished.await();
        double seconds = (System.nanoTime() - start) / 1e9;
        subscriptions.forEach(Subscription::close);
        if (fault.get() != null) {
            throw new IllegalStateException(fault.get());
        }
        if (last.join() != first + messages - 1) {
            throw new IllegalStateException("the last message got offset " + last.join());
        }
        return messages / seconds;
    }

    private static final class Ear implements TopicListener<byte[]> {
        private final long end;
        private final CountDownLatch finished;
        private final AtomicReference<String> fault;
        private long next;

        Ear(long first, long end, CountDownLatch finished, AtomicReference<String> fault) {
            this.next = first;
            this.end = end;
            this.finished = finished;
            this.fault = fault;
        }

        @Override
        public void onMessage(Message<byte[]> message) {
            if (message.offset() != next) {
                fault.compareAndSet(null, "received " + message.offset() + ", and " + next + " was expected");
            }
            next = message.offset() + 1;
            if (next == end) {
                finished.countDown();
            }
        }

        @Override
        public void onGap(Gap gap) {
            fault.compareAndSet(null, "lost " + gap);
            next = gap.lastOffset() + 1;
        }
    }
}
