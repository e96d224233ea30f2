package io.sereno.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.backend.memory.MemoryStore;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ExplorerTest {
    private static final Set<Fault> NONE = EnumSet.noneOf(Fault.class);

    @Test
    void theSameSeedExploresTheSameSchedules() {
        Exploration once =
                new Explorer("commits", ExplorerTest::commits).schedules(100).run();
        assertThat(new Explorer("commits", ExplorerTest::commits).schedules(100).run())
                .isEqualTo(once);
        assertThat(new Explorer("commits", ExplorerTest::commits)
                        .schedules(100)
                        .seed(2)
                        .run()
                        .events())
                .isNotEqualTo(once.events());
    }

    @Test
    void reportsHowMuchItLookedAt() {
        Exploration found =
                new Explorer("commits", ExplorerTest::commits).schedules(100).run();
        assertThat(found.toString())
                .startsWith("commits: 100 schedules, " + found.distinct() + " of them distinct, ")
                .endsWith(" faults, seed 1: all well");
    }

    @Test
    void schedulesThatDoNotDifferCountOnce() {
        Exploration found = new Explorer(
                        "one step", world -> world.clients().get(0).step("only", () -> {}))
                .clients(1)
                .faults(0, NONE)
                .schedules(50)
                .run();
        assertThat(found.schedules()).isEqualTo(50);
        assertThat(found.distinct()).isEqualTo(1);
    }

    @Test
    void aStoreThatGoesBackLosesWhatItAcknowledged() {
        for (Fault loss : EnumSet.of(Fault.ROLL_BACK, Fault.RESTORE)) {
            Exploration found = new Explorer("commits", world -> {
                        AtomicInteger acknowledged = new AtomicInteger();
                        for (SimulatedClient client : world.clients()) {
                            client.step("put", () -> {
                                var unused = client.backend()
                                        .commit(Commit.to("d")
                                                .put(client.name(), Bytes.EMPTY)
                                                .build())
                                        .thenRun(acknowledged::incrementAndGet);
                            });
                        }
                        world.always("acknowledged writes are stored", () -> stored(world) >= acknowledged.get());
                    })
                    .faults(3, EnumSet.of(loss))
                    .run();
            assertThat(found.failure()).as("%s", loss).isPresent();
            assertThat(found.faults()).containsOnlyKeys(loss);
        }
    }

    @Test
    void aStoreThatWasGivenCannotBeMadeToGoBack() {
        Explorer explorer = new Explorer("commits", ExplorerTest::commits)
                .store(time -> new MemoryStore(time)::connect)
                .faults(1, EnumSet.of(Fault.ROLL_BACK));
        assertThatThrownBy(explorer::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("explorer's own store");
    }

    @Test
    void aFailureIsTracedAndRepeatsItself() {
        Consumer<World> scenario = world -> {
            commits(world);
            world.always("nothing is stored", () -> stored(world) == 0);
        };
        Exploration.Failure failure =
                new Explorer("commits", scenario).run().failure().orElseThrow();
        assertThat(failure.what()).isEqualTo("commits: not true: nothing is stored");
        assertThat(failure.trace().get(0)).matches(" +1 +\\d+\\.\\d{3} s +client-\\d +commit");
        assertThat(failure.trace().get(failure.trace().size() - 1))
                .matches(" +\\d+ +\\d+\\.\\d{3} s +network +client-\\d asks: commit d: put client-\\d");
        assertThat(failure.howToRepeat()).contains("explorer.repeat(" + failure.schedule() + "L)");
        assertThat(failure.toString()).contains(failure.trace()).contains(failure.what(), failure.howToRepeat());

        Exploration alone =
                new Explorer("commits", scenario).repeat(failure.schedule()).run();
        assertThat(alone.schedules()).isEqualTo(1);
        assertThat(alone.failure().orElseThrow().trace()).isEqualTo(failure.trace());
    }

    @Test
    void faultsAreInTheTrace() {
        Exploration.Failure failure = new Explorer("commits", world -> {
                    List<Boolean> lost = new ArrayList<>();
                    SimulatedClient client = world.clients().get(0);
                    client.step(
                            "commit",
                            () -> client.backend()
                                    .commit(Commit.to("d").put("a", Bytes.EMPTY).build())
                                    .whenComplete((result, thrown) -> lost.add(thrown != null)));
                    world.always("no reply is lost", () -> !lost.contains(true));
                })
                .faults(1, EnumSet.of(Fault.LOSE_REPLY))
                .run()
                .failure()
                .orElseThrow();
        assertThat(failure.trace()).anyMatch(line -> line.contains("FAULT LOSE_REPLY meets client-1: commit d: put a"));
    }

    @Test
    void anEventThatThrowsFailsTheSchedule() {
        IllegalStateException thrown = new IllegalStateException("by the test");
        assertFails(
                world -> world.clients().get(0).step("throw", () -> {
                    throw thrown;
                }),
                "an event threw");
        assertFails(
                world -> world.clients().get(0).time().schedule(Duration.ofSeconds(1), Runnable::run, () -> {
                    throw thrown;
                }),
                "an event threw");
        assertFails(
                world -> world.clients().get(0).executor().execute(() -> {
                    throw thrown;
                }),
                "an event threw");
        assertFails(
                world -> {
                    throw thrown;
                },
                "the scenario threw");
        assertFails(
                world -> {
                    commits(world);
                    world.always("thrown", () -> {
                        throw thrown;
                    });
                },
                "an invariant threw");
    }

    @Test
    void aListenerThatThrowsFailsTheSchedule() {
        assertFails(
                world -> {
                    SimulatedClient client = world.clients().get(0);
                    client.step(
                            "watch",
                            () -> client.backend()
                                    .watch(new Target("d", Optional.empty()), onNotice(() -> {
                                        throw new IllegalStateException("by the test");
                                    }))
                                    .thenAccept(watch -> client.backend()
                                            .commit(Commit.to("d")
                                                    .put("a", Bytes.EMPTY)
                                                    .build())));
                },
                "the listener of d threw");
    }

    @Test
    void aConditionThatNeverComesTrueFailsTheSchedule() {
        assertFails(
                world -> world.clients().get(0).eventually("is rich", () -> false),
                "never came true: client-1: is rich (no event is left without a fault)");
        assertFails(
                world -> {
                    every(world.clients().get(0), Duration.ofSeconds(1), () -> {});
                    world.eventually("peace", () -> false);
                },
                "never came true: peace (not within PT5M without a fault)");
        assertFails(
                world -> {
                    SimulatedClient client = world.clients().get(0);
                    client.executor().execute(new Runnable() {
                        @Override
                        public void run() {
                            client.executor().execute(this);
                        }
                    });
                    world.eventually("an end", () -> false);
                },
                "never came true: an end (not within 20000 events without a fault)");
    }

    @Test
    void aConditionTrueFromTheBeginningDoesNotEndAScheduleWithStepsAhead() {
        for (int turmoil : List.of(0, 1_000)) {
            AtomicInteger ran = new AtomicInteger();
            Exploration found = new Explorer("steps", world -> {
                        SimulatedClient client = world.clients().get(0);
                        client.stepAfter(
                                Duration.ofMinutes(1), "first", () -> client.step("second", ran::incrementAndGet));
                        world.eventually("true anyway", () -> true);
                    })
                    .turmoil(turmoil)
                    .schedules(10)
                    .run();
            assertThat(found.failure()).isEmpty();
            assertThat(ran).hasValue(10);
        }
    }

    @Test
    void aScenarioThatDependsOnSomethingOutsideIsReported() {
        AtomicInteger runs = new AtomicInteger();
        Exploration.Failure failure = new Explorer("outside", world -> {
                    int run = runs.incrementAndGet();
                    world.clients().get(0).step("look", () -> assertThat(run).isNotEqualTo(7));
                })
                .run()
                .failure()
                .orElseThrow();
        assertThat(failure.what()).contains("an event threw", "went differently: all well", "outside its world");
    }

    @Test
    void aScenarioThatFailsAlikeOnAnotherPathIsReportedToo() {
        AtomicInteger runs = new AtomicInteger();
        Exploration.Failure failure = new Explorer("outside", world -> {
                    for (int i = runs.getAndIncrement(); i >= 0; i--) {
                        world.clients().get(0).step("step", () -> {});
                    }
                    world.eventually("peace", () -> false);
                })
                .run()
                .failure()
                .orElseThrow();
        assertThat(failure.what()).contains("never came true: peace", "went differently", "outside its world");
    }

    @Test
    void timersOfOneClientKeepTheirOrderAndNoneIsEarly() {
        Exploration found = new Explorer("timers", world -> {
                    for (SimulatedClient client : world.clients()) {
                        List<Integer> fired = new ArrayList<>();
                        for (int seconds : List.of(3, 1, 2)) {
                            long due = world.time().nanoTime()
                                    + Duration.ofSeconds(seconds).toNanos();
                            client.time().schedule(Duration.ofSeconds(seconds), client.executor(), () -> {});
                            client.time().schedule(Duration.ofSeconds(seconds), Runnable::run, () -> {
                                assertThat(client.time().nanoTime() - due).isNotNegative();
                                fired.add(seconds);
                            });
                        }
                        client.time()
                                .schedule(Duration.ofSeconds(2), Runnable::run, () -> fired.add(-1))
                                .run();
                        client.eventually("has received all", () -> fired.equals(List.of(1, 2, 3)));
                    }
                })
                .schedules(500)
                .run();
        assertThat(found.failure()).isEmpty();
    }

    @Test
    void requestsOfOneClientMayOvertakeEachOther() {
        Set<String> orders = new HashSet<>();
        new Explorer("two commits", world -> {
                    SimulatedClient client = world.clients().get(0);
                    client.step("commit twice", () -> {
                        client.backend().commit(put("d", "first"));
                        client.backend().commit(put("d", "second"));
                    });
                    world.eventually("both are stored", () -> stored(world) == 2);
                    world.always("looking", () -> {
                        world.observer()
                                .read(new Query.All("d"))
                                .thenAccept(found ->
                                        orders.add(found.entries().toString().replaceAll("[^0-9@a-z]", "")));
                        return true;
                    });
                })
                .faults(0, NONE)
                .schedules(100)
                .run();
        // Nothing, one of the two, and both in either order.
        assertThat(orders).hasSize(5);
    }

    @Test
    void withoutFaultsThereIsNone() {
        Exploration found = new Explorer("commits", ExplorerTest::commits)
                .faults(0, Fault.survivable())
                .run();
        assertThat(found.faults()).isEmpty();
        assertThat(found.failure()).isEmpty();
    }

    @Test
    void aCrashedClientDoesNothingMoreAndOwesNothing() {
        Exploration found = new Explorer("crashes", world -> {
                    for (SimulatedClient client : world.clients()) {
                        every(client, Duration.ofSeconds(1), () -> {
                            assertThat(client.hasCrashed()).isFalse();
                            client.backend()
                                    .read(new Query.All("d"))
                                    .thenRun(() ->
                                            assertThat(client.hasCrashed()).isFalse());
                        });
                        client.eventually("is gone", client::hasCrashed);
                    }
                })
                .clients(1)
                .faults(1, EnumSet.of(Fault.CRASH))
                .schedules(200)
                .run();
        // Each schedule with the crash ends well; the first without one does not.
        assertThat(found.failure().orElseThrow().what()).contains("never came true: client-1: is gone");
        assertThat(found.faults().getOrDefault(Fault.CRASH, 0L)).isEqualTo(found.schedules() - 1L);
    }

    @Test
    void worksOnTheStoreThatItIsGiven() {
        AtomicInteger made = new AtomicInteger();
        AtomicInteger connected = new AtomicInteger();
        new Explorer("commits", ExplorerTest::commits)
                .store(time -> {
                    made.incrementAndGet();
                    MemoryStore store = new MemoryStore(time);
                    return callbacks -> {
                        connected.incrementAndGet();
                        return store.connect(callbacks);
                    };
                })
                .clients(2)
                .schedules(10)
                .run();
        assertThat(made).hasValue(10);
        assertThat(connected).hasValue(30);
    }

    @Test
    void refusesWhatMakesNoSense() {
        Explorer explorer = new Explorer("any", world -> {});
        assertThatThrownBy(() -> explorer.schedules(0)).hasMessage("0 schedules; 1 or more is accepted");
        assertThatThrownBy(() -> explorer.clients(0)).hasMessage("0 clients; 1 or more is accepted");
        assertThatThrownBy(() -> explorer.faults(-1, NONE)).hasMessage("-1 faults; 0 or more is accepted");
        assertThatThrownBy(() -> explorer.turmoil(-1)).hasMessage("-1 events; 0 or more is accepted");
        assertThatThrownBy(() -> explorer.patience(Duration.ofSeconds(-1)))
                .hasMessage("patience is PT-1S; zero or more is accepted");
    }

    private static void assertFails(Consumer<World> scenario, String what) {
        Exploration found =
                new Explorer("test", scenario).faults(0, NONE).schedules(10).run();
        assertThat(found.failure()).isPresent();
        assertThat(found.failure().orElseThrow().what()).contains(what).doesNotContain("went differently");
    }

    private static void commits(World world) {
        for (SimulatedClient client : world.clients()) {
            client.step("commit", () -> client.backend().commit(put("d", client.name())));
        }
    }

    private static void every(SimulatedClient client, Duration period, Runnable action) {
        client.time().schedule(period, Runnable::run, () -> {
            action.run();
            every(client, period, action);
        });
    }

    private static Commit put(String directory, String name) {
        return Commit.to(directory).put(name, Bytes.EMPTY).build();
    }

    private static int stored(World world) {
        return world.observer()
                .read(new Query.All("d"))
                .toCompletableFuture()
                .join()
                .entries()
                .size();
    }

    private static WatchListener onNotice(Runnable action) {
        return new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                action.run();
            }

            @Override
            public void reset() {
                action.run();
            }
        };
    }
}
