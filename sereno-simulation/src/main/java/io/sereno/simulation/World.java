package io.sereno.simulation;

import static java.util.Objects.requireNonNull;

import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.Event.Owner;
import io.sereno.simulation.Explorer.Plan;
import io.sereno.spi.Backend;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One store and its clients in one schedule of an {@link Explorer}: everything that happens is an event, one at a time,
 * in an order that the schedule's seed decides.
 *
 * <p>A scenario gets a new world for each schedule. It builds what it tests on the clients' backends, says what clients
 * do first ({@link SimulatedClient#step}), and which conditions have to be true: {@link #always} after each event,
 * {@link #eventually} when the faults are over and time has passed.
 *
 * <p>Confined to the thread that runs the schedule. Code under test must be driven by completions, timers and the
 * executor it is given; threads of its own and blocking calls are not supported.
 */
public final class World {
    /** How long a client waits for an answer when it does not notice at once that the answer is lost. */
    static final Duration PATIENCE_OF_CLIENTS = Duration.ofSeconds(5);

    private static final int MOST_EVENTS_IN_CALM = 20_000;

    /** For each client, if there are more clients than {@link #MOST_EVENTS_IN_CALM} is enough for. */
    private static final int MOST_EVENTS_IN_CALM_FOR_EACH_CLIENT = 5_000;

    private record Condition(String what, BooleanSupplier holds) {}

    private final Plan plan;
    private final ManualTime time = new ManualTime();
    private final SplittableRandom chance;
    private final SplittableRandom scenarioChance;
    private final Bag bag;
    private final Owner network;
    private final Backend observer;
    private final List<SimulatedClient> clients = new ArrayList<>();
    private final List<Condition> always = new ArrayList<>();
    private final List<Condition> eventually = new ArrayList<>();
    private final Mischief mischief;
    private final @Nullable List<String> trace;

    /** The index of the {@code eventually} condition that was false at the last check. */
    private int awaited;

    private int events;
    private long hash;
    /** What to report as failed if something throws. */
    private String doing = "";

    private @Nullable String failure;
    private @Nullable Throwable cause;

    World(Plan plan, long seed, boolean traced) {
        this.plan = plan;
        this.trace = traced ? new ArrayList<>() : null;
        this.chance = new SplittableRandom(seed);
        this.scenarioChance = chance.split();
        this.bag = new Bag(chance.split(), time);
        this.network = bag.owner("network");
        TimeSource storeTime = new StoreTime(bag.owner("store"));
        Function<TimeSource, Function<Executor, Backend>> given = plan.store();
        MemoryStore own = given == null ? new MemoryStore(storeTime) : null;
        Function<Executor, Backend> store =
                own != null ? own::connect : requireNonNull(given).apply(storeTime);
        this.observer = store.apply(Runnable::run);
        for (int i = 1; i <= plan.clients(); i++) {
            clients.add(new SimulatedClient(this, bag.owner("client-" + i), store));
        }
        this.mischief = new Mischief(this, plan.faults(), plan.mostFaults(), own);
    }

    @Override
    public String toString() {
        return "World[" + clients.size() + " clients, " + events + " events, " + time.elapsed() + " since the start]";
    }

    /** The clients, as many as were given to the explorer. */
    public List<SimulatedClient> clients() {
        return List.copyOf(clients);
    }

    /** The time that all clocks here show. */
    public ManualTime time() {
        return time;
    }

    /** For random choices of the scenario: part of the schedule, and so the same when it is repeated. */
    public SplittableRandom random() {
        return scenarioChance;
    }

    /** A connection to the store that has no faults and answers at once: to see what is stored. */
    public Backend observer() {
        return observer;
    }

    /**
     * Adds a condition that must be true after every event.
     *
     * @param what for the message when it fails
     * @param condition without effects
     */
    public void always(String what, BooleanSupplier condition) {
        always.add(new Condition(what, condition));
    }

    /**
     * Adds a condition that must become true in the end: when faults have ceased, every client is running and the
     * network is whole. All these conditions have to be true together, with no step ahead and nothing under way between
     * clients and store.
     *
     * @param what for the message when it fails
     * @param condition without effects
     */
    public void eventually(String what, BooleanSupplier condition) {
        eventually.add(new Condition(what, condition));
    }

    /**
     * Adds a line to the trace, if this schedule is traced.
     *
     * @param line called only then
     */
    public void note(Supplier<String> line) {
        if (trace != null) {
            trace.add(String.format(Locale.ROOT, "%17s  %s", "", line.get()));
        }
    }

    /**
     * Ends this schedule as failed. For errors noticed where an exception would be caught: in callbacks, in handlers of
     * logs. An event or listener that throws fails the schedule without this.
     *
     * @param what what went wrong
     * @param thrown the exception, if there was one
     */
    public void failed(String what, @Nullable Throwable thrown) {
        if (failure == null) {
            failure = what;
            cause = thrown;
        }
    }

    /** Runs the schedule to its end. */
    void run(Consumer<World> scenario) {
        try {
            doing = "the scenario threw";
            scenario.accept(this);
            turmoil();
            if (failure == null) {
                note(() -> "NO MORE FAULTS: every client goes on, the network is whole");
                mischief.cease();
                calm();
            }
        } catch (RuntimeException | Error e) {
            failed(doing, e);
        }
    }

    private void turmoil() {
        for (int i = 0; i < plan.turmoil() && failure == null && (isBusy() || !hasComeTrue()); i++) {
            doing = "a fault threw";
            mischief.perhaps();
            Event next = bag.next();
            if (next == null) {
                return;
            }
            happen(next);
        }
    }

    private void calm() {
        long end = time.elapsedNanos() + plan.patience().toNanos();
        int most = Math.max(MOST_EVENTS_IN_CALM, MOST_EVENTS_IN_CALM_FOR_EACH_CLIENT * clients.size());
        for (int i = 0; failure == null && (isBusy() || !network.timers.isEmpty() || !hasComeTrue()); i++) {
            Event next = bag.nextInOrder();
            if (next != null && i < most && time.elapsedNanos() - end <= 0) {
                happen(next);
            } else if (!eventually.isEmpty()) {
                String why = next == null
                        ? "no event is left"
                        : i == most ? "not within " + most + " events" : "not within " + plan.patience();
                failed("never came true: " + eventually.get(awaited).what + " (" + why + " without a fault)", null);
            } else {
                return;
            }
        }
    }

    private boolean hasComeTrue() {
        doing = "a condition to come true threw";
        // The condition that was false last time is checked first.
        if (eventually.isEmpty() || !eventually.get(awaited).holds.getAsBoolean()) {
            return false;
        }
        for (int i = 0; i < eventually.size(); i++) {
            if (!eventually.get(i).holds.getAsBoolean()) {
                awaited = i;
                return false;
            }
        }
        return true;
    }

    /**
     * Whether something can happen now, or the scenario has steps ahead: until then a condition may be true by
     * accident.
     */
    private boolean isBusy() {
        if (bag.hasReady()) {
            return true;
        }
        for (int i = 0; i < clients.size(); i++) {
            if (clients.get(i).hasStepsAhead()) {
                return true;
            }
        }
        return false;
    }

    private void happen(Event event) {
        events++;
        hash = mix(hash, event.id);
        if (trace != null) {
            trace.add(String.format(
                    Locale.ROOT,
                    "%5d %9.3f s  %-9s %s",
                    events,
                    time.elapsedNanos() / 1e9,
                    event.owner.name,
                    event.what.get()));
        }
        doing = "an event threw";
        event.action.run();
        doing = "an invariant threw";
        for (int i = 0; i < always.size() && failure == null; i++) {
            if (!always.get(i).holds.getAsBoolean()) {
                failed("not true: " + always.get(i).what, null);
            }
        }
    }

    static long mix(long hash, long value) {
        long mixed = (hash ^ value) * 0x9E3779B97F4A7C15L;
        return mixed ^ (mixed >>> 32);
    }

    Bag bag() {
        return bag;
    }

    Owner network() {
        return network;
    }

    SplittableRandom chance() {
        return chance;
    }

    void faultHappened(Fault fault, String what) {
        hash = mix(hash, fault.name().hashCode());
        note(() -> "FAULT " + fault + " " + what);
    }

    int events() {
        return events;
    }

    Map<Fault, Long> faults() {
        return mischief.met();
    }

    long hash() {
        return hash;
    }

    @Nullable
    String failure() {
        return failure;
    }

    @Nullable
    Throwable cause() {
        return cause;
    }

    List<String> trace() {
        return trace == null ? List.of() : trace;
    }

    /**
     * The store's clock: the end of a lease is an event like others, though the store takes it into account before the
     * event happens.
     */
    private final class StoreTime implements TimeSource {
        private final Owner owner;

        StoreTime(Owner owner) {
            this.owner = owner;
        }

        @Override
        public long nanoTime() {
            return time.nanoTime();
        }

        @Override
        public Instant wall() {
            return time.wall();
        }

        @Override
        public Runnable schedule(Duration delay, Executor executor, Runnable task) {
            Event timer = bag.later(owner, delay.toNanos(), () -> "timer", () -> executor.execute(task), null);
            return () -> bag.cancel(timer);
        }
    }
}
