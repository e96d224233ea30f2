package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.WaitGroup;
import io.sereno.Worker;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.waitgroup.WaitGroupBench;
import io.sereno.simulation.Fate;
import io.sereno.simulation.FaultyBackend;
import io.sereno.simulation.Request;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The requests of one client to the directory of a recipe, one by one. The store answers at once, and time stands. */
@Timeout(60)
class RequestsOfRecipesTest {
    private final Clients clients = new Clients();
    private final FaultyBackend line = clients.line();
    private final SerenoClient here = clients.connect("here", line);
    private final SerenoClient there = clients.connect("there", clients.line());
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void record() {
        line.each(
                request -> {
                    String kind = kind(request);
                    if (!kind.equals("lease") && !request.toString().contains("session")) {
                        requests.add(kind);
                    }
                    return false;
                },
                Fate.pass());
    }

    @AfterEach
    void close() {
        clients.close();
    }

    private static String kind(Request request) {
        if (request instanceof Request.Commit commit) {
            return commit.commit().writes().isEmpty() ? "check" : "commit";
        }
        return request instanceof Request.Read ? "read" : request instanceof Request.OpenWatch ? "watch" : "lease";
    }

    /** A worker that joins changes four entries by one commit, and so does one that is done. */
    @Test
    void aWaitTakesAWatchTwoReadsAndOneReadForEachChange() {
        WaitGroup group = there.waitGroup("x");
        group.add(2);
        Client waiter = here.client();
        CompletableFuture<Boolean> waiting =
                WaitGroupBench.waiting(new Scope(waiter, "wait group", "x", "waitgroup/x"));
        assertThat(requests).containsExactly("watch", "read", "read");
        requests.clear();

        Worker worker = group.join();
        worker.done();
        assertThat(requests).containsExactly("read", "read");
        group.done();
        assertThat(waiting).isCompletedWithValue(true);
        assertThat(requests).containsExactly("read", "read", "read");
    }

    @Test
    void aPeerReadsTheQueueOnceForEachHandOver() throws Exception {
        var leader = there.election("e").start();
        leader.awaitLeadership();
        var third = clients.connect("third", clients.line()).election("e").start();
        var observer = here.election("e").start();
        requests.clear();

        leader.resign(); // One commit: the leader's entry goes, and another one comes at the tail.

        third.awaitLeadership();
        assertThat(requests).containsExactly("read");
        observer.close();
    }
}
