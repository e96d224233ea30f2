package io.sereno.examples.guides;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import io.sereno.shedlock.SerenoLockProvider;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import net.javacrumbs.shedlock.core.DefaultLockingTaskExecutor;
import net.javacrumbs.shedlock.core.LockConfiguration;
import org.junit.jupiter.api.Test;

/** The code of docs/guides/from-shedlock.md that keeps ShedLock. */
class ShedLockTest {
    static SerenoLockProvider lockProvider(String uri) {
        return SerenoLockProvider.connect(Sereno.builder().uri(uri));
    }

    @Test
    void aTaskOfShedLockRunsOnceInItsPeriod() {
        LockConfiguration cleanup =
                new LockConfiguration(Instant.now(), "cleanup", Duration.ofHours(1), Duration.ofMinutes(5));
        List<String> runs = new ArrayList<>();
        try (SerenoLockProvider two = lockProvider("memory:/shedlock")) {
            try (SerenoLockProvider one = lockProvider("memory:/shedlock")) {
                new DefaultLockingTaskExecutor(one).executeWithLock((Runnable) () -> runs.add("one"), cleanup);
            }
            new DefaultLockingTaskExecutor(two).executeWithLock((Runnable) () -> runs.add("two"), cleanup);
        }
        assertThat(runs).containsExactly("one");
    }
}
