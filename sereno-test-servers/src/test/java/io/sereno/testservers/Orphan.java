package io.sereno.testservers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process that has lost its parent. Process 1 collects it, which takes long in some containers, so a zombie counts as
 * ended.
 */
record Orphan(long pid) {
    private static final Duration SOON = Duration.ofSeconds(10);

    void awaitEnd() throws InterruptedException, ExecutionException, TimeoutException {
        Optional<ProcessHandle> process = ProcessHandle.of(pid);
        long deadline = System.nanoTime() + SOON.toNanos();
        while (process.isPresent() && !isZombie()) {
            try {
                process.get().onExit().get(50, TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
        }
    }

    private boolean isZombie() {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            return stat.charAt(stat.lastIndexOf(')') + 2) == 'Z';
        } catch (IOException e) {
            return false; // there is no /proc, or it is gone: then the process says so itself
        }
    }
}
