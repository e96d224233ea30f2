package io.sereno.simulation;

import io.sereno.simulation.Event.Owner;
import io.sereno.simulation.Event.Passage;
import io.sereno.spi.Backend;
import io.sereno.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One client in a {@link World}: a process with its own connection to the store, timers and threads, whose actions are
 * events that happen one at a time.
 *
 * <p>Confined to the thread that runs the schedule.
 */
public final class SimulatedClient {
    private final World world;
    private final Owner owner;
    private final Time time = new Time();
    private final LinkedBackend backend;

    private boolean cutOff;
    private boolean crashed;
    private int stepsAhead;

    SimulatedClient(World world, Owner owner, Function<Executor, Backend> store) {
        this.world = world;
        this.owner = owner;
        this.backend = new LinkedBackend(store.apply(Runnable::run), new WorldLink(), time);
    }

    /** {@code client-1} for the first one, and so on. */
    public String name() {
        return owner.name;
    }

    /**
     * Its connection to the store: each request, each reply and each notice is an event, and may meet a {@link Fault}.
     * Stages complete, and listeners are called, within events of this client.
     */
    public Backend backend() {
        return backend;
    }

    /** Its clock, which is right, and its timers, each of which is an event that may be late. */
    public TimeSource time() {
        return time;
    }

    /** Its threads: each task is an event. Tasks may overtake each other, as they may with several threads. */
    public Executor executor() {
        return task -> soon(() -> "task", task);
    }

    /**
     * Lets this client run an action soon, as an event.
     *
     * @param what for the trace
     * @param action what it does
     */
    public void step(String what, Runnable action) {
        if (!crashed) {
            stepsAhead++;
            soon(() -> what, step(action));
        }
    }

    /**
     * Lets this client run an action after a delay, as an event.
     *
     * @param delay zero or more
     * @param what for the trace
     * @param action what it does
     */
    public void stepAfter(Duration delay, String what, Runnable action) {
        if (!crashed) {
            stepsAhead++;
            world.bag().later(owner, delay.toNanos(), () -> what, step(action), null);
        }
    }

    private Runnable step(Runnable action) {
        return () -> {
            stepsAhead--;
            action.run();
        };
    }

    /**
     * As {@link World#eventually}, unless this client crashes.
     *
     * @param what for the message when it fails
     * @param condition without effects
     */
    public void eventually(String what, BooleanSupplier condition) {
        world.eventually(name() + ": " + what, () -> crashed || condition.getAsBoolean());
    }

    /** Whether it is gone permanently. */
    public boolean hasCrashed() {
        return crashed;
    }

    @Override
    public String toString() {
        return name();
    }

    Owner owner() {
        return owner;
    }

    LinkedBackend linked() {
        return backend;
    }

    /** Whether the scenario has steps ahead for this client. */
    boolean hasStepsAhead() {
        return stepsAhead > 0;
    }

    boolean isCutOff() {
        return cutOff;
    }

    void pause() {
        owner.paused = true;
    }

    void resume() {
        owner.paused = crashed;
    }

    void cutOff() {
        cutOff = true;
    }

    void heal() {
        if (cutOff) {
            cutOff = false;
            backend.watches().forEach(Notices::reset);
        }
    }

    void crash() {
        crashed = true;
        owner.paused = true;
        stepsAhead = 0;
        world.bag().clear(owner);
    }

    void soon(Supplier<String> what, Runnable action) {
        if (!crashed) {
            world.bag().soon(owner, what, action, null);
        }
    }

    /** Reports to this client that an answer is lost: at once, or when it has waited long enough. */
    void lose(Exchange<?> exchange) {
        if (crashed) {
            return;
        }
        if (world.chance().nextBoolean()) {
            soon(() -> "no answer: " + exchange, () -> exchange.lose("no answer"));
        } else {
            world.bag()
                    .later(
                            owner,
                            World.PATIENCE_OF_CLIENTS.toNanos(),
                            () -> "no answer in time: " + exchange,
                            () -> exchange.lose("no answer in time"),
                            null);
        }
    }

    /** Lets a request arrive at the store, and sends the answer. */
    void deliver(Exchange<?> exchange) {
        exchange.deliver(() -> {
            if (cutOff) {
                lose(exchange);
            } else {
                answerSoon(exchange);
            }
        });
    }

    /** Sends an answer to this client. */
    void answerSoon(Exchange<?> exchange) {
        if (!crashed) {
            world.bag()
                    .soon(
                            owner,
                            () -> "answer to " + exchange + ": " + exchange.describeAnswer(),
                            exchange::answer,
                            new Passage(this, exchange, true));
        }
    }

    private final class WorldLink implements Link {
        @Override
        public void sent(Exchange<?> exchange) {
            if (cutOff) {
                lose(exchange);
            } else {
                world.bag()
                        .soon(
                                world.network(),
                                () -> name() + " asks: " + exchange,
                                () -> deliver(exchange),
                                new Passage(SimulatedClient.this, exchange, false));
            }
        }

        @Override
        public void waiting(Notices notices) {
            soon(() -> "notice of " + notices, () -> {
                if (cutOff) {
                    // The notices are lost; the reset that ends the cut-off makes up for them.
                    notices.drop();
                }
                if (notices.deliverNext()) {
                    waiting(notices);
                }
            });
        }

        @Override
        public void threw(Notices notices, Throwable thrown) {
            world.failed("the listener of " + notices + " threw", thrown);
        }
    }

    private final class Time implements TimeSource {
        @Override
        public long nanoTime() {
            return world.time().nanoTime();
        }

        @Override
        public Instant wall() {
            return world.time().wall();
        }

        @Override
        public Runnable schedule(Duration delay, Executor executor, Runnable task) {
            Timed timed = new Timed(task);
            Event timer = world.bag()
                    .later(owner, delay.toNanos(), () -> "timer after " + delay, () -> executor.execute(timed), null);
            return () -> {
                timed.cancel();
                world.bag().cancel(timer);
            };
        }
    }
}
