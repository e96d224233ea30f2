package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Write;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Conditional commits of several clients on a few names, drawn at random, while sessions expire, are revoked, and are
 * replaced. The test replays them in the order of their revisions: each condition was true at the revision of its
 * commit.
 */
@Tag("servers")
@Timeout(180)
class GuardTest {
    private static final String DIRECTORY = "d";
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final int CLIENTS = 4;
    private static final int COMMITS = 250;

    /** A commit that succeeded, and when that was known. */
    private record Done(Commit commit, long revision, long acked) {}

    private record State(long created, long modified, long lease) {}

    private final Queue<Done> history = new ConcurrentLinkedQueue<>();
    /** Since when a lease may have ended. */
    private final Map<Long, Long> ended = new ConcurrentHashMap<>();

    private final AtomicInteger expiredUnderway = new AtomicInteger();

    @Test
    void noCommitSucceedsWithAConditionThatIsFalseAtItsRevision() {
        run(true);
        assertThat(violations()).isEmpty();
        assertThat(history).hasSizeGreaterThan(100);
        assertThat(expiredUnderway).hasValueLessThan(CLIENTS * COMMITS / 10);
    }

    /** Tests the test above: without guards it finds wrong commits. */
    @Test
    void withoutGuardsThereAreCommitsWhoseConditionIsFalse() {
        for (int round = 0; round < 5 && violations().isEmpty(); round++) {
            history.clear();
            run(false);
        }
        assertThat(violations()).isNotEmpty();
    }

    private void run(boolean guarded) {
        try (ZooKeeperServer server = ZooKeeperServer.start()) {
            List<CompletableFuture<Void>> works = IntStream.range(0, CLIENTS)
                    .mapToObj(i -> CompletableFuture.runAsync(
                            () -> work(server, new Random(i), guarded), task -> new Thread(task).start()))
                    .toList();
            works.forEach(CompletableFuture::join);
        }
    }

    private void work(ZooKeeperServer server, Random random, boolean guarded) {
        try (Client client = new Client(Client.Config.of(server.endpoints(), "guards"), guarded)) {
            Lease lease = client.lease(Duration.ofSeconds(50));
            for (int i = 0; i < COMMITS; i++) {
                if (random.nextInt(25) == 0) {
                    end(server, lease, random.nextBoolean());
                    lease = client.lease(Duration.ofSeconds(50));
                }
                if (random.nextInt(80) == 0) {
                    Handle main = client.itself().mainHandle();
                    server.expireSession(main.getSessionId(), main.getSessionPasswd());
                }
                try {
                    commit(client, random, lease);
                } catch (BackendException overtaken) {
                    // By the end of the main session, which was over before this was sent: it was not carried out.
                    expiredUnderway.incrementAndGet();
                }
            }
            end(server, lease, false);
        }
    }

    private void end(ZooKeeperServer server, Lease lease, boolean byExpiry) {
        ended.put(lease.id(), System.nanoTime());
        if (byExpiry) {
            Handle handle =
                    Objects.requireNonNull(((ZooKeeperLease) lease).link().handle());
            server.expireSession(handle.getSessionId(), handle.getSessionPasswd());
        } else {
            Client.await(lease.revoke());
        }
    }

    private void commit(Client client, Random random, Lease lease) {
        Map<String, Entry> seen =
                client.all(DIRECTORY).entries().stream().collect(Collectors.toMap(Entry::name, entry -> entry));
        if (random.nextBoolean()) {
            // Some time passes between the read and the commit that depends on it.
            client.all(DIRECTORY);
        }
        Commit.Builder commit = Commit.to(DIRECTORY);
        List<String> names = new ArrayList<>(NAMES);
        Collections.shuffle(names, random);
        int conditions = 1 + random.nextInt(2);
        int writes = random.nextInt(conditions + 1);
        for (String name : names.subList(0, conditions)) {
            condition(commit, random, name, seen.get(name));
        }
        // Puts have a condition, so that they repeat the lease of the entry; deletes need none.
        for (String name : names.subList(0, writes)) {
            write(commit, random, name, seen.get(name), lease);
        }
        if (random.nextInt(4) == 0) {
            commit.delete(names.get(2));
        }
        if (client.commit(commit) instanceof Committed committed && committed.revision() > 0) {
            history.add(new Done(commit.build(), committed.revision(), System.nanoTime()));
        }
    }

    private static void condition(Commit.Builder commit, Random random, String name, @Nullable Entry seen) {
        if (seen == null) {
            commit.ifAbsent(name);
        } else if (random.nextBoolean()) {
            commit.ifModRevision(name, seen.modRevision());
        } else {
            commit.ifCreateRevision(name, seen.createRevision());
        }
    }

    private static void write(Commit.Builder commit, Random random, String name, @Nullable Entry seen, Lease lease) {
        boolean foreign = seen != null && seen.leaseId() != 0 && seen.leaseId() != lease.id();
        if (seen != null && (foreign || random.nextInt(3) > 0)) {
            commit.delete(name);
        } else if (seen != null) {
            commit.put(name, Bytes.utf8("v"), seen.leaseId());
        } else {
            commit.put(name, Bytes.utf8("v"), random.nextInt(3) == 0 ? lease.id() : 0);
        }
    }

    private List<String> violations() {
        List<String> violations = new ArrayList<>();
        Map<String, State> states = new HashMap<>();
        history.stream().sorted(Comparator.comparingLong(Done::revision)).forEach(done -> {
            for (Condition condition : done.commit.conditions()) {
                State state = states.get(condition.name());
                if (!holds(condition, state, done)) {
                    violations.add(condition + " at revision " + done.revision + " on " + state);
                }
            }
            done.commit
                    .writes()
                    .forEach(write -> states.compute(write.name(), (name, state) -> {
                        if (!(write instanceof Write.Put put)) {
                            return null;
                        }
                        // An entry of an ended lease was gone, unless it is still bound to the lease.
                        boolean replaced = state == null || (state.lease != 0 && state.lease != put.leaseId());
                        return new State(replaced ? done.revision : state.created, done.revision, put.leaseId());
                    }));
        });
        return violations;
    }

    private boolean holds(Condition condition, @Nullable State state, Done done) {
        if (condition instanceof Condition.Absent) {
            // The end of a session reports no revision, so it may have come at any time since it was requested.
            return state == null || (state.lease != 0 && ended.getOrDefault(state.lease, Long.MAX_VALUE) <= done.acked);
        }
        if (condition instanceof Condition.ModRevision mod) {
            return state != null && state.modified == mod.revision();
        }
        return state != null && state.created == ((Condition.CreateRevision) condition).revision();
    }
}
