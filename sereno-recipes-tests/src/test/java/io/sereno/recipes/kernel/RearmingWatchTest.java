package io.sereno.recipes.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.memory.MemoryBackup;
import io.sereno.recipes.Clients;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.SerenoClient;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.waitgroup.WaitGroupBench;
import io.sereno.simulation.FaultyBackend;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How often a watch asks its owner to look. */
class RearmingWatchTest {
    private static final String DIRECTORY = "watched";

    private final Clients clients = new Clients();
    private final Backend others = clients.store.connect(Runnable::run);
    private final FaultyBackend line = clients.line();
    private final Client client = clients.client("node", line, clients.time, Runnable::run);
    private final Client repeating =
            clients.client("repeating", new RepeatedRevision(clients.line()), clients.time, Runnable::run);
    private int looks;
    private final RearmingWatch watch =
            new RearmingWatch(client.kernel(), new Strand(), new Target(DIRECTORY, Optional.empty()), () -> looks++);

    @AfterEach
    void close() {
        watch.close();
        client.close();
        repeating.close();
        clients.close();
    }

    /** All notices have one revision, which no rule allows. */
    private static final class RepeatedRevision extends LyingBackend {
        RepeatedRevision(Backend real) {
            super(real, Lie.NONE);
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return super.watch(target, new WatchListener() {
                @Override
                public void changed(String name, long revision) {
                    listener.changed(name, 7);
                }

                @Override
                public void reset() {
                    listener.reset();
                }
            });
        }
    }

    @Test
    void aCommitThatChangesSeveralEntriesCausesOneLook() {
        watch.open();
        assertThat(looks).isEqualTo(1);

        put("a", "b", "c");
        assertThat(looks).isEqualTo(2);
        put("a", "b", "c");
        assertThat(looks).isEqualTo(3);
        put("a");
        put("a");
        assertThat(looks).isEqualTo(5);
    }

    @Test
    void aNoticeThatNamesNoCommitCausesALook() {
        watch.open();
        put("a");
        line.inventNotice(DIRECTORY, "a");
        line.inventNotice(DIRECTORY, "a");
        assertThat(looks).isEqualTo(4);
    }

    /** A store that goes back gives another commit the revision of one that was noticed. */
    @Test
    void aRevisionThatIsGivenAgainAfterAResetCausesALook() {
        watch.open();
        MemoryBackup before = clients.store.backup();
        put("a");
        clients.store.restore(before, MemoryBackup.Revisions.REPEAT);
        int seen = looks;
        put("b");
        assertThat(looks).isEqualTo(seen + 1);
    }

    /** A commit changes one entry once, so a second notice with its revision comes from a backend that reports a wrong one. */
    @Test
    void eachNoticeOfAWatchedEntryCausesALook() {
        RearmingWatch one = new RearmingWatch(
                repeating.kernel(), new Strand(), new Target(DIRECTORY, Optional.of("a")), () -> looks++);
        one.open();
        put("a");
        put("a");
        one.close();
        assertThat(looks).isEqualTo(3);
    }

    @Test
    void aViewSeesAChangeWhoseNoticeRepeatsARevisionSoon() {
        View view = new View(repeating.kernel(), new Strand(), new Query.All(DIRECTORY), Clients.TTL, () -> {});
        view.open();
        put("a");
        put("b");
        assertThat(view.entries()).extracting(Entry::name).containsExactly("a");
        clients.time.advance(Clients.TTL.multipliedBy(5).dividedBy(4));
        assertThat(view.entries()).extracting(Entry::name).containsExactly("a", "b");
        view.close();
    }

    @Test
    void aWaitForAWaitGroupSeesAChangeWhoseNoticeRepeatsARevisionSoon() {
        SerenoClient worker = clients.connect("worker");
        worker.waitGroup("x").add(2);
        CompletableFuture<Boolean> waiting =
                WaitGroupBench.waiting(new Scope(repeating, "wait group", "x", "waitgroup/x"));
        worker.waitGroup("x").done();
        worker.waitGroup("x").done();
        clients.passUntilDone(waiting, Clients.TTL.multipliedBy(5).dividedBy(4));
        assertThat(waiting).isCompletedWithValue(true);
    }

    private void put(String... names) {
        Commit.Builder commit = Commit.to(DIRECTORY);
        for (String name : names) {
            commit.put(name, Bytes.EMPTY);
        }
        others.commit(commit.build()).toCompletableFuture().join();
    }
}
