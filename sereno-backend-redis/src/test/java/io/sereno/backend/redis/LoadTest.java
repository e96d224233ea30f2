package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.CommitResult.Conflict;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Query;
import io.sereno.tck.history.HistoryCheck;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.history.Reply;
import io.sereno.tck.history.Workload;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server that is killed again and again under load; the outcomes reported to its clients are compared with the stored entries. */
class LoadTest extends RedisTest {
    private static final int CLIENTS = 3;
    private static final int THREADS = 2;
    private static final int KILLS = 4;
    /** The number of commits between two kills, however slow the machine is. */
    private static final int BETWEEN = 150;

    private RedisServer server;

    @BeforeEach
    void startServer() {
        server = closing(RedisServer.start(Persistence.APPEND_ALWAYS));
    }

    @Override
    RedisServer server() {
        return server;
    }

    /** The outcomes of one thread's calls. */
    private record Outcomes(Map<String, String> names, List<Long> revisions, int counted, int unknown) {}

    @Test
    void everyReportedOutcomeIsTrueHoweverOftenTheServerIsKilled() throws Exception {
        committed(open(), Commit.to("count").put("n", Bytes.utf8("0")));
        AtomicBoolean stop = new AtomicBoolean();
        Semaphore done = new Semaphore(0);
        List<Future<Outcomes>> workers = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Backend client = open();
            for (int j = 0; j < THREADS; j++) {
                String name = "w" + i + "-" + j + "-";
                Callable<Outcomes> work = () -> work(client, name, stop, done);
                workers.add(callbacks.submit(work));
            }
        }
        for (int i = 0; i < KILLS; i++) {
            assertThat(done.tryAcquire(BETWEEN, 60, TimeUnit.SECONDS)).isTrue();
            server.kill();
            server.restart();
        }
        stop.set(true);
        List<Outcomes> all = new ArrayList<>(); // before the judge reads, so that it sees the last commits
        for (Future<Outcomes> worker : workers) {
            all.add(worker.get(60, TimeUnit.SECONDS));
        }

        Backend judge = open();
        Map<String, Entry> there = new HashMap<>();
        all(judge, "d").forEach(entry -> there.put(entry.name(), entry));
        Set<Long> revisions = new HashSet<>();
        int counted = 0;
        int unknown = 0;
        Map<String, Integer> outcomes = new HashMap<>();
        for (Outcomes reported : all) {
            counted += reported.counted;
            unknown += reported.unknown;
            reported.names.forEach((name, outcome) -> {
                outcomes.merge(outcome, 1, Integer::sum);
                if (outcome.equals("Committed")) {
                    assertThat(there).as("the acknowledged entries").containsKey(name);
                } else if (!outcome.equals("UNKNOWN")) {
                    assertThat(there).as("what was " + outcome).doesNotContainKey(name);
                }
            });
            assertThat(reported.revisions).as("revisions of one thread").isSorted();
            reported.revisions.forEach(revision -> assertThat(revisions.add(revision))
                    .as("revision " + revision + " once")
                    .isTrue());
        }
        int count = Integer.parseInt(all(judge, "count").get(0).value().toUtf8());
        assertThat(count).isBetween(counted, counted + unknown);
        assertThat(outcomes.get("Committed")).isGreaterThan(KILLS * BETWEEN / 4);
        assertThat(outcomes).as("kills that no client noticed prove nothing").containsKey("UNKNOWN");
    }

    /** Clients that conflict with each other, with leases and watches; the checker of the kit judges all calls and their outcomes. */
    @Test
    void theHistoryOfClientsWhoseServerIsKilledIsOneThatTheSpecificationAllows() throws Exception {
        Recorder recorder = new Recorder(time);
        List<Backend> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(recorder.record("c" + i, open()));
        }
        Guarantees guarantees = clients.get(0).guarantees();
        Workload.Settings settings = new Workload.Settings(
                RandomGenerator.getDefault().nextLong(),
                0,
                KILLS,
                60,
                Duration.ofMillis(20),
                Duration.ofSeconds(4),
                guarantees.expiryLateness(),
                guarantees.recovery().plusSeconds(20));
        new Workload(clients, time, callbacks, settings, new Kills(recorder, clients.get(0)))
                .run()
                .toCompletableFuture()
                .get(100, TimeUnit.SECONDS);
        HistoryCheck.Findings findings = HistoryCheck.of(recorder.history());
        assertThat(findings.violations()).as("with seed " + settings.seed()).isEmpty();
        assertThat(recorder.history().operations().stream()
                        .filter(operation -> operation.reply() instanceof Reply.Failed)
                        .count())
                .as("operations that met a server that was gone")
                .isGreaterThanOrEqualTo(KILLS);
        assertThat(findings.evidence().get("COM-5b")).isGreaterThan(100);
    }

    /** One kill in each round, when its clients are at work. */
    private final class Kills implements Workload.Weather {
        private final Recorder recorder;
        private final Backend client;
        private Future<?> kill = CompletableFuture.completedFuture(null);

        Kills(Recorder recorder, Backend client) {
            this.recorder = recorder;
            this.client = client;
        }

        @Override
        public void begin() {
            int before = recorder.size();
            kill = callbacks.submit(() -> {
                while (recorder.size() < before + 60) {
                    Thread.onSpinWait();
                }
                Runnable over = recorder.fault("the server is killed", Optional.empty());
                server.kill();
                // On a busy machine, all calls of the round may have ended before the kill.
                client.read(new Query.All("d"))
                        .handle((answer, failure) -> failure)
                        .toCompletableFuture()
                        .join();
                server.restart();
                over.run();
            });
        }

        @Override
        public void end() {
            try {
                kill.get(60, TimeUnit.SECONDS);
            } catch (InterruptedException | ExecutionException | TimeoutException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static Outcomes work(Backend client, String prefix, AtomicBoolean stop, Semaphore done) {
        Map<String, String> names = new HashMap<>();
        List<Long> revisions = new ArrayList<>();
        int counted = 0;
        int unknown = 0;
        for (int i = 0; !stop.get(); i++) {
            String name = prefix + i;
            Object put = outcome(client, Commit.to("d").ifAbsent(name).put(name, Bytes.EMPTY));
            names.put(name, nameOf(put));
            if (put instanceof Committed committed) {
                revisions.add(committed.revision());
                done.release();
            }
            // Each commit has its own name, so a conflict would show that the commit was sent twice.
            assertThat(put).isNotInstanceOf(Conflict.class);
            Object count = count(client);
            counted += count instanceof Committed ? 1 : 0;
            unknown += nameOf(count).equals("UNKNOWN") ? 1 : 0;
        }
        return new Outcomes(names, revisions, counted, unknown);
    }

    private static Object count(Backend client) {
        Object read = join(client.read(new Query.All("count"))
                .handle((found, thrown) -> thrown == null ? found.entries().get(0) : thrown));
        if (!(read instanceof Entry entry)) {
            return "not read";
        }
        int next = Integer.parseInt(entry.value().toUtf8()) + 1;
        return outcome(
                client,
                Commit.to("count").ifModRevision("n", entry.modRevision()).put("n", Bytes.utf8("" + next)));
    }

    private static Object outcome(Backend client, Commit.Builder commit) {
        return join(client.commit(commit.build()).handle((result, thrown) -> thrown == null ? result : thrown));
    }

    private static String nameOf(Object outcome) {
        return outcome instanceof Throwable thrown
                ? ((BackendException) Errors.unwrap(thrown)).outcome().name()
                : outcome instanceof CommitResult ? outcome.getClass().getSimpleName() : "not tried";
    }
}
