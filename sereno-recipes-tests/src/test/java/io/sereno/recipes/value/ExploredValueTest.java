package io.sereno.recipes.value;

import io.sereno.Codec;
import io.sereno.Versioned;
import io.sereno.properties.TakenBackBy;
import io.sereno.properties.Versions;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.HeadRemoval;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Backend;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real value in thousands of schedules: three clients that set numbers of their own and keep the value cached, and one that deletes in
 * between; under faults, which include early ends of leases, which no store may cause.
 */
class ExploredValueTest {
    static final Codec<Long> NUMBERS = Codec.of(
            number -> Codec.utf8().encode(Long.toString(number)),
            octets -> Long.valueOf(Codec.utf8().decode(octets)));

    private static final String DIRECTORY = "value/x";
    private static final int EACH = 5;

    @Test
    void everyChangeIsMadeOnceAndNoCacheGoesBack() {
        Explorations.holdsInDistinctSchedules(
                explorer(LyingBackend.Lie.NONE, TakenBackBy.NOTHING), 2_000, Fault.survivable());
    }

    @Test
    void noCacheGoesBackWhileTheValueIsDeletedAndMadeAgain() {
        Explorations.holdsInDistinctSchedules(
                explorer(LyingBackend.Lie.NONE, TakenBackBy.DELETION).seed(2), 2_000, Set.of());
    }

    @Test
    void changesAreMadeOnceWhereLeasesEndTooEarly() {
        Set<Fault> faults = Explorations.survivableAnd(Fault.END_LEASE, Fault.CRASH);
        Explorations.holds(
                explorer(LyingBackend.Lie.NONE, TakenBackBy.NOTHING).seed(3).faults(6, faults),
                1_000,
                Set.of(Fault.END_LEASE, Fault.CRASH));
    }

    /** Then only two things are required: every call ends, and all clients agree in the end. */
    @ParameterizedTest
    @EnumSource(names = {"ROLL_BACK", "RESTORE"})
    void noCallHangsAndEachCacheFollowsWhereTheStoreGoesBack(Fault loss) {
        Explorations.holdsWhereTheStoreGoesBack(explorer(LyingBackend.Lie.NONE, TakenBackBy.STORE), 600, loss);
    }

    @Test
    void aValueThatTakesUnknownForNotAppliedIsDetected() {
        Explorations.finds(explorer(LyingBackend.Lie.UNKNOWN_MEANS_NOT_APPLIED, TakenBackBy.NOTHING), 1_000);
    }

    private static Explorer explorer(LyingBackend.Lie lie, TakenBackBy taker) {
        return new Explorer("value, " + lie + ", taken back by " + taker, world -> {
            Versions versions = new Versions();
            for (SimulatedClient process : world.clients()) {
                Backend backend = new LyingBackend(process.backend(), lie);
                Client client = Processes.client(process, backend);
                process.step("connect", client::open);
                Writer writer = new Writer(world, process, client, versions, taker);
                process.step("begin", writer::begin);
                process.eventually("has made all its changes", () -> writer.ended == EACH);
                process.eventually("shows the last state, and is current", () -> writer.isUpToDate(world));
                if (taker == TakenBackBy.DELETION && process.name().equals("client-1")) {
                    process.stepAfter(Duration.ofMillis(world.random().nextInt(10_000)), "delete", writer::delete);
                    process.eventually("has seen the end of its deletion", () -> writer.deleted);
                }
            }
            if (taker == TakenBackBy.STORE) {
                return;
            }
            Versions.Observer eye = versions.observer("the store");
            Processes.alwaysRight(world, () -> {
                Optional<Versioned<Long>> stored = stored(world);
                eye.sees(stored);
                return taker == TakenBackBy.DELETION ? versions.wrong() : versions.wrong(changes(stored));
            });
        });
    }

    private static Optional<Versioned<Long>> stored(World world) {
        return ValueVersion.in(world.observer()
                        .read(new Query.One(DIRECTORY, SharedValueRecipe.VALUE))
                        .toCompletableFuture()
                        .join()
                        .entries())
                .decode(NUMBERS);
    }

    private static long changes(Optional<Versioned<Long>> state) {
        return state.map(Versioned::change).orElse(0L);
    }

    private static final class Writer {
        private final World world;
        private final SimulatedClient process;
        private final Client client;
        private final Scope scope;
        private final SharedValueRecipe<Long> value;
        private final Versions versions;
        private final Versions.Observer observer;
        private @Nullable ValueFeed feed;
        private int asked;
        private int ended;
        private final TakenBackBy taker;
        private boolean deleted;

        Writer(World world, SimulatedClient process, Client client, Versions versions, TakenBackBy taker) {
            this.taker = taker;
            this.world = world;
            this.process = process;
            this.client = client;
            this.scope = new Scope(client, "value", "x", DIRECTORY);
            this.value = new SharedValueRecipe<>(client, "x", DIRECTORY, NUMBERS);
            this.versions = versions;
            this.observer = versions.observer("the cache of " + process);
        }

        /** Some set the value before they follow it. */
        void begin() {
            int pause = world.random().nextInt(3) == 0 ? world.random().nextInt(10_000) : 0;
            process.stepAfter(Duration.ofMillis(pause), "follow", () -> {
                ValueFeed following = ValueFeed.of(scope, scope.one(SharedValueRecipe.VALUE));
                feed = following;
                following.strand().execute(() -> following.follow(() -> cached().ifPresent(observer::sees)));
            });
            next();
        }

        /** What the cache shows; empty before the first read. */
        private Optional<Optional<Versioned<Long>>> cached() {
            List<Entry> seen = feed == null ? null : feed.seen();
            return seen == null
                    ? Optional.empty()
                    : Optional.of(ValueVersion.in(seen).decode(NUMBERS));
        }

        void next() {
            if (asked++ == EACH) {
                return;
            }
            long number = versions.next();
            long before = changes(stored(world));
            world.note(() -> process + " sets " + number);
            var unused = value.setAsync(number).whenComplete((set, failure) -> {
                world.note(() -> process + " was notified of " + number + ": " + (failure == null ? "set" : failure));
                ended++;
                versions.ended(number, failure);
                if (failure == null && taker == TakenBackBy.NOTHING && feed != null && feed.isCurrent()) {
                    long shown = changes(cached().orElseThrow());
                    if (shown <= before) {
                        world.failed(
                                process + " has set change " + (before + 1) + " or a later one, and its current cache"
                                        + " shows change " + shown,
                                null);
                    }
                }
            });
            int pause = world.random().nextInt(4) == 0 ? 20_000 : 50;
            process.stepAfter(Duration.ofMillis(world.random().nextInt(pause)), "next", this::next);
        }

        void delete() {
            CompletableFuture<Void> removal =
                    new HeadRemoval(client.kernel(), scope, "delete", DIRECTORY, SharedValueRecipe.VALUE).start();
            var unused = removal.whenComplete((done, failure) -> deleted = true);
        }

        boolean isUpToDate(World of) {
            return feed != null && feed.isCurrent() && cached().equals(Optional.of(stored(of)));
        }
    }
}
