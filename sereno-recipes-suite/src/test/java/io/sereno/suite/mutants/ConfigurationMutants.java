package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;

/** Configurations that are ignored, and guarantees that are not true. */
final class ConfigurationMutants {
    private ConfigurationMutants() {}

    static List<Mutant> all() {
        return List.of(
                Mutant.connected(
                        "CFG-1",
                        "unknown parameters are ignored",
                        (world, config) -> new PlainClient(world.store(config), LifeMutants.without(config))),
                Mutant.connected("CFG-1", "an unknown parameter is refused without its name", (world, config) -> {
                    if (!config.parameters().isEmpty()) {
                        throw new IllegalArgumentException("bad configuration");
                    }
                    return new PlainClient(world.store(config), config);
                }),
                Mutant.connected(
                        "CFG-2", "time comes from the system clock", (world, config) -> new ByTheSystem(world, config)),
                Mutant.connected("CFG-2", "the time is asked for once, when a client is opened", (world, config) -> {
                    config.time().nanoTime();
                    return new ByTheSystem(world, config);
                }),
                Mutant.connected(
                        "CFG-3",
                        "listeners run on a thread of the backend",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            PlainWatch open(Target target, WatchListener listener) {
                                return new PlainWatch(store, target, listener, Runnable::run);
                            }
                        }),
                Mutant.connected(
                        "CFG-3",
                        "close() shuts down the executor that it was given",
                        (world, config) -> new PlainClient(world.store(config), config) {
                            @Override
                            public void close() {
                                super.close();
                                if (config.executor() instanceof ExecutorService service) {
                                    service.shutdown();
                                }
                            }
                        }),
                Mutant.library(
                        "CFG-4",
                        "guarantees are read from the server at each call",
                        (world, network, executor) -> new Wrapper(network) {
                            @Override
                            public Guarantees guarantees() {
                                var unused = super.read(new Query.All("version"))
                                        .handle((read, failure) -> true)
                                        .toCompletableFuture()
                                        .join();
                                return super.guarantees();
                            }
                        }),
                Mutant.client(
                        "CFG-4", "guarantees change while the client lives", (world, below) -> new Wrapper(below) {
                            private int asked;

                            @Override
                            public Guarantees guarantees() {
                                Guarantees told = super.guarantees();
                                return ++asked < 3
                                        ? told
                                        : told.toBuilder()
                                                .recovery(Duration.ofSeconds(asked))
                                                .build();
                            }
                        }));
    }

    /** Uses another clock for its deadlines. */
    private static final class ByTheSystem extends PlainClient {
        ByTheSystem(World world, BackendConfig config) {
            super(world.store(config), config);
        }

        @Override
        <T> CompletionStage<T> call(Supplier<T> request) {
            try {
                return completedFuture(store.step(request));
            } catch (BackendException refused) {
                return failedFuture(refused);
            }
        }
    }
}
