package io.sereno.examples.guides;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.simulation.Exploration;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An algorithm of our own over the SPI, in thousands of schedules. */
class AdderTest {
    /** Adds one to an entry, if nobody has changed it since it was read. */
    static class Adder {
        static final String DIRECTORY = "numbers";
        static final String NAME = "n";

        private final SimulatedClient client;
        private boolean ended;
        private boolean acknowledged;

        Adder(SimulatedClient client) {
            this.client = client;
        }

        void addOne() {
            client.backend()
                    .read(new Query.One(DIRECTORY, NAME))
                    .thenCompose(found -> client.backend().commit(raise(found)))
                    .whenComplete((result, failure) -> {
                        if (result instanceof CommitResult.Conflict) {
                            addOne();
                        } else {
                            ended = true;
                            acknowledged = result instanceof CommitResult.Committed;
                        }
                    });
        }

        Commit raise(Snapshot found) {
            Bytes next = Bytes.utf8(String.valueOf(number(found) + 1));
            Commit.Builder commit = Commit.to(DIRECTORY).put(NAME, next);
            List<Entry> entries = found.entries();
            return (entries.isEmpty()
                            ? commit.ifAbsent(NAME)
                            : commit.ifModRevision(NAME, entries.get(0).modRevision()))
                    .build();
        }

        static int number(Snapshot found) {
            return found.entries().stream()
                    .mapToInt(entry -> Integer.parseInt(entry.value().toUtf8()))
                    .sum();
        }

        static long acknowledged(List<Adder> adders) {
            return adders.stream().filter(adder -> adder.acknowledged).count();
        }

        static int stored(World world) {
            return number(world.observer()
                    .read(new Query.One(DIRECTORY, NAME))
                    .toCompletableFuture()
                    .join());
        }
    }

    /** A bug: it overwrites what others have added. */
    private static final class CarelessAdder extends Adder {
        CarelessAdder(SimulatedClient client) {
            super(client);
        }

        @Override
        Commit raise(Snapshot found) {
            return Commit.to(DIRECTORY)
                    .put(NAME, Bytes.utf8(String.valueOf(number(found) + 1)))
                    .build();
        }
    }

    static void threeAdders(World world) {
        List<Adder> adders = new ArrayList<>();
        for (SimulatedClient client : world.clients()) {
            Adder adder = new Adder(client);
            adders.add(adder);
            client.step("add one", adder::addOne);
            client.eventually("knows how it ended", () -> adder.ended);
        }
        world.always("acknowledged additions are stored", () -> Adder.stored(world) >= Adder.acknowledged(adders));
    }

    @Test
    void eachAcknowledgedAdditionIsStored() {
        Exploration found = new Explorer("adding one", AdderTest::threeAdders).run();

        assertThat(found.failure()).isEmpty();
    }

    @Test
    void theSearchInjectsFaultsAndFindsABug() {
        assertThat(new Explorer("adding one", AdderTest::threeAdders).run().faults())
                .isNotEmpty();
        Exploration found = new Explorer("adding without a condition", world -> {
                    List<Adder> adders = new ArrayList<>();
                    for (SimulatedClient client : world.clients()) {
                        Adder adder = new CarelessAdder(client);
                        adders.add(adder);
                        client.step("add one", adder::addOne);
                    }
                    world.always("each is stored", () -> Adder.stored(world) >= Adder.acknowledged(adders));
                })
                .run();
        assertThat(found.failure()).isPresent();
    }
}
