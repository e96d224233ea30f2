package io.sereno.simulation;

import io.sereno.spi.Backend;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs a scenario in thousands of schedules, each decided by a seed, and checks after every event that the invariants
 * still hold.
 *
 * <p>There is one thread. Each request, reply, notice, timer, task and step of a client is an event in a bag; so is the
 * end of a lease. A seed picks the next event, how late timers are, and where a {@link Fault} strikes. Schedules are
 * mostly ordinary, with some long delays. No thread waits for anything, so a schedule of a few hundred events takes a
 * fraction of a millisecond.
 *
 * <pre>{@code
 * Exploration found = new Explorer("adding one", world -> {
 *     List<Adder> adders = world.clients().stream().map(Adder::new).toList();
 *     for (Adder adder : adders) {
 *         adder.client.step("add one", adder::addOne);
 *         adder.client.eventually("knows how it ended", () -> adder.ended);
 *     }
 *     world.always(
 *             "acknowledged writes are stored",
 *             () -> stored(world) >= adders.stream().filter(adder -> adder.acknowledged).count());
 * }).run();
 * System.out.println(found);
 * assertThat(found.failure()).isEmpty();
 * }</pre>
 *
 * with client code like this, which is the code under test:
 *
 * <pre>{@code
 * void addOne() {
 *     client.backend()
 *             .read(new Query.One("numbers", "n"))
 *             .thenCompose(found -> client.backend().commit(raise(found)))
 *             .whenComplete((result, failure) -> {
 *                 if (result instanceof CommitResult.Conflict) {
 *                     addOne();
 *                 } else {
 *                     ended = true;
 *                     acknowledged = result instanceof CommitResult.Committed;
 *                 }
 *             });
 * }
 * }</pre>
 *
 * <p>A failure comes with a trace of all events, and with the line of code that runs its schedule alone. So do not
 * search logs for a failure: repeat it, with a debugger if necessary.
 *
 * <p><b>Guarantees.</b> The same explorer with the same seed runs the same schedules, on every machine, if the scenario
 * depends on nothing outside its {@link World}. A failure that does not repeat itself is reported as such.
 *
 * <p><b>Not guaranteed.</b> That all schedules are tried: it is a search, not a proof. Events are what happens between
 * a client and its store and in timers; races between several threads of one client are not found.
 *
 * <p>Instances are confined to one thread. The methods that set something return this explorer.
 */
public final class Explorer {
    /** The settings that all schedules of an explorer have in common. */
    record Plan(
            int clients,
            int mostFaults,
            Set<Fault> faults,
            int turmoil,
            Duration patience,
            @Nullable Function<TimeSource, Function<Executor, Backend>> store) {}

    private final String name;
    private final Consumer<World> scenario;
    private int schedules = 5_000;
    private long seed = 1;
    private int clients = 3;
    private int mostFaults = 3;
    private Set<Fault> faults = Fault.survivable();
    private int turmoil = 1_000;
    private Duration patience = Duration.ofMinutes(5);
    /** Null: each world has its own store. */
    private @Nullable Function<TimeSource, Function<Executor, Backend>> store;

    private OptionalLong onlySchedule = OptionalLong.empty();

    /**
     * Creates an explorer of one scenario.
     *
     * @param name for reports
     * @param scenario sets up a world; called once for each schedule
     */
    public Explorer(String name, Consumer<World> scenario) {
        this.name = Objects.requireNonNull(name, "name");
        this.scenario = Objects.requireNonNull(scenario, "scenario");
    }

    @Override
    public String toString() {
        return "Explorer[" + name + ", " + schedules + " schedules from seed " + seed + "]";
    }

    /** The number of schedules to run; 5,000 by default. */
    public Explorer schedules(int count) {
        schedules = atLeast(1, "schedules", count);
        return this;
    }

    /** The seed of the schedules; 1 by default. The same seed explores the same schedules. */
    public Explorer seed(long value) {
        seed = value;
        return this;
    }

    /** The number of clients in a world; 3 by default. */
    public Explorer clients(int count) {
        clients = atLeast(1, "clients", count);
        return this;
    }

