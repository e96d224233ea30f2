package io.sereno.recipes.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.Sereno;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.recipes.Clients;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A million messages, with a retention that keeps the last ten thousand, to ten subscribers of three clients. */
@Timeout(60)
class TopicLoadTest {
    private static final int MESSAGES = 1_000_000;

    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    /** Counts its messages and the messages in its gaps: together that is everything, in order. */
    private static class Receiver implements TopicListener<byte[]> {
        private final CompletableFuture<Void> begun = new CompletableFuture<>();
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private long next = 1;
        private long received;
        private long lost;

        @Override
        public void onMessage(Message<byte[]> message) throws Exception {
            expect(message.offset());
            assertThat(ByteBuffer.wrap(message.payload()).getLong()).isEqualTo(message.offset());
            received++;
            reached(message.offset());
        }

        @Override
        public void onGap(Gap gap) {
            expect(gap.firstOffset());
            lost += gap.lastOffset() - gap.firstOffset() + 1;
            reached(gap.lastOffset());
        }

        private void expect(long offset) {
            if (offset != next) {
                done.completeExceptionally(
                        new AssertionError("received " + offset + ", and " + next + " was expected"));
            }
        }

        private void reached(long offset) {
            next = offset + 1;
            begun.complete(null);
            if (offset == MESSAGES) {
                done.complete(null);
            }
        }
    }

    @Test
    void everySubscriberGetsEachMessageInOrderOrAGap() throws Exception {
        Sereno[] three = {clients.connect("a"), clients.connect("b"), clients.connect("c")};
        List<Receiver> receivers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Receiver receiver = new Receiver();
            receivers.add(receiver);
            topic(three[i % 3]).subscribe(new From.Offset(1), receiver);
        }
        CountDownLatch wake = new CountDownLatch(1);
        Receiver sleeper = new Receiver() {
            @Override
            public void onMessage(Message<byte[]> message) throws Exception {
                wake.await();
                super.onMessage(message);
            }
        };
        receivers.add(sleeper);
        topic(three[0]).subscribe(new From.Offset(1), sleeper);
        Receiver reconnecting = new Receiver();
        receivers.add(reconnecting);
        From durable = new From.Durable("reconnecting");
        Sereno first = clients.connect("first");
        Subscription before = topic(first).subscribe(durable, reconnecting);

        Topic<byte[]> publisher = topic(clients.connect("publisher"));
        CompletableFuture<Long> last = CompletableFuture.completedFuture(0L);
        for (long i = 1; i <= MESSAGES; i++) {
            byte[] payload = new byte[128];
            ByteBuffer.wrap(payload).putLong(i);
            last = publisher.publishAsync(payload).toCompletableFuture();
            if (i == 1) {
                // A durable reader begins at the first message that is kept by then.
                reconnecting.begun.get(30, TimeUnit.SECONDS);
            }
            if (i == MESSAGES / 2) {
                before.close();
                first.close();
                topic(clients.connect("second")).subscribe(durable, reconnecting);
            }
        }
        assertThat(last.get(30, TimeUnit.SECONDS)).isEqualTo(MESSAGES);
        wake.countDown();
        for (Receiver receiver : receivers) {
            receiver.done.get(30, TimeUnit.SECONDS);
            assertThat(receiver.received + receiver.lost).isEqualTo(MESSAGES);
        }
        assertThat(sleeper.lost).as("the sleeper missed something").isPositive();
    }

    private static Topic<byte[]> topic(Sereno sereno) {
        return sereno.topic("t", Codec.bytes());
    }
}
