package io.sereno.backend.etcd;

import io.sereno.Counter;
import io.sereno.Grant;
import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Mutex;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * An application in a JVM of its own, until its standard input ends: it takes a lock, stands in an election, and counts, over and
 * over. Each line that it prints is a fact:
 *
 * <ul>
 *   <li>{@code lock TOKEN TIME}, {@code lead TOKEN TIME}: it believed in this grant at that time or later, by the clock that all
 *       processes of the machine share;
 *   <li>{@code counted VALUE}, {@code unknown 0}, {@code refused 0}: how an addition ended;
 *   <li>{@code session STATE}.
 * </ul>
 */
final class Actor {
    private static final Duration HOLD = Duration.ofMillis(30);

    private final Sereno sereno;
    private volatile boolean stop;

    private Actor(Sereno sereno) {
        this.sereno = sereno;
    }

    /** The one argument is the URI of the store. */
    public static void main(String[] arguments) throws Exception {
        try (Sereno sereno = Sereno.connect(arguments[0])) {
            sereno.onSessionState(state -> say("session " + state));
            new Actor(sereno).act();
        }
    }

    private void act() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(3);
        List<Future<?>> running = List.of(
                threads.submit((Callable<Void>) this::lock),
                threads.submit((Callable<Void>) this::lead),
                threads.submit((Callable<Void>) this::count));
        awaitEndOfInput();
        stop = true;
        for (Future<?> each : running) {
            each.get();
        }
        threads.shutdown();
    }

    private static void awaitEndOfInput() throws IOException {
        System.in.transferTo(OutputStream.nullOutputStream());
    }

    private @Nullable Void lock() throws InterruptedException {
        Mutex mutex = sereno.mutex("resource");
        while (!stop) {
            try (Grant grant = mutex.acquire()) {
                believe("lock", grant);
            }
        }
        return null;
    }

    private @Nullable Void lead() throws InterruptedException {
        LeaderElection election = sereno.election("leader").start();
        while (!stop) {
            Optional<Leadership> led = await(election);
            if (led.isPresent()) {
                believe("lead", led.get());
                election.resign();
            }
        }
        election.close();
        return null;
    }

    private static Optional<Leadership> await(LeaderElection election) throws InterruptedException {
        try {
            return election.awaitLeadership(Duration.ofMillis(200));
        } catch (NotAppliedException outOfReach) {
            return Optional.empty();
        }
    }

    /**
     * Reports while it holds, for a while at most. The time is read first, so the report was true later than that.
     */
    private static void believe(String what, Grant grant) {
        long since = System.nanoTime();
        long now = since;
        while (now - since < HOLD.toNanos() && grant.isHeld()) {
            say(what + " " + grant.fencingToken() + " " + now);
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
            now = System.nanoTime();
        }
    }

    private @Nullable Void count() {
        Counter counter = sereno.counter("orders");
        while (!stop) {
            try {
                say("counted " + counter.incrementAndGet());
            } catch (OutcomeUnknownException e) {
                say("unknown 0");
            } catch (NotAppliedException e) {
                say("refused 0");
            }
        }
        return null;
    }

    /** Whole lines only, whatever kills this process. */
    private static synchronized void say(String line) {
        System.out.print(line + "\n");
        System.out.flush();
    }
}