    /**
     * The maximum number of faults in a schedule, and their kinds; 3 of {@link Fault#survivable()} by default.
     *
     * @param most zero or more; each schedule has that many or fewer
     * @param kinds the kinds of faults
     */
    public Explorer faults(int most, Set<Fault> kinds) {
        mostFaults = atLeast(0, "faults", most);
        faults = Set.copyOf(kinds);
        return this;
    }

    /** The number of events after which faults cease at the latest; 1,000 by default. */
    public Explorer turmoil(int events) {
        turmoil = atLeast(0, "events", events);
        return this;
    }

    /**
     * How long the {@code eventually} conditions may take after the faults, by the clocks of the world; 5 minutes by
     * default.
     */
    public Explorer patience(Duration virtual) {
        if (virtual.isNegative()) {
            throw new IllegalArgumentException("patience is " + virtual + "; zero or more is accepted");
        }
        patience = virtual;
        return this;
    }

    /**
     * The store of the clients; a {@link io.sereno.backend.memory.MemoryStore} by default.
     *
     * @param made creates a new store for each schedule, given its clock; each client connects to the store with the
     *     executor of its notices. The stages of the store have to be complete when its methods return
     */
    public Explorer store(Function<TimeSource, Function<Executor, Backend>> made) {
        store = Objects.requireNonNull(made, "made");
        return this;
    }

    /**
     * Runs one schedule only.
     *
     * @param schedule the seed in an {@link Exploration.Failure}
     */
    public Explorer repeat(long schedule) {
        onlySchedule = OptionalLong.of(schedule);
        return this;
    }

    /**
     * Runs the schedules, in this thread, until one fails or all have run.
     *
     * @return how much was explored, and the failure if there is one
     * @throws IllegalStateException if the faults include lost writes, and the store is not the explorer's own
     */
    public Exploration run() {
        if (store != null && (faults.contains(Fault.ROLL_BACK) || faults.contains(Fault.RESTORE))) {
            throw new IllegalStateException(
                    "ROLL_BACK and RESTORE are faults of the explorer's own store, and another store was set; leave out one of them");
        }
        Plan plan = new Plan(clients, mostFaults, faults, turmoil, patience, store);
        SplittableRandom seeds = new SplittableRandom(seed);
        Set<Long> distinct = new HashSet<>();
        Optional<Exploration.Failure> failure = Optional.empty();
        long events = 0;
        Map<Fault, Long> met = new EnumMap<>(Fault.class);
        int count = 0;
        int most = onlySchedule.isPresent() ? 1 : schedules;
        while (failure.isEmpty() && count < most) {
            long schedule = onlySchedule.orElseGet(seeds::nextLong);
            World world = new World(plan, schedule, false);
            world.run(scenario);
            count++;
            distinct.add(world.hash());
            events += world.events();
            world.faults().forEach((fault, times) -> met.merge(fault, times, Long::sum));
            if (world.failure() != null) {
                failure = Optional.of(trace(plan, schedule, world));
            }
        }
        return new Exploration(name, seed, count, distinct.size(), events, met, failure);
    }

    /** Runs the same schedule again with a trace; that is cheap, so other schedules need not be traced. */
    private Exploration.Failure trace(Plan plan, long schedule, World failed) {
        World again = new World(plan, schedule, true);
        again.run(scenario);
        String what = String.valueOf(failed.failure());
        if (!what.equals(again.failure()) || failed.hash() != again.hash()) {
            what += " (and a repetition of the same schedule went differently: "
                    + (again.failure() == null ? "all well" : again.failure())
                    + "; the scenario depends on something outside its world: a clock, a thread, chance, the order of a hash)";
        }
        return new Exploration.Failure(
                schedule,
                name + ": " + what,
                Optional.ofNullable(failed.cause()),
                again.trace(),
                "To repeat this schedule alone, call the same explorer with explorer.repeat(" + schedule + "L).run()");
    }

    private static int atLeast(int least, String what, int value) {
        if (value < least) {
            throw new IllegalArgumentException(value + " " + what + "; " + least + " or more is accepted");
        }
        return value;
    }
}
