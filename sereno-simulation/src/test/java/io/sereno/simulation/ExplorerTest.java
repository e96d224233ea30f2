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

class ExplorerTest {
    @Test
    void aCorrectLockPassesFiveThousandSchedules() {
        Exploration found = explorer(EnumSet.noneOf(Bug.class)).schedules(5_000).run();
        System.out.println(found);
        assertThat(found.failure()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Bug.class)
    void aPlantedBugIsFoundWithinAThousandSchedules(Bug bug) {
        Exploration found = explorer(EnumSet.of(bug)).schedules(1_000).run();
        System.out.println(found);
        assertThat(found.failure()).isPresent();
    }

    private static Explorer explorer(Set<Bug> bugs) {
        return new Explorer("textbook lock " + bugs, world -> lockThreeTimesEach(world, bugs));
    }

    private static void lockThreeTimesEach(World world, Set<Bug> bugs) {
        List<TextbookLock> locks = world.clients().stream()
                .map(client -> new TextbookLock(client, bugs))
                .toList();
        long[] lastToken = {0};
        for (int i = 0; i < locks.size(); i++) {
            SimulatedClient client = world.clients().get(i);
            TextbookLock lock = locks.get(i);
            Rounds rounds = new Rounds(world, client, lock, lastToken);
            client.step("begin", rounds::next);
            client.eventually("has had the lock three times", () -> rounds.left == 0 && !lock.isHeld());
        }
        world.always(
                "at most one holds the lock",
                () -> locks.stream().filter(TextbookLock::isHeld).count() <= 1);
        world.eventually(
                "nobody is left in the queue",
                () -> TextbookLock.queue(world.observer()).isEmpty());
    }

    private static final class Rounds {
        private final World world;
        private final SimulatedClient client;
        private final TextbookLock lock;
        private final long[] lastToken;
        private int left = 3;

        Rounds(World world, SimulatedClient client, TextbookLock lock, long[] lastToken) {
            this.world = world;
            this.client = client;
            this.lock = lock;
            this.lastToken = lastToken;
        }

        void next() {
            lock.acquire(() -> {
                if (lock.isHeld()) {
                    assertThat(lock.token()).isGreaterThan(lastToken[0]);
                    lastToken[0] = lock.token();
                    world.note(() -> client + " holds the lock, token " + lock.token());
                }
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
