package io.sereno.simulation;

import io.sereno.backend.memory.MemoryBackup;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.Event.Passage;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The faults of one schedule; its seed chooses how many, which and when. */
final class Mischief {
    private static final int[] EVENTS_PER_FAULT = {5, 20, 80, 200};
    private static final long LONGEST_DELAY_MILLIS = 20_000;
    private static final long LONGEST_OUTAGE_MILLIS = 30_000;

    private final World world;
    private final SplittableRandom random;
    private final List<Fault> kinds;
    private final int budget;
    private final int eventsPerFault;
    private final Map<Fault, Long> met = new EnumMap<>(Fault.class);
    private final @Nullable Backups backups;
    private int count;

    Mischief(World world, Set<Fault> kinds, int most, @Nullable MemoryStore store) {
        this.world = world;
        this.random = world.chance().split();
        // Sorted, since the order in a set may differ from one JVM to the next.
        this.kinds = kinds.stream().sorted().toList();
        this.budget = kinds.isEmpty() ? 0 : random.nextInt(most + 1);
        this.eventsPerFault = EVENTS_PER_FAULT[random.nextInt(EVENTS_PER_FAULT.length)];
        boolean losesWrites = kinds.contains(Fault.ROLL_BACK) || kinds.contains(Fault.RESTORE);
        this.backups = losesWrites && store != null ? new Backups(store, random.split()) : null;
    }

    /** The number of faults of each kind. */
    Map<Fault, Long> met() {
        return met;
    }

    /** Called before an event: perhaps causes a fault, if there is something that it can meet. */
    void perhaps() {
        if (backups != null && count < budget) {
            backups.perhapsMakeOne();
        }
        if (count < budget && random.nextInt(eventsPerFault) == 0) {
            Fault fault = kinds.get(random.nextInt(kinds.size()));
            if (commit(fault)) {
                count++;
                met.merge(fault, 1L, Long::sum);
            }
        }
    }

    /** Ends all faults: paused clients resume, and the network is whole. */
    void cease() {
        for (SimulatedClient client : world.clients()) {
            client.resume();
            client.heal();
        }
    }

    /** Returns whether there was something that the fault could meet. */
    private boolean commit(Fault fault) {
        return switch (fault) {
            case LOSE_REQUEST -> meet(fault, false, this::lose);
            case LOSE_REPLY -> meet(fault, true, this::lose);
            case APPLY_LATE -> meet(fault, false, this::applyLate);
            case REFUSE_REQUEST -> meet(fault, false, this::refuse);
            case LOSE_SNAPSHOT -> loseSnapshot();
            case DELAY -> meet(fault, random.nextBoolean(), this::delay);
            case ROLL_BACK -> goBack(fault, MemoryBackup.Revisions.GO_ON);
            case RESTORE -> goBack(fault, MemoryBackup.Revisions.REPEAT);
            default -> {
                SimulatedClient client =
                        world.clients().get(random.nextInt(world.clients().size()));
                yield !client.hasCrashed() && afflict(fault, client);
            }
        };
    }

    /**
     * Restores a backup. Requests under way still arrive, and answers given before arrive late: clients have to survive
     * both.
     */
    private boolean goBack(Fault fault, MemoryBackup.Revisions revisions) {
        if (backups == null) {
            return false;
        }
        world.faultHappened(fault, "of the store");
        backups.restoreOne(revisions);
        return true;
    }

    private boolean afflict(Fault fault, SimulatedClient client) {
        return switch (fault) {
            case PAUSE -> pause(client);
            case CUT_OFF -> cutOff(client);
            case CRASH -> crash(client);
            case RESET_WATCHES -> resetWatches(client);
            case INVENT_NOTICE -> inventNotice(client);
            case END_LEASE -> endLease(client);
            default -> throw new IllegalArgumentException(fault + " is not a fault of a client");
        };
    }

    private boolean meet(Fault fault, boolean reply, Consumer<Passage> effect) {
        return meet(fault, passage -> passage.isReply() == reply, effect);
    }

    private boolean meet(Fault fault, Predicate<Passage> which, Consumer<Passage> effect) {
        Event event = world.bag().take(candidate -> candidate.passage != null && which.test(candidate.passage));
        if (event == null || event.passage == null) {
            return false;
        }
        world.faultHappened(fault, "meets " + event.passage.client() + ": " + event.passage.exchange());
        effect.accept(event.passage);
        return true;
    }

