package io.sereno.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.memory.MemoryStore;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** Whether each fault of the explorer does what it says: to one commit, to timers, to watches. */
class FaultTest {
    private static final String ORDINARY = "committed, stored then, stored";

    @Test
    void faultsOfRequestsEndACommitInTheWaysThatTheySay() {
        assertThat(endsUnder(Fault.LOSE_REQUEST)).containsExactlyInAnyOrder(ORDINARY, "UNKNOWN, not then, not stored");
        assertThat(endsUnder(Fault.LOSE_REPLY)).containsExactlyInAnyOrder(ORDINARY, "UNKNOWN, stored then, stored");
        assertThat(endsUnder(Fault.APPLY_LATE))
                .containsExactlyInAnyOrder(ORDINARY, "UNKNOWN, not then, stored", "UNKNOWN, stored then, stored");
        assertThat(endsUnder(Fault.REFUSE_REQUEST))
                .containsExactlyInAnyOrder(ORDINARY, "NOT_APPLIED, not then, not stored");
        assertThat(endsUnder(Fault.LOSE_SNAPSHOT))
                .containsExactlyInAnyOrder(ORDINARY, "committed without snapshot, stored then, stored");
        assertThat(endsUnder(Fault.DELAY)).containsExactly(ORDINARY);
        assertThat(endsUnder(Fault.PAUSE)).containsExactly(ORDINARY);
        assertThat(endsUnder(Fault.CUT_OFF))
                .containsExactlyInAnyOrder(ORDINARY, "UNKNOWN, not then, not stored", "UNKNOWN, stored then, stored");
        assertThat(endsUnder(Fault.CRASH))
                .containsExactlyInAnyOrder(ORDINARY, "crashed, not stored", "crashed, stored");
    }

    /** How the commit ended, whether it was stored when the client got its outcome, and whether it is in the end. */
    private static Set<String> endsUnder(Fault fault) {
        List<World> worlds = new ArrayList<>();
        Map<World, String> reported = new HashMap<>();
        Exploration found = new Explorer(fault.toString(), world -> {
                    SimulatedClient client = world.clients().get(0);
                    worlds.add(world);
                    Commit commit =
                            Commit.to("d").put("a", Bytes.EMPTY).returningAll().build();
                    client.step(
                            "commit",
                            () -> client.backend().commit(commit).whenComplete((result, failure) -> {
                                String end = failure != null
                                        ? outcome(failure)
                                        : ((Committed) result).snapshot().isPresent()
                                                ? "committed"
                                                : "committed without snapshot";
                                reported.put(world, end + (isStored(world) ? ", stored then" : ", not then"));
                            }));
                    client.eventually("has the outcome of its commit", () -> reported.containsKey(world));
                })
                .clients(1)
                .faults(1, EnumSet.of(fault))
                .schedules(500)
                .run();
        assertThat(found.failure()).isEmpty();
        assertThat(found.faults()).containsOnlyKeys(fault);
        Set<String> ends = new TreeSet<>();
        for (World world : worlds) {
            ends.add(reported.getOrDefault(world, "crashed") + (isStored(world) ? ", stored" : ", not stored"));
        }
        return ends;
    }

    private static String outcome(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof BackendException of ? of.outcome().toString() : String.valueOf(cause);
    }

    private static boolean isStored(World world) {
        return !entries(world.observer()).isEmpty();
    }

    @Test
    void aPausedClientDoesNothingUntilItResumes() {
        List<List<String>> pauses = between("FAULT PAUSE of client-1", "client-1 goes on", Fault.PAUSE);
        assertThat(pauses).hasSizeGreaterThan(50);
        assertThat(pauses).allSatisfy(lines -> assertThat(lines).noneMatch(line -> line.matches(".* s +client-1 .*")));
        assertThat(pauses).anySatisfy(lines -> assertThat(lines).anyMatch(line -> line.matches(".* s +client-2 .*")));
    }

