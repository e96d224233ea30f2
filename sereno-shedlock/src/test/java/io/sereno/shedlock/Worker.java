package io.sereno.shedlock;

import io.sereno.Sereno;
import java.time.Duration;
import java.time.Instant;
import net.javacrumbs.shedlock.core.LockConfiguration;

/** A process that takes a lock at the store that its argument names, and waits to be killed. */
final class Worker {
    static final Duration AT_LEAST = Duration.ofSeconds(12);

    private Worker() {}

    static LockConfiguration task(Duration atLeast) {
        return new LockConfiguration(Instant.now(), "cleanup", Duration.ofHours(1), atLeast);
    }

    public static void main(String[] arguments) throws Exception {
        SerenoLockProvider provider =
                SerenoLockProvider.connect(Sereno.builder().uri(arguments[0]).sessionTtl(Duration.ofSeconds(2)));
        var unused = provider.lock(task(AT_LEAST)).orElseThrow();
        System.out.println("locked");
        Thread.currentThread().join();
    }
}
