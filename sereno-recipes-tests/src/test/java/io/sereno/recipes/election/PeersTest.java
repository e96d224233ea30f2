package io.sereno.recipes.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.Clients;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Hold;
import io.sereno.simulation.FaultyBackend;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No other thread touches the state that belongs to the strand of a candidate. */
@Timeout(30)
class PeersTest {
    private static final String DIRECTORY = "election/e";

    private final Clients clients = new Clients();

    @AfterEach
    void close() {
        clients.close();
    }

    /** If a view were closed outside the strand while it opens its watch, the watch could stay open for ever. */
    @Test
    void theViewIsClosedOnTheStrand() throws Exception {
        HeldReads store = new HeldReads(clients.store.connect(Runnable::run));
        Client client = clients.client("a", store, clients.time, clients.callbacks);
        Scope scope = new Scope(client, Candidacy.RECIPE, "e", DIRECTORY);
        Candidacy candidacy = new Candidacy(scope, Candidacy.Listeners.NONE, topology -> {});
        candidacy.stand();
        assertThat(candidacy.leadership()).isPresent();

        store.hold();
        Backend other = clients.store.connect(Runnable::run);
        Future<?> notice = clients.callbacks.submit(() -> other.commit(
                        Commit.to(DIRECTORY).put("another", Bytes.utf8("")).build())
                .toCompletableFuture()
                .join());
        store.awaitRead(); // On the strand, which is busy from here on.
        CompletableFuture<Void> gone = candidacy.end();
        assertThat(store.cancelled()).isZero();

        store.letGo();
        notice.get(10, TimeUnit.SECONDS);
        gone.get(10, TimeUnit.SECONDS);
        assertThat(store.cancelled()).isPositive();
        client.close();
    }

    /** A process whose timers are late: by the clock its session is over, and no task has run since. */
    @Test
    void aCandidateDoesNotNameItselfWhenItsLeadershipIsOver() throws Exception {
        FaultyBackend line = clients.line();
        Client client = clients.client("a", line, line.time(), clients.callbacks);
        Scope scope = new Scope(client, Candidacy.RECIPE, "e", DIRECTORY);
        Candidacy candidacy = new Candidacy(scope, Candidacy.Listeners.NONE, topology -> {});
        candidacy.stand();
        Hold leadership = candidacy.leadership().orElseThrow();
        assertThat(candidacy.peers().known().leader()).isPresent();

        line.pause();
        clients.time.advance(Clients.TTL);

        assertThat(leadership.isHeld()).isFalse();
        assertThat(candidacy.peers().known().leader()).isEmpty();
        line.resume();
        client.close();
    }

    /** Reads of the whole directory wait, in the thread that asks; cancelled watches are counted. */
    private static final class HeldReads implements Backend {
        private final Backend store;
        private final CountDownLatch read = new CountDownLatch(1);
        private final CountDownLatch go = new CountDownLatch(1);
        private final AtomicInteger cancelled = new AtomicInteger();
        private volatile boolean held;

        HeldReads(Backend store) {
            this.store = store;
        }

        void hold() {
            held = true;
        }

        void awaitRead() throws InterruptedException {
            assertThat(read.await(10, TimeUnit.SECONDS)).isTrue();
        }

        void letGo() {
            held = false;
            go.countDown();
        }

        int cancelled() {
            return cancelled.get();
        }

        @Override
        public CompletionStage<Snapshot> read(Query query) {
            if (held && query instanceof Query.All) {
                read.countDown();
                try {
                    assertThat(go.await(10, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
            return store.read(query);
        }

        @Override
        public CompletionStage<Watch> watch(Target target, WatchListener listener) {
            return store.watch(target, listener).thenApply(watch -> () -> {
                cancelled.incrementAndGet();
                watch.cancel();
            });
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            return store.commit(commit);
        }

        @Override
        public CompletionStage<Lease> grantLease(Duration ttl) {
            return store.grantLease(ttl);
        }

        @Override
        public Guarantees guarantees() {
            return store.guarantees();
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
