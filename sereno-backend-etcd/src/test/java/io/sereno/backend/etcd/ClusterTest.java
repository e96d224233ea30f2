package io.sereno.backend.etcd;

import static io.sereno.backend.etcd.Stages.await;
import static io.sereno.backend.etcd.Stages.failure;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.testservers.EtcdCluster;
import io.sereno.testservers.EtcdServer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Three members, of which one is lost. */
@Tag("servers")
class ClusterTest {
    private static final Duration SOON = Duration.ofMinutes(1);

    private final EtcdCluster cluster = EtcdCluster.start(3);

    @AfterEach
    void close() {
        cluster.close();
    }

    private Config config() {
        return Config.of(cluster.endpoints()).operationTimeout(Duration.ofSeconds(1));
    }

    private static Commit put(String name) {
        return Commit.to("any").put(name, Bytes.EMPTY).build();
    }

    /** Repeats the call until it succeeds; a failed call may have been carried out. */
    private static void putAtLast(Backend backend, String name) {
        long deadline = System.nanoTime() + SOON.toNanos();
        while (true) {
            try {
                await(backend.commit(put(name)));
                return;
            } catch (CompletionException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
        }
    }

    @Test
    void aLostServerIsReplacedByAnother() throws Exception {
        try (Backend backend = config().open()) {
            Received received = new Received();
            await(backend.watch(new Target("any", Optional.empty()), received));
            for (EtcdServer member : cluster.members()) {
                member.kill();
                putAtLast(backend, "without " + member);
                // A notice of the change, or a reset; after that no further change is missed.
                received.upToAny("without " + member, Received.RESET);
                member.restart();
            }
            for (EtcdServer member : cluster.members()) {
                member.pause();
                putAtLast(backend, "with a frozen " + member);
                member.resume();
            }
            putAtLast(backend, "last");
            received.upToAny("last", Received.RESET);
        }
    }

    @Test
    void aFrozenServerAtTheOpeningIsReplacedByAnother() {
        for (EtcdServer member : cluster.members()) {
            member.pause();
            try (Backend backend = config().open()) {
                putAtLast(backend, "without " + member);
            }
            member.resume();
        }
    }

    /** It still believes that there is a leader, and knows the state of a moment ago. */
    @Test
    void aMemberThatIsCutOffAnswersNothingFromMemory() {
        EtcdServer alone = cluster.members().get(0);
        try (Backend backend = Config.of(alone.endpoint())
                .operationTimeout(Duration.ofSeconds(1))
                .open()) {
            long revision = ((Committed) await(backend.commit(put("a")))).revision();
            cluster.members().stream().filter(member -> member != alone).forEach(EtcdServer::pause);
            CompletionStage<CommitResult> check = backend.commit(
                    Commit.to("any").ifCreateRevision("a", revision).build());
            CompletionStage<?> read = backend.read(new Query.All("any"));
            failure(check);
            failure(read);
            cluster.members().forEach(EtcdServer::resume);
            putAtLast(backend, "b");
        }
    }
}
