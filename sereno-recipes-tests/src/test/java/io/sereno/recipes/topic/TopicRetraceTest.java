package io.sereno.recipes.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Codec;
import io.sereno.Topic;
import io.sereno.backend.memory.MemoryBackup;
import io.sereno.recipes.Clients;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Strand;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TopicRetraceTest {
    /** As many as a trail remembers, and more. */
    private static final int BATCHES = 1_100;

    private final Clients clients = new Clients();
    private final Topic<String> publisher = clients.connect("publisher").topic("t", Codec.utf8());
    private final FaultyBackend line = clients.line();
    private final Client reader = clients.client("reader", line, clients.time, Runnable::run);
    private final TopicScan scan =
            new TopicScan(new Scope(reader, "topic", "t", "topic/t"), new Strand(), unreadable -> {
                throw unreadable;
            });
    private final TopicTrail trail = new TopicTrail();
    private long stream;

    @AfterEach
    void close() {
        reader.close();
        clients.close();
    }

    private void publish(int batches) {
        for (int i = 0; i < batches; i++) {
            publisher.publish("m");
        }
    }

    private void readAll() {
        scan.header(header -> {
            assertThat(header).isNotNull();
            stream = header.stream();
        });
        readFrom(1);
    }

    private void readFrom(long offset) {
        scan.from(stream, offset, found -> {
            if (found instanceof TopicScan.Found.Batches batches) {
                batches.batches().forEach(trail::add);
                readFrom(trail.end());
            }
        });
    }

    private TopicRetrace.Found retrace() {
        CompletableFuture<TopicRetrace.Found> found = new CompletableFuture<>();
        TopicRetrace.begin(scan, stream, trail, found::complete);
        return found.join();
    }

    @Test
    void onAHealthyStoreTwoReadsShowThatNothingIsMissing() {
        publish(BATCHES);
        readAll();
        publish(100);
        AtomicInteger reads = new AtomicInteger();
        line.each(
                request -> {
                    reads.addAndGet(request instanceof Request.Read ? 1 : 0);
                    return false;
                },
                Fate.pass());
        assertThat(retrace()).isInstanceOf(TopicRetrace.Found.Same.class);
        assertThat(reads).hasValue(2);
    }

    @Test
    void thePointWhereTheHistoriesDivergeIsFoundHoweverFarBackItIs() {
        publish(200);
        MemoryBackup backup = clients.store.backup();
        publish(BATCHES - 200);
        readAll();
        clients.store.restore(backup, MemoryBackup.Revisions.REPEAT);
        publish(BATCHES);
        assertThat(retrace()).isEqualTo(new TopicRetrace.Found.Lost(201, 201));
    }
}
