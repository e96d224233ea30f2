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
 * Runs a scenario in thousands of schedules, each of them decided by a seed, and looks after every event whether what must be
 * true still is.
 *
 * <p>There is one thread. Each request, reply, notice, timer, task and step of a client is an event in a bag; so is the end
 * of a lease. A seed picks which one is next, how late timers are, and where a {@link Fault} strikes. Schedules are mostly
 * ordinary, with some long delays; no thread waits for anything, so a schedule of a few hundred events takes a fraction of a
 * millisecond.
 *
 * <pre>{@code
 * Exploration found = new Explorer("adding one", world -> {
 *     List<Adder> adders = world.clients().stream().map(Adder::new).toList();
 *     for (Adder adder : adders) {
 *         adder.client.step("add one", adder::addOne);
 *         adder.client.eventually("knows how it ended", () -> adder.ended);
 *     }
 *     world.always(
 *             "what was acknowledged is stored",
 *             () -> stored(world) >= adders.stream().filter(adder -> adder.acknowledged).count());
 * }).run();
 * System.out.println(found);
 * assertThat(found.failure()).isEmpty();
 * }</pre>
 *
 * with a client's part like this, which is what is tried:
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
 * <p>A failure comes with a trace, event by event, and with the one line that runs its schedule alone. So it should not be
 * looked for in a log: it is repeated, with a debugger if need be.
 *
 * <p><b>Guarantees.</b> The same explorer with the same seed runs the same schedules, on every machine, if the scenario
 * depends on nothing outside its {@link World}; a failure that does not repeat itself says so.
 *
 * <p><b>Not guaranteed.</b> That all schedules are tried: it is a search, not a proof. Events are what happens between a
 * client and its store and in timers; what several threads of one client do to each other is not seen here.
 *
 * <p>Instances are confined to one thread. The methods that set something return this explorer.
 */
public final class Explorer {
    /** What all schedules of an explorer have in common. */
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
    /** Null: a store of the world's own. */
    private @Nullable Function<TimeSource, Function<Executor, Backend>> store;

    private OptionalLong onlySchedule = OptionalLong.empty();

    /**
     * Makes an explorer of one scenario.
     *
     * @param name for reports
     * @param scenario sets up a world; called once for each schedule
     */
    public Explorer(String name, Consumer<World> scenario) {
        this.name = Objects.requireNonNull(name, "name");
        this.scenario = Objects.requireNonNull(scenario, "scenario");
    }

    /** How many schedules to run; 5,000 if not said. */
    public Explorer schedules(int count) {
        schedules = atLeast(1, "schedules", count);
        return this;
    }

    /** What the schedules are made from; 1 if not said. The same seed explores the same schedules. */
    public Explorer seed(long value) {
        seed = value;
        return this;
    }

    /** How many clients a world has; 3 if not said. */
    public Explorer clients(int count) {
        clients = atLeast(1, "clients", count);
        return this;
    }

    /**
     * How many faults a schedule may have, of which kinds; 3 of {@link Fault#survivable()} if not said.
     *
     * @param most zero or more; each schedule has that many or fewer
     * @param kinds what they may be
     */
    public Explorer faults(int most, Set<Fault> kinds) {
        mostFaults = atLeast(0, "faults", most);
        faults = Set.copyOf(kinds);
        return this;
    }

    /** After how many events, at the latest, faults cease; 1,000 if not said. */
    public Explorer turmoil(int events) {
        turmoil = atLeast(0, "events", events);
        return this;
    }

    /** How long after the faults what must come true may take, by the clocks of the world; 5 minutes if not said. */
    public Explorer patience(Duration virtual) {
        if (virtual.isNegative()) {
            throw new IllegalArgumentException("patience is " + virtual + "; zero or more is accepted");
        }
        patience = virtual;
        return this;
    }

    /**
     * On what the clients work; a {@link io.sereno.backend.memory.MemoryStore} if not said.
     *
     * @param made makes, for each schedule and given its clock, a new store, to which each client connects with the executor
     *     of its notices; its stages have to be complete when its methods return
     */
    public Explorer store(Function<TimeSource, Function<Executor, Backend>> made) {
        store = Objects.requireNonNull(made, "made");
        return this;
    }

    /**
     * Runs one schedule only.
     *
     * @param schedule what a {@link Exploration.Failure} says
     */
    public Explorer repeat(long schedule) {
        onlySchedule = OptionalLong.of(schedule);
        return this;
    }

    /**
     * Runs the schedules, in this thread, until one fails or all have run.
     *
     * @return how much was looked at, and the failure if there is one
     * @throws IllegalStateException if the store is to lose writes, and is not the explorer's own
     */
    public Exploration run() {
        if (store != null && (faults.contains(Fault.ROLL_BACK) || faults.contains(Fault.RESTORE))) {
            throw new IllegalStateException(
                    "ROLL_BACK and RESTORE are faults of the explorer's own store, and another one was set; leave out either");
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

    /** The same schedule again, which is cheap, so that all others need not write down what they do. */
    private Exploration.Failure trace(Plan plan, long schedule, World failed) {
        World again = new World(plan, schedule, true);
        again.run(scenario);
        String what = String.valueOf(failed.failure());
        if (!what.equals(again.failure()) || failed.hash() != again.hash()) {
            what += " (and the same schedule once more went differently: "
                    + (again.failure() == null ? "all well" : again.failure())
                    + "; the scenario depends on something outside its world: a clock, a thread, chance, the order of a hash)";
        }
        return new Exploration.Failure(
                schedule,
                name + ": " + what,
                Optional.ofNullable(failed.cause()),
                again.trace(),
                "To repeat it alone, with the same explorer otherwise: explorer.repeat(" + schedule + "L).run()");
    }

    private static int atLeast(int least, String what, int value) {
        if (value < least) {
            throw new IllegalArgumentException(value + " " + what + "; " + least + " or more is accepted");
        }
        return value;
    }
}
