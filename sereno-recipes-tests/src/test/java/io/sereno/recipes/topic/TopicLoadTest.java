package io.sereno.recipes.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.Sereno;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.properties.Reading;
import io.sereno.recipes.Clients;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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

    /** Each message is followed by the next one, or by a gap, up to the last. */
    private static class Receiver extends Reading<byte[]> {
        private final CompletableFuture<Void> begun = new CompletableFuture<>();
        private final CompletableFuture<Void> done = new CompletableFuture<>();

        @Override
        public void onMessage(Message<byte[]> message) {
            super.onMessage(message);
            assertThat(ByteBuffer.wrap(message.payload()).getLong()).isEqualTo(message.offset());
            reached(message.offset());
        }

        @Override
        public void onGap(Gap gap) {
            super.onGap(gap);
            reached(gap.lastOffset());
        }

        private void reached(long offset) {
            begun.complete(null);
            if (offset == MESSAGES || wrong().isPresent()) {
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
        CompletableFuture<Void> wake = new CompletableFuture<>();
        Receiver sleeper = new Receiver() {
            @Override
            public void onMessage(Message<byte[]> message) {
                wake.join();
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
        wake.complete(null);
        for (Receiver receiver : receivers) {
            receiver.done.get(30, TimeUnit.SECONDS);
            assertThat(receiver.wrong()).isEmpty();
        }
        assertThat(sleeper.gaps()).as("what the sleeper missed").isNotEmpty();
    }

    private static Topic<byte[]> topic(Sereno sereno) {
        return sereno.topic("t", Codec.bytes());
    }
}
