package io.sereno.tck.run;

import io.sereno.spi.TimeSource;
import io.sereno.tck.faults.Faults;
import io.sereno.tck.history.Recorder;
import io.sereno.tck.history.Workload;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A series of faults while clients are busy, each at one client; at the end everything is healed. */
public final class FaultStorm implements Workload.Weather {
    private static final Duration SHORTEST = Duration.ofMillis(40);
    private static final int KINDS = 8;

    private final List<Faulty> clients;
    private final List<String> names;
    private final TimeSource time;
    private final Executor executor;
    private final Random random;
    private final Recorder recorder;
    private final AtomicInteger count = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    // Below: guarded by the lock.
    private boolean raging;
    private int storm;
    private @Nullable Faults current;
    private Runnable over = () -> {};

    /** The names are the clients' names in the history. */
    public FaultStorm(List<Faulty> clients, List<String> names, Bench bench, Random random, Recorder recorder) {
        this.clients = List.copyOf(clients);
        this.names = List.copyOf(names);
        this.time = bench.time();
        this.executor = bench.kit().crew();
        this.random = random;
        this.recorder = recorder;
    }

    /** How many faults there were. */
    public int count() {
        return count.get();
    }

    @Override
    public void begin() {
        lock.lock();
        try {
            raging = true;
            int mine = ++storm;
            time.schedule(SHORTEST, executor, () -> strike(mine));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void end() {
        lock.lock();
        try {
            raging = false;
            heal();
        } finally {
            lock.unlock();
        }
    }

    private void strike(int mine) {
        lock.lock();
        try {
            if (!raging || storm != mine) {
                return;
            }
            int client = random.nextInt(clients.size());
            Faults faults = clients.get(client).faults();
            Duration lasting = SHORTEST.multipliedBy(1 + random.nextInt(8));
            String what = strike(faults, random.nextInt(KINDS), lasting);
            count.incrementAndGet();
            current = faults;
            over = recorder.fault(what, Optional.of(names.get(client)));
            time.schedule(lasting.plus(SHORTEST), executor, () -> calm(mine));
        } finally {
            lock.unlock();
        }
    }

    private static String strike(Faults faults, int kind, Duration lasting) {
        switch (kind) {
            case 0 -> {
                faults.breakConnections();
                return "connections reset";
            }
            case 1 -> {
                faults.endConnections();
                return "connections ended";
            }
            case 2, 3 -> { // Twice as often as others: applied commits without an answer matter most.
                faults.holdReplies();
                return "replies held";
            }
            case 4 -> {
                faults.swallowRequests();
                return "requests lost";
            }
            case 5 -> {
                faults.cutOff();
                return "cut off";
            }
            case 6 -> {
                faults.holdRequests(lasting);
                return "requests held";
            }
            default -> {
                faults.refuse();
                return "connections refused";
            }
        }
    }

    private void calm(int mine) {
        lock.lock();
        try {
            if (!raging || storm != mine) {
                return;
            }
            heal();
            time.schedule(SHORTEST.multipliedBy(1 + random.nextInt(4)), executor, () -> strike(mine));
        } finally {
            lock.unlock();
        }
    }

    private void heal() {
        Faults faults = current;
        if (faults != null) {
            // Swallowed requests are gone only when their connection is.
            if (random.nextBoolean()) {
                faults.breakConnections();
            }
            faults.heal();
            over.run();
            current = null;
        }
    }
}