    @Test
    void noMessageOfAClientThatIsCutOffPassesInEitherDirection() {
        List<List<String>> outages =
                between("FAULT CUT_OFF of client-1", "client-1 has a network again", Fault.CUT_OFF);
        assertThat(outages).hasSizeGreaterThan(50);
        assertThat(outages)
                .allSatisfy(lines -> assertThat(lines)
                        .noneMatch(line -> line.matches(".* s +(client-1 +answer|network +client-1 asks).*")));
        assertThat(outages)
                .anySatisfy(lines -> assertThat(lines).anyMatch(line -> line.matches(".*client-1 +timer.*")));
    }

    /** The events from one line of a trace to another, or to the end of faults, in each schedule that has the first. */
    private static List<List<String>> between(String first, String last, Fault fault) {
        List<List<String>> found = new ArrayList<>();
        Explorer.Plan plan = new Explorer.Plan(
                2, 1, EnumSet.of(fault), 300, Duration.ofSeconds(1), time -> new MemoryStore(time)::connect);
        for (long seed = 0; seed < 500; seed++) {
            World world = new World(plan, seed, true);
            world.run(w -> w.clients().forEach(FaultTest::readEachSecond));
            List<String> lines = world.trace().stream()
                    .dropWhile(line -> !line.contains(first))
                    .takeWhile(line -> !line.contains(last) && !line.contains("NO MORE FAULTS"))
                    .toList();
            if (!lines.isEmpty()) {
                found.add(lines);
            }
        }
        return found;
    }

    private static void readEachSecond(SimulatedClient client) {
        client.time().schedule(Duration.ofSeconds(1), Runnable::run, () -> {
            client.backend().read(new Query.All("d"));
            readEachSecond(client);
        });
    }

    @Test
    void aReaderOnEachNoticeSeesTheLastStateUnderAnyFault() {
        Exploration found = new Explorer("convergence", world -> {
                    Mirror mirror = new Mirror(world.clients().get(0));
                    for (SimulatedClient client : world.clients()) {
                        client.step("begin", () -> putUntilSure(client, 1));
                    }
                    mirror.client.step("watch", mirror::watch);
                    world.eventually(
                            "the last state is seen",
                            () -> mirror.seen.equals(entries(world.observer()))
                                    && entries(world.observer()).size() == 9);
                })
                .run();
        System.out.println(found);
        assertThat(found.failure()).isEmpty();
        // No commit here asks for a snapshot.
        Set<Fault> missed = EnumSet.copyOf(Fault.survivable());
        missed.removeAll(found.faults().keySet());
        assertThat(missed).containsExactly(Fault.LOSE_SNAPSHOT);
    }

    private static void putUntilSure(SimulatedClient client, int number) {
        Commit commit =
                Commit.to("d").put(client.name() + "-" + number, Bytes.EMPTY).build();
        client.backend().commit(commit).whenComplete((result, failure) -> {
            if (failure != null) {
                client.stepAfter(Duration.ofMillis(100), "again", () -> putUntilSure(client, number));
            } else if (number < 3) {
                client.stepAfter(Duration.ofSeconds(1), "next", () -> putUntilSure(client, number + 1));
            }
        });
    }

    private static List<Entry> entries(Backend backend) {
        return backend.read(new Query.All("d")).toCompletableFuture().join().entries();
    }

    /** Watches a directory, and reads it at each notice. */
    private static final class Mirror implements WatchListener {
        private final SimulatedClient client;
        private List<Entry> seen = List.of();
        private int reads;

        Mirror(SimulatedClient client) {
            this.client = client;
        }

        void watch() {
            client.backend().watch(new Target("d", Optional.empty()), this).whenComplete((watch, failure) -> {
                if (failure != null) {
                    client.stepAfter(Duration.ofMillis(100), "watch again", this::watch);
                } else {
                    read();
                }
            });
        }

        private void read() {
            int number = ++reads;
            client.backend().read(new Query.All("d")).whenComplete((found, failure) -> {
                if (number != reads) {
                    return; // A request that was begun later will show it.
                }
                if (failure != null) {
                    client.stepAfter(Duration.ofMillis(100), "read again", this::read);
                } else {
                    seen = found.entries();
                }
            });
        }

        @Override
        public void changed(String name, long revision) {
            read();
        }

        @Override
        public void reset() {
            read();
        }
    }
}