    private void lose(Passage passage) {
        passage.client().lose(passage.exchange());
    }

    private void refuse(Passage passage) {
        Exchange<?> exchange = passage.exchange();
        passage.client().soon(() -> "not sent: " + exchange, () -> exchange.refuse("not sent", false));
    }

    private boolean loseSnapshot() {
        return meet(
                Fault.LOSE_SNAPSHOT,
                passage -> passage.isReply() && passage.exchange().hasSnapshot(),
                passage -> {
                    passage.exchange().loseSnapshot();
                    passage.client().answerSoon(passage.exchange());
                });
    }

    private void applyLate(Passage passage) {
        passage.client().lose(passage.exchange());
        later(passage);
    }

    private void delay(Passage passage) {
        if (passage.isReply()) {
            world.bag()
                    .later(
                            passage.client().owner(),
                            upTo(LONGEST_DELAY_MILLIS),
                            () -> "late answer to " + passage.exchange() + ": "
                                    + passage.exchange().describeAnswer(),
                            passage.exchange()::answer,
                            null);
        } else {
            later(passage);
        }
    }

    private void later(Passage passage) {
        world.bag()
                .later(
                        world.network(),
                        upTo(LONGEST_DELAY_MILLIS),
                        () -> "late from " + passage.client() + ": " + passage.exchange(),
                        () -> passage.client().deliver(passage.exchange()),
                        null);
    }

    private boolean pause(SimulatedClient client) {
        if (client.owner().paused) {
            return false;
        }
        world.faultHappened(Fault.PAUSE, "of " + client);
        client.pause();
        world.bag()
                .later(world.network(), upTo(LONGEST_OUTAGE_MILLIS), () -> client + " goes on", client::resume, null);
        return true;
    }

    private boolean cutOff(SimulatedClient client) {
        if (client.isCutOff()) {
            return false;
        }
        world.faultHappened(Fault.CUT_OFF, "of " + client);
        client.cutOff();
        // Messages under way are lost too.
        for (Event event = takeFrom(client); event != null; event = takeFrom(client)) {
            if (event.passage != null) {
                client.lose(event.passage.exchange());
            }
        }
        world.bag()
                .later(
                        world.network(),
                        upTo(LONGEST_OUTAGE_MILLIS),
                        () -> client + " has a network again",
                        client::heal,
                        null);
        return true;
    }

    private @Nullable Event takeFrom(SimulatedClient client) {
        return world.bag().take(candidate -> candidate.passage != null && candidate.passage.client() == client);
    }

    private boolean crash(SimulatedClient client) {
        world.faultHappened(Fault.CRASH, "of " + client);
        client.crash();
        return true;
    }

    private boolean resetWatches(SimulatedClient client) {
        List<Notices> watches = client.linked().watches();
        if (watches.isEmpty()) {
            return false;
        }
        world.faultHappened(Fault.RESET_WATCHES, "of " + client);
        watches.forEach(Notices::reset);
        return true;
    }

    private boolean inventNotice(SimulatedClient client) {
        List<Notices> watches = client.linked().watches();
        if (watches.isEmpty()) {
            return false;
        }
        Notices notices = watches.get(random.nextInt(watches.size()));
        world.faultHappened(Fault.INVENT_NOTICE, "of " + notices + " for " + client);
        notices.changed(someName(notices.target()), 0);
        return true;
    }

    private String someName(Target target) {
        return target.name().orElseGet(() -> {
            List<Entry> entries = world.observer()
                    .read(new Query.All(target.directory()))
                    .toCompletableFuture()
                    .join()
                    .entries();
            return entries.isEmpty()
                    ? "nobody"
                    : entries.get(random.nextInt(entries.size())).name();
        });
    }

    private boolean endLease(SimulatedClient client) {
        List<Long> leases = client.linked().leases();
        if (leases.isEmpty()) {
            return false;
        }
        long lease = leases.get(random.nextInt(leases.size()));
        world.faultHappened(Fault.END_LEASE, lease + " of " + client);
        client.linked().endLease(lease).toCompletableFuture().join();
        return true;
    }

    /**
     * A random time of at most this. Short times are as likely as long ones: each range between two powers of two has
     * the same chance.
     */
    private long upTo(long millis) {
        long bound = millis >> random.nextInt(15);
        return TimeUnit.MILLISECONDS.toNanos(random.nextLong(bound + 1));
    }
}
