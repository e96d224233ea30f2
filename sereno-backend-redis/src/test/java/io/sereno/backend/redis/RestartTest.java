package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.CommitResult.LeaseDead;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server that stops for a while, or is killed and started again. */
class RestartTest extends RedisTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Target DIRECTORY = new Target("d", Optional.empty());

    private RedisServer server;

    @BeforeEach
    void startServer() {
        server = closing(RedisServer.start(Persistence.APPEND_ALWAYS));
    }

    @Override
    RedisServer server() {
        return server;
    }

    @Test
    void acknowledgedWritesRevisionsAndLeasesSurviveAKill() throws Exception {
        Backend backend = open();
        Notices notices = new Notices();
        watch(backend, DIRECTORY, notices);
        Lease lease = grant(backend, TTL);
        put(backend, "d", "bound", lease);
        long before = put(backend, "d", "free", "1");
        notices.await("free", SOON);
        notices.forget();
        List<Entry> there = all(backend, "d");

        server.kill();
        server.restart();
        assertThat(await(backend)).isEqualTo(there);
        assertThat(join(lease.renew())).isTrue();
        notices.awaitReset(SOON);
        long after = put(backend, "d", "free", "2");
        assertThat(after).isGreaterThan(before);
        notices.await("free", SOON);
    }

    @Test
    void aLeaseLivesForAFullTtlAfterAKillUnlessItHadEndedBefore() {
        Backend backend = open();
        Lease ended = putForAMoment(backend, "d", "ended").lease();
        // Clients have seen that it is gone, so it must not return.
        List<String> seen = names(backend, "d");
        while (!seen.isEmpty()) {
            seen = names(backend, "d");
        }
        Duration ttl = Duration.ofSeconds(6);
        Lease live = grant(backend, ttl);
        put(backend, "d", "live", live);
        server.kill();
        long killed = System.nanoTime();
        server.restart();
        seen = await(backend).stream().map(Entry::name).toList();
        assertThat(seen).containsExactly("live");
        while (!seen.isEmpty()) {
            assertThat(seen).containsExactly("live");
            seen = names(backend, "d");
        }
        Duration lived = Duration.ofNanos(System.nanoTime() - killed);
        assertThat(lived).isGreaterThanOrEqualTo(ttl);
        assertThat(join(ended.renew())).isFalse();
        assertThat(join(live.renew())).isFalse();
    }

    /** The half that had not been removed when the server was killed stays as dead as the other half. */
    @Test
    void entriesOfAnEndedLeaseDoNotReturnWhenTheServerIsKilledDuringReaping() {
        Backend backend = open();
        Lease lease = grant(backend, TTL);
        for (int i = 0; i < 2_000; i += 100) {
            Commit.Builder commit = Commit.to("d");
            for (int j = i; j < i + 100; j++) {
                commit.put("n" + j, Bytes.EMPTY, lease.id());
            }
            committed(backend, commit);
        }
        join(lease.revoke());
        assertThat(redis().hlen(Script.of(namespace).keys()[1]))
                .as("left to be removed")
                .isGreaterThan(1_000);
        server.kill();
        server.restart();
        assertThat(await(backend)).isEmpty();
        assertThat(commit(backend, Commit.to("d").put("a", Bytes.EMPTY, lease.id())))
                .isEqualTo(new LeaseDead());
    }

    @Test
    void aServerThatKeepsNothingStillNeverGivesARevisionTwice() throws Exception {
        try (RedisServer forgetful = RedisServer.start(Persistence.NONE)) {
            Backend backend = open(config().at(forgetful.endpoints()));
            Notices notices = new Notices();
            watch(backend, DIRECTORY, notices);
            Lease lease = grant(backend, TTL);
            long before = put(backend, "d", "a", lease);
            for (int i = 0; i < 3; i++) {
                forgetful.restart();
                assertThat(await(backend)).isEmpty();
                notices.awaitReset(SOON);
                notices.forget();
                assertThat(join(lease.renew())).isFalse();
                long after = put(backend, "d", "a", "1");
                assertThat(after).isGreaterThan(before);
                before = after;
            }
        }
    }

    /** They change nothing, so they are sent again, and wait for the server meanwhile. */
    @Test
    void readsContinueOverARestartWithoutAFailure() {
        Backend backend = open(config().within(Duration.ofSeconds(5), Duration.ofMinutes(1)));
        put(backend, "d", "a", "1");
        for (int i = 0; i < 3; i++) {
            server.pause();
            CompletionStage<Snapshot> sent = backend.read(new Query.All("d"));
            server.kill();
            CompletionStage<Snapshot> meanwhile = backend.read(new Query.All("d"));
            BackendException refused = null;
            while (refused == null || refused.outcome() != Outcome.NOT_APPLIED) {
                refused = (BackendException) failure(
                        backend.commit(Commit.to("d").put("b", Bytes.EMPTY).build()));
            }
            CompletionStage<Snapshot> later = backend.read(new Query.All("d"));
            server.restart();
            for (CompletionStage<Snapshot> read : List.of(sent, meanwhile, later)) {
                assertThat(join(read).entries()).extracting(Entry::name).containsExactly("a");
            }
        }
    }

    /** Each start loads the same state, within a minute of the start before. */
    @Test
    void aServerThatIsKilledAgainAndAgainAndStartsFromOneSnapshotNeverGivesARevisionTwice() throws Exception {
        try (RedisServer forgetful = RedisServer.start(Persistence.NONE)) {
            Opened config = config().at(forgetful.endpoints());
            Backend backend = open(config);
            assertThat(backend.guarantees().promises()).contains(Promise.REVISIONS_SURVIVE_FAIL_OVER);
            put(backend, "d", "saved", "1");
            redis(forgetful.endpoints().get(0)).save();
            List<Long> revisions = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                for (int j = 0; j < 50; j++) {
                    revisions.add(put(backend, "d", "lost", "1"));
                }
                forgetful.kill();
                forgetful.restart();
                assertThat(await(backend)).extracting(Entry::name).containsExactly("saved");
            }
            assertThat(revisions).isSorted().doesNotHaveDuplicates();
            assertThat(open(config).guarantees().promises()).contains(Promise.REVISIONS_SURVIVE_FAIL_OVER);
        }
    }

    /** From a snapshot that is older than the latest one, as after a restore from a backup. */
    @Test
    void aServerThatStartsFromAnEarlierAndEarlierSnapshotNeverGivesARevisionTwice() throws Exception {
        try (RedisServer forgetful = RedisServer.start(Persistence.NONE)) {
            Backend backend = open(config().at(forgetful.endpoints()));
            RedisCommands<String, String> redis = redis(forgetful.endpoints().get(0));
            Path folder = Path.of(redis.configGet("dir").get("dir"));
            List<Path> snapshots = new ArrayList<>();
            List<Long> revisions = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                revisions.add(put(backend, "d", "n" + i, "1"));
                redis(forgetful.endpoints().get(0)).save();
                snapshots.add(Files.copy(folder.resolve("dump.rdb"), folder.resolve("copy" + i)));
                forgetful.restart();
                await(backend);
            }
            for (int i = 2; i >= 0; i--) {
                revisions.add(put(backend, "d", "lost", "1"));
                forgetful.kill();
                Files.copy(snapshots.get(i), folder.resolve("dump.rdb"), StandardCopyOption.REPLACE_EXISTING);
                forgetful.restart();
                assertThat(await(backend)).hasSize(i + 1);
            }
            revisions.add(put(backend, "d", "last", "1"));
            assertThat(revisions).isSorted().doesNotHaveDuplicates();
        }
    }

    @Test
    void aFrozenServerLeavesUnknownOutcomesAndWorksAgainWhenItResumes() {
        Backend backend = open(config().within(Duration.ofSeconds(2), Duration.ofSeconds(1)));
        put(backend, "d", "before", "1");
        server.pause();
        CompletionStage<?> unanswered =
                backend.commit(Commit.to("d").put("frozen", Bytes.EMPTY).build());
        assertThat(((BackendException) failure(unanswered)).outcome()).isEqualTo(Outcome.UNKNOWN);
        server.resume();
        await(backend);
        assertThat(names(backend, "d")).contains("before").isSubsetOf("before", "frozen");
    }

    @Test
    void aScriptThatTheServerForgotIsSentAgainAndRunsOnce() {
        Backend backend = open();
        long before = put(backend, "d", "a", "1");
        redis().scriptFlush();
        List<CompletionStage<CommitResult>> puts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            puts.add(backend.commit(
                    Commit.to("d").ifAbsent("n" + i).put("n" + i, Bytes.EMPTY).build()));
        }
        assertThat(puts).allSatisfy(put -> assertThat(join(put)).isInstanceOf(Committed.class));
        assertThat(all(backend, "d").stream().mapToLong(Entry::modRevision).min())
                .hasValue(before);
    }

    /** Nothing that a server without memory can do ends a lease. */
    @Test
    void aServerWithoutMemoryRefusesToStoreAndStillReadsDeletesRenewsAndLetsLeasesEnd() {
        Backend backend = open();
        Lease lease = grant(backend, TTL);
        Lease ending = grant(backend, Duration.ofSeconds(1));
        put(backend, "d", "a", lease);
        put(backend, "d", "ending", ending);
        put(backend, "d", "free", "1");
        redis().configSet("maxmemory", "1");
        BackendException refused = (BackendException)
                failure(backend.commit(Commit.to("d").put("b", Bytes.EMPTY).build()));
        assertThat(refused.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(refused.permanent()).isFalse();
        assertThat(refused).hasMessageContaining("maxmemory");
        assertThat(((BackendException) failure(backend.grantLease(TTL))).outcome())
                .isEqualTo(Outcome.NOT_APPLIED);
        assertThat(join(lease.renew())).isTrue();
        committed(backend, Commit.to("d").delete("free"));
        List<String> seen = names(backend, "d");
        while (seen.contains("ending")) {
            seen = names(backend, "d");
        }
        assertThat(seen).containsExactly("a");
        join(lease.revoke());
        assertThat(names(backend, "d")).isEmpty();
        redis().configSet("maxmemory", "0");
        put(backend, "d", "b", "1");
    }

    @Test
    void readsAreRefusedWithoutTheRequiredReplicas() {
        Backend backend = open();
        put(backend, "d", "a", "1");
        redis().configSet("min-replicas-to-write", "1");
        assertThat(failure(backend.read(new Query.All("d")))).hasMessageContaining("min-replicas-to-write");
        redis().configSet("min-replicas-to-write", "0");
        assertThat(names(backend, "d")).containsExactly("a");
    }

    /** A primary that became a replica may answer with data that is long out of date. */
    @Test
    void aReplicaIsNeitherReadNorTakenForThePrimary() {
        try (RedisServer primary = RedisServer.start(Persistence.NONE)) {
            Backend backend = open();
            put(backend, "d", "a", "1");
            // The connection lives on, as after a demotion by hand.
            redis().replicaof("127.0.0.1", primary.endpoints().get(0).getPort());
            BackendException refused = (BackendException) failure(backend.read(new Query.All("d")));
            assertThat(refused).hasMessageContaining("replica");
            assertThatThrownBy(() -> config().open()).hasMessageContaining("replica");
            redis().replicaofNoOne();
            await(backend);
        }
    }

    /** The directory, once it can be read again. */
    private static List<Entry> await(Backend backend) {
        awaitWorking(backend, SOON);
        return all(backend, "d");
    }
}
