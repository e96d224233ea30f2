package io.sereno.recipes.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.sereno.Codec;
import io.sereno.From;
import io.sereno.Gap;
import io.sereno.Message;
import io.sereno.MessagesLostException;
import io.sereno.Sereno;
import io.sereno.Subscription;
import io.sereno.Topic;
import io.sereno.TopicListener;
import io.sereno.TopicReader;
import io.sereno.backend.memory.MemoryBackup;
import io.sereno.recipes.Clients;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The gaps that readers of a topic get when the store has lost messages that it had acknowledged: TOP-13. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TopicAfterALossTest {
    private static final Duration LONG = Duration.ofSeconds(10);

    private final Clients clients = new Clients();
    private final Topic<String> publisher = topic(clients.connect("publisher"));

    @AfterEach
    void close() {
        clients.close();
    }

    private static Topic<String> topic(Sereno sereno) {
        return sereno.topic("t", Codec.utf8());
    }

    private void publish(String... payloads) {
        for (String payload : payloads) {
            publisher.publish(payload);
        }
    }

    private static void read(TopicReader<String> reader, String... payloads) throws InterruptedException {
        for (String payload : payloads) {
            assertThat(reader.next(LONG).orElseThrow().payload()).isEqualTo(payload);
        }
    }

    private static Gap gap(TopicReader<String> reader) {
        MessagesLostException lost = catchThrowableOfType(MessagesLostException.class, () -> reader.next(LONG));
        assertThat(lost).as("got a gap").isNotNull();
        return lost.gap();
    }

    /** The reader once ran in a busy loop for ever, even after its close. */
    @ParameterizedTest
    @EnumSource
    void messagesInPlaceOfLostOnesAreReadAfterAGap(MemoryBackup.Revisions revisions) throws Exception {
        publish("1", "2");
        MemoryBackup backup = clients.store.backup();
        publish("3", "4", "5");
        try (TopicReader<String> reader = topic(clients.connect("one")).reader(new From.Earliest())) {
            read(reader, "1", "2", "3", "4", "5");

            clients.store.restore(backup, revisions);

            assertThat(gap(reader)).isEqualTo(new Gap(3, 5));
            publish("3 again");
            Message<String> next = reader.next(LONG).orElseThrow();
            assertThat(next.offset()).isEqualTo(3);
            assertThat(next.payload()).isEqualTo("3 again");
            publish("4 again", "5 again", "6");
            read(reader, "4 again", "5 again", "6");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aReaderThatNoticesTheLossOnlyWhenTheTopicIsLongerAgainMissesNothing(MemoryBackup.Revisions revisions)
            throws Exception {
        publish("1", "2");
        MemoryBackup backup = clients.store.backup();
        publish("3", "4", "5");
        try (var line = clients.line();
                TopicReader<String> reader = topic(clients.connect("one", line)).reader(new From.Earliest())) {
            read(reader, "1", "2", "3", "4", "5");
            line.holdNotices();

            clients.store.restore(backup, revisions);
            publish("3 again", "4 again", "5 again", "6 again");
            line.releaseNotices();

            assertThat(gap(reader)).isEqualTo(new Gap(3, 5));
            read(reader, "3 again", "4 again", "5 again", "6 again");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aReaderThatBeginsLaterIsNotGivenWhatIsNotThereAnyMore(MemoryBackup.Revisions revisions) throws Exception {
        publish("1");
        MemoryBackup backup = clients.store.backup();
        publish("2", "3");
        Topic<String> topic = topic(clients.connect("one"));
        try (TopicReader<String> early = topic.reader(new From.Earliest())) {
            read(early, "1", "2", "3");
            clients.store.restore(backup, revisions);
            assertThat(gap(early)).isEqualTo(new Gap(2, 3));
            try (TopicReader<String> late = topic.reader(new From.Earliest())) {
                read(late, "1");
                assertThat(late.next(Duration.ZERO)).isEmpty();
                publish("2 again");
                read(late, "2 again");
            }
            read(early, "2 again");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSubscriptionFromNowOnGetsMessagesFromTheNewEndOfTheTopic(MemoryBackup.Revisions revisions) throws Exception {
        publish("1");
        MemoryBackup backup = clients.store.backup();
        publish("2", "3");
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        Subscription subscription = topic(clients.connect("one")).subscribe(new TopicListener<>() {
            @Override
            public void onMessage(Message<String> message) {
                received.add(message.payload());
            }

            @Override
            public void onGap(Gap gap) {
                received.add(gap.toString());
            }
        });
        publish("4");
        assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo("4");
        clients.store.restore(backup, revisions);
        assertThat(received.poll(20, TimeUnit.SECONDS)).contains("lastOffset=4");
        publish("2 again");
        assertThat(received.poll(20, TimeUnit.SECONDS)).isEqualTo("2 again");
        subscription.close();
    }

    @ParameterizedTest
    @EnumSource
    void aDurableReaderGoesBackToWhereTheTopicEnds(MemoryBackup.Revisions revisions) throws Exception {
        publish("1", "2");
        From.Durable name = new From.Durable("d");
        TopicReader<String> reader = topic(clients.connect("one")).reader(name);
        read(reader, "1", "2");
        MemoryBackup backup = clients.store.backup();
        publish("3", "4");
        read(reader, "3", "4");

        clients.store.restore(backup, revisions);
        assertThat(gap(reader)).isEqualTo(new Gap(3, 4));
        publish("3 again", "4 again", "5 again");
        read(reader, "3 again", "4 again");
        assertThat(reader.next(LONG).orElseThrow().payload()).isEqualTo("5 again");
        reader.close();

        try (TopicReader<String> successor = topic(clients.connect("two")).reader(name)) {
            read(successor, "5 again");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTopicThatIsGoneEndsItsReaders(MemoryBackup.Revisions revisions) throws Exception {
        MemoryBackup backup = clients.store.backup();
        publish("1");
        try (TopicReader<String> reader = topic(clients.connect("one")).reader(new From.Earliest())) {
            read(reader, "1");
            clients.store.restore(backup, revisions);
            assertThatThrownBy(() -> reader.next(LONG))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("deleted");
        }
    }
}
