package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;

/** Configurations that are ignored, and guarantees that are not true. */
final class ConfigurationMutants {
    private ConfigurationMutants() {}

    static void addTo(Mutants all) {
        all.connected("CFG-1", "unknown parameters are ignored")
                .by((world, config) -> new PlainClient(world.store(config), LifeMutants.without(config)));
        all.connected("CFG-1", "an unknown parameter is refused without its name")
                .by((world, config) -> {
                    if (!config.parameters().isEmpty()) {
                        throw new IllegalArgumentException("bad configuration");
                    }
                    return new PlainClient(world.store(config), config);
                });
        all.connected("CFG-2", "time comes from the system clock")
                .by((world, config) -> new ByTheSystem(world, config));
        all.connected("CFG-2", "the time is asked for once, when a client is opened")
                .by((world, config) -> {
                    config.time().nanoTime();
                    return new ByTheSystem(world, config);
                });
        all.connected("CFG-3", "listeners run on a thread of the backend")
                .with(client -> client.open =
                        (target, listener) -> new PlainWatch(client.store, target, listener, Runnable::run));
        all.connected("CFG-3", "close() shuts down the executor that it was given")
                .by((world, config) -> new PlainClient(world.store(config), config) {
                    @Override
                    public void close() {
                        super.close();
                        if (config.executor() instanceof ExecutorService service) {
                            service.shutdown();
                        }
                    }
                });
        all.library("CFG-4", "guarantees are read from the server at each call")
                .with((world, below) -> new Hooks(below).guarantees(() -> {
                    var unused = below.read(new Query.All("version"))
                            .handle((read, failure) -> true)
                            .toCompletableFuture()
                            .join();
                    return below.guarantees();
                }));
        all.client("CFG-4", "guarantees change while the client lives").with((world, below) -> {
            int[] asked = {0};
            return new Hooks(below)
                    .guarantees(() -> ++asked[0] < 3
                            ? below.guarantees()
                            : below.guarantees().toBuilder()
                                    .recovery(Duration.ofSeconds(asked[0]))
                                    .build());
        });
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
