package io.sereno.tck.spi;

import io.sereno.spi.Backend;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Faulty;
import io.sereno.tck.run.Notices;
import io.sereno.tck.run.RuleFailure;
import io.sereno.tck.time.CountingTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Configuration and guarantees. */
public class ConfigurationRules {
    @Rule(value = "CFG-1", check = "that the provider goes through config.parameters() before it does anything else")
    void anUnknownParameterIsRefusedByName(Bench bench) {
        Map<String, String> parameters = new HashMap<>(bench.kit().fixture().parameters());
        parameters.put("no-such-parameter", "7");
        long from = bench.now();
        try (Backend opened = bench.connect(config -> config.withParameters(parameters))) {
            throw new RuleFailure("an unknown parameter, no-such-parameter, was accepted by " + opened);
        } catch (IllegalArgumentException refused) {
            bench.verify(
                    String.valueOf(refused.getMessage()).contains("no-such-parameter"),
                    () -> "the refusal does not name the parameter: " + refused.getMessage());
        } catch (RuntimeException other) {
            throw new RuleFailure(
                    "an unknown parameter was refused with " + other + "; an IllegalArgumentException is expected",
                    other);
        }
        bench.within(Duration.ofSeconds(1), from, "the refusal of an unknown parameter");
    }

    @Rule(value = "CFG-2", check = "System.nanoTime, Thread.sleep, timers and executors of the client library")
    void timeComesFromTheConfiguration(Bench bench) {
        CountingTime time = new CountingTime(bench.time());
        Client client = bench.client(config -> config.withTime(time));
        long opened = time.asked();
        Lease lease = client.grant(bench.longTtl());
        client.put("d", "a", "1", lease);
        client.renew(lease);
        client.revoke(lease);
        bench.verify(
                time.asked() > opened,
                () ->
                        "a lease was granted, used, renewed and revoked, and the TimeSource was not asked since the client was opened; operations have to end by"
                                + " their timeout on it");
    }

    @Rule(
            value = "CFG-3",
            check =
                    "on which threads listeners run, and whether an executor that was passed in is shut down with the client")
    void listenersRunOnTheExecutorGiven(Bench bench) {
        AtomicInteger handed = new AtomicInteger();
        Set<Thread> own = ConcurrentHashMap.newKeySet();
        Executor crew = bench.kit().crew();
        Executor counting = task -> {
            handed.incrementAndGet();
            crew.execute(() -> {
                own.add(Thread.currentThread());
                try {
                    task.run();
                } finally {
                    own.remove(Thread.currentThread());
                }
            });
        };
        Client client = bench.client(config -> config.withExecutor(counting));
        AtomicInteger outside = new AtomicInteger();
        Notices received = new Notices(bench, "the listener");
        client.watch(new Target("d", Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                if (!own.contains(Thread.currentThread())) {
                    outside.incrementAndGet();
                }
                received.changed(name, revision);
            }

            @Override
            public void reset() {
                changed(Notices.RESET, 0);
            }
        });
        Client writer = bench.client();
        for (int i = 0; i < 5; i++) {
            int before = received.count();
            writer.put("d", "a", "" + i);
            received.awaitAnnounced("a", before);
        }
        bench.same("the number of notices outside the executor of the configuration", 0, outside.get());
        bench.verify(handed.get() > 0, () -> "nothing was handed to the executor of the configuration");

        Given service = new Given(crew);
        Client closed = bench.client(config -> config.withExecutor(service));
        closed.watch("d");
        closed.close();
        bench.same("whether close() shut down the executor that it was given", false, service.isShutdown());
    }

    /** An executor that can be shut down. Its threads are the kit's, so the kit knows when they are busy. */
    private static final class Given extends AbstractExecutorService {
        private final Executor threads;
        private volatile boolean shutDown;

        Given(Executor threads) {
            this.threads = threads;
        }

        @Override
        public void execute(Runnable task) {
            threads.execute(task);
        }

        @Override
        public void shutdown() {
            shutDown = true;
        }

        @Override
        public List<Runnable> shutdownNow() {
            shutDown = true;
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return shutDown;
        }

        @Override
        public boolean isTerminated() {
            return shutDown;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return shutDown;
        }
    }

    @Rule(value = "CFG-4", check = "that guarantees() returns the values that were found when the backend was opened")
    void guaranteesDoNotChange(Bench bench) {
        Client client = bench.client();
        Guarantees first = client.guarantees();
        client.put("d", "a", "1");
        client.revoke(client.grant(bench.longTtl()));
        bench.same("guarantees() after some use", first, client.guarantees());
        bench.same("guarantees() of another client", first, bench.client().guarantees());
        client.close();
        long from = bench.now();
        bench.same("guarantees() after close, where there is no I/O", first, client.guarantees());
        bench.within(Duration.ofMillis(250), from, "guarantees() after close");
        bench.verify(!first.backend().isBlank(), () -> "guarantees() does not say what kind of store it is");
    }

    @Rule(value = "CFG-4", waits = true, check = "that guarantees() returns known values without any request")
    void guaranteesSendNoRequest(Bench bench) {
        Faulty faulty = bench.faulty();
        Guarantees first = faulty.client().guarantees();
        faulty.faults().cutOff();
        for (int i = 0; i < 3; i++) {
            long from = bench.now();
            CompletableFuture<Guarantees> reported =
                    bench.async(() -> bench.kit().crew().waiting(faulty.client()::guarantees));
            bench.verify(
                    bench.reach(reported::isDone, bench.patience()),
                    () -> "guarantees() does not return while the store does not answer");
            bench.within(Duration.ofMillis(250), from, "guarantees() while the store does not answer");
            bench.same("guarantees() while the store does not answer", first, reported.join());
        }
    }
}
