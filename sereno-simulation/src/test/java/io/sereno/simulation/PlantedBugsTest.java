package io.sereno.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.simulation.TextbookLock.Bug;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whether the explorer finds known bugs of a lock, and none in the correct lock. */
class PlantedBugsTest {
    private static final String EXCLUSION = "at most one holds the lock";

    @Test
    void aCorrectLockPassesFiveThousandSchedules() {
        Exploration found = explorer(EnumSet.noneOf(Bug.class)).schedules(5_000).run();
        System.out.println(found);
        assertThat(found.failure()).isEmpty();
        assertThat(found.distinct()).isGreaterThan(4_990);
        assertThat(found.faults()).containsOnlyKeys(Fault.survivable());
    }

    @Test
    void aCorrectLockSurvivesClientsThatCrash() {
        Set<Fault> faults = EnumSet.copyOf(Fault.survivable());
        faults.add(Fault.CRASH);
        Exploration found = explorer(EnumSet.noneOf(Bug.class))
                .faults(6, faults)
                .schedules(1_000)
                .run();
        System.out.println(found);
        assertThat(found.failure()).isEmpty();
        assertThat(found.faults()).containsKey(Fault.CRASH);
    }

    @ParameterizedTest
    @EnumSource(Bug.class)
    void aPlantedBugIsFoundWithinAThousandSchedules(Bug bug) {
        Exploration found = explorer(EnumSet.of(bug)).schedules(1_000).run();
        System.out.println(found);
        assertThat(found.failure()).isPresent();
        assertThat(found.failure().orElseThrow().what()).contains(EXCLUSION);
    }

    @Test
    void noLockExcludesOthersWhenTheStoreEndsItsLeaseEarly() {
        Exploration found = explorer(EnumSet.noneOf(Bug.class))
                .faults(3, EnumSet.of(Fault.END_LEASE))
                .schedules(1_000)
                .run();
        System.out.println(found);
        assertThat(found.failure()).isPresent();
        assertThat(found.failure().orElseThrow().what()).contains(EXCLUSION);
    }

    private static Explorer explorer(Set<Bug> bugs) {
        return new Explorer("textbook lock " + bugs, world -> {
            List<Rounds> all = world.clients().stream()
                    .map(client -> new Rounds(world, client, new TextbookLock(client, bugs)))
                    .toList();
            for (Rounds rounds : all) {
                rounds.client.step("begin", rounds::next);
                rounds.client.eventually("has had the lock three times", () -> rounds.left == 0);
            }
            world.always(EXCLUSION, () -> {
                int holders = 0;
                for (int i = 0; i < all.size(); i++) {
                    holders += all.get(i).holds() ? 1 : 0;
                }
                return holders <= 1;
            });
            world.eventually(
                    "the queue is empty",
                    () -> TextbookLock.queue(world.observer()).isEmpty());
        });
    }

    /** A client that takes the lock three times, for up to two seconds each. */
    private static final class Rounds {
        private final World world;
        private final SimulatedClient client;
        private final TextbookLock lock;
        private int left = 3;

        Rounds(World world, SimulatedClient client, TextbookLock lock) {
            this.world = world;
            this.client = client;
            this.lock = lock;
        }

        boolean holds() {
            return lock.isHeld() && !client.hasCrashed();
        }

        void next() {
            lock.acquire(() -> {
                world.note(() -> client + (lock.isHeld() ? " holds the lock" : " was granted the lock too late"));
                client.stepAfter(Duration.ofMillis(world.random().nextInt(2_000)), "release", this::release);
            });
        }

        private void release() {
            lock.release(() -> {
                if (--left > 0) {
                    next();
                }
            });
        }
    }
}
