package io.sereno.recipes.value;

import io.sereno.Versioned;
import io.sereno.properties.TakenBackBy;
import io.sereno.properties.Versions;
import io.sereno.recipes.Explorations;
import io.sereno.recipes.LyingBackend;
import io.sereno.recipes.Processes;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.EntryRemoval;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import io.sereno.simulation.SimulatedClient;
import io.sereno.simulation.World;
import io.sereno.spi.Backend;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The real map in thousands of schedules: three clients that set the values of two keys to numbers of their own and keep the whole map cached, and one
 * that deletes a key, or all, in between; under faults, which include early ends of leases, which no store may cause.
 */
class ExploredMapTest {
    private static final String DIRECTORY = "map/x";
    private static final List<String> KEYS = List.of("a", "b");
    private static final MapForm<Long> FORM = new MapForm<>(ExploredValueTest.NUMBERS);
    private static final int EACH = 5;

    @Test
    void everyChangeIsMadeOnceAndNoCacheGoesBack() {
        Explorations.holdsInDistinctSchedules(
                explorer(LyingBackend.Lie.NONE, TakenBackBy.NOTHING), 2_000, Fault.survivable());
    }

    @Test
    void noCacheGoesBackWhileValuesAreDeletedAndMadeAgain() {
        Explorations.holdsInDistinctSchedules(
                explorer(LyingBackend.Lie.NONE, TakenBackBy.DELETION).seed(2), 2_000, Fault.survivable());
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
    void aMapThatTakesUnknownForNotAppliedIsDetected() {
        Explorations.finds(explorer(LyingBackend.Lie.UNKNOWN_MEANS_NOT_APPLIED, TakenBackBy.NOTHING), 1_000);
    }

    private static Explorer explorer(LyingBackend.Lie lie, TakenBackBy taker) {
        return new Explorer("map, " + lie + ", taken back by " + taker, world -> {
            Map<String, Versions> versions = new HashMap<>();
            KEYS.forEach(key -> versions.put(key, new Versions()));
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
            Map<String, Versions.Observer> eyes = observers(versions, "the store");
            Processes.alwaysRight(world, () -> {
                Map<String, Versioned<Long>> stored = stored(world);
                see(eyes, stored);
                return KEYS.stream()
                        .map(key -> taker == TakenBackBy.DELETION
                                ? of(versions, key).wrong()
                                : of(versions, key).wrong(changes(stored, key)))
                        .flatMap(Optional::stream)
                        .findFirst();
            });
        });
    }

    private static Versions of(Map<String, Versions> versions, String key) {
        return Objects.requireNonNull(versions.get(key));
    }

    private static Map<String, Versions.Observer> observers(Map<String, Versions> versions, String name) {
        Map<String, Versions.Observer> observers = new HashMap<>();
        versions.forEach((key, ofKey) -> observers.put(key, ofKey.observer(name + " at " + key)));
        return observers;
    }

    private static void see(Map<String, Versions.Observer> observers, Map<String, Versioned<Long>> state) {
        observers.forEach((key, observer) -> observer.sees(Optional.ofNullable(state.get(key))));
    }

    private static Map<String, Versioned<Long>> stored(World world) {
        List<Entry> entries = world.observer()
                .read(new Query.All(DIRECTORY))
                .toCompletableFuture()
                .join()
                .entries();
        return FORM.decode(FORM.in(entries.stream()
                .filter(entry -> entry.name().startsWith(MapForm.PREFIX))
                .toList()));
    }

    private static long changes(Map<String, Versioned<Long>> state, String key) {
        Versioned<Long> value = state.get(key);
        return value == null ? 0 : value.change();
    }

    private static final class Writer {
        private final World world;
        private final SimulatedClient process;
        private final Client client;
        private final Scope scope;
        private final SharedMapRecipe<Long> map;
        private final Map<String, Versions> versions;
        private final Map<String, Versions.Observer> observers;
        private @Nullable ValueFeed feed;
        private int asked;
        private int ended;
        private final TakenBackBy taker;
        private boolean deleted;

        Writer(World world, SimulatedClient process, Client client, Map<String, Versions> versions, TakenBackBy taker) {
            this.taker = taker;
            this.world = world;
            this.process = process;
            this.client = client;
            this.scope = new Scope(client, "map", "x", DIRECTORY);
            this.map = new SharedMapRecipe<>(client, "x", DIRECTORY, ExploredValueTest.NUMBERS);
            this.versions = versions;
            this.observers = observers(versions, "the cache of " + process);
        }

        /** Some change the map before they follow it. */
        void begin() {
            int pause = world.random().nextInt(3) == 0 ? world.random().nextInt(10_000) : 0;
            process.stepAfter(Duration.ofMillis(pause), "follow", () -> {
                ValueFeed following = ValueFeed.of(scope, map.all());
                feed = following;
                following
                        .strand()
                        .execute(() -> following.follow(() -> cached().ifPresent(state -> see(observers, state))));
            });
            next();
        }

        /** What the cache shows; empty before the first read. */
        private Optional<Map<String, Versioned<Long>>> cached() {
            List<Entry> seen = feed == null ? null : feed.seen();
            return seen == null ? Optional.empty() : Optional.of(FORM.decode(FORM.in(seen)));
        }

        void next() {
            if (asked++ == EACH) {
                return;
            }
            String key = KEYS.get(world.random().nextInt(KEYS.size()));
            Versions ofKey = of(versions, key);
            long number = ofKey.next();
            long before = changes(stored(world), key);
            world.note(() -> process + " sets " + key + " to " + number);
            var unused = map.at(key).setAsync(number).whenComplete((set, failure) -> {
                world.note(() -> process + " was notified of " + key + " to " + number + ": "
                        + (failure == null ? "set" : failure));
                ended++;
                ofKey.ended(number, failure);
                if (failure == null && taker == TakenBackBy.NOTHING && feed != null && feed.isCurrent()) {
                    long shown = changes(cached().orElseThrow(), key);
                    if (shown <= before) {
                        world.failed(
                                process + " has made change " + (before + 1) + " of " + key + " or a later one, and its"
                                        + " current cache shows change " + shown,
                                null);
                    }
                }
            });
            int pause = world.random().nextInt(4) == 0 ? 20_000 : 50;
            process.stepAfter(Duration.ofMillis(world.random().nextInt(pause)), "next", this::next);
        }

        void delete() {
            CompletableFuture<Void> removal = (world.random().nextBoolean()
                            ? EntryRemoval.ofAll(client.kernel(), scope, "delete", DIRECTORY, MapForm.PREFIX)
                            : EntryRemoval.of(client.kernel(), scope, "delete", scope.one(MapForm.PREFIX + "a")))
                    .start();
            var unused = removal.whenComplete((done, failure) -> deleted = true);
        }

        boolean isUpToDate(World of) {
            return feed != null && feed.isCurrent() && cached().equals(Optional.of(stored(of)));
        }
    }
}
