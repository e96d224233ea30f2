package io.sereno.recipes.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.Codec;
import io.sereno.NotAppliedException;
import io.sereno.Retention;
import io.sereno.Sereno;
import io.sereno.Topic;
import io.sereno.operator.AuditEntry;
import io.sereno.recipes.Clients;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.Threads;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.topic.TopicRecipe;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How the audit is read while the store fails, and while others publish to it. */
@Timeout(60)
class OperatorAuditTest {
    private static final String AUDIT = "@sereno-operator/topic/audit";

    private final Clients clients = new Clients();
    private final SerenoClient writer = clients.connect("writer");
    private final FaultyBackend line = clients.line();
    private final Sereno hand = clients.connect("hand", line);

    @AfterEach
    void close() {
        line.heal();
        clients.close();
    }

    @Test
    void aStoreThatDoesNotAnswerEndsTheCall() {
        audit().publish("a");
        line.each(readsAfterTheFirst(), Fate.loseRequest());
        CompletableFuture<List<AuditEntry>> reading = reading(10);
        clients.passUntilDone(reading, Duration.ofSeconds(20));
        assertThatThrownBy(reading::join)
                .cause()
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("topic 'audit'");
    }

    @Test
    void aTopicThatIsDeletedMeanwhileEndsTheCall() {
        audit().publish("a");
        beforeTheRecordsAreRead(() -> audit().delete());
        CompletableFuture<List<AuditEntry>> reading = reading(10);
        clients.passUntilDone(reading, Duration.ofSeconds(20));
        assertThatThrownBy(reading::join).cause().isInstanceOf(NotAppliedException.class);
    }

    @Test
    void recordsThatTheStoreHasLostEndTheCall() {
        for (int i = 0; i < 3; i++) {
            audit().publish("a" + i);
        }
        beforeTheRecordsAreRead(() -> clients.removeAll(AUDIT));
        CompletableFuture<List<AuditEntry>> reading = reading(10);
        clients.passUntilDone(reading, Duration.ofSeconds(20));
        assertThatThrownBy(reading::join).cause().isInstanceOf(NotAppliedException.class);
    }

    /** Retention takes the oldest of the records that are to be read. */
    @Test
    void recordsThatAreTrimmedMeanwhileAreLeftOut() {
        Topic<String> trimmed = audit().withRetention(new Retention(2, Optional.empty()));
        for (int i = 1; i <= 3; i++) {
            audit().publish("a" + i);
        }
        beforeTheRecordsAreRead(() -> trimmed.publish("a4"));
        CompletableFuture<List<AuditEntry>> reading = reading(3);
        clients.passUntilDone(reading, Duration.ofSeconds(20));
        assertThat(reading.join()).extracting(AuditEntry::text).containsExactly("a3");
    }

    /** Runs a task when the header has been read, and before the records are. */
    private void beforeTheRecordsAreRead(Runnable task) {
        Predicate<Request> records = readsAfterTheFirst();
        AtomicBoolean done = new AtomicBoolean();
        line.each(
                request -> {
                    if (records.test(request) && done.compareAndSet(false, true)) {
                        task.run();
                    }
                    return false;
                },
                Fate.pass());
    }

    /** The first read of the call is that of the header. */
    private static Predicate<Request> readsAfterTheFirst() {
        AtomicBoolean first = new AtomicBoolean(true);
        return request -> request instanceof Request.Read read
                && read.query().directory().equals(AUDIT)
                && !first.getAndSet(false);
    }

    private CompletableFuture<List<AuditEntry>> reading(int most) {
        return Threads.inThread(() -> hand.operator().audit(most));
    }

    private Topic<String> audit() {
        return new TopicRecipe<>(writer.client(), Directories.below("").reserved("operator"), "audit", Codec.utf8());
    }
}
