package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RunningTest {
    @TempDir
    Path folder;

    /** A build with many jobs starts processes all the time. One that is started between the search and the kill would live on. */
    @Test
    void killsAllThatACommandIsStarting() throws Exception {
        // No other process has this argument.
        String time = Long.toString(100_000_000 + System.nanoTime() % 100_000_000);
        Path started = folder.resolve("started");
        Process shell = new ProcessBuilder(
                        "sh",
                        "-c",
                        "i=0; while [ $i -lt 1000 ]; do sleep $1 & i=$((i + 1)); [ $i != 30 ] || : > \"$0\"; done; wait",
                        started.toString(),
                        time)
                .start();
        while (!Files.exists(started)) {
            assertThat(shell.waitFor(1, TimeUnit.MILLISECONDS)).isFalse();
        }

        new Running(shell, false).kill();

        assertThat(shell.isAlive()).isFalse();
        List<ProcessHandle> left = sleeping(time);
        for (ProcessHandle process : left) {
            process.onExit()
                    .orTimeout(5, TimeUnit.SECONDS)
                    .exceptionally(tooLate -> process)
                    .join();
        }
        List<ProcessHandle> alive = left.stream().filter(ProcessHandle::isAlive).toList();
        alive.forEach(ProcessHandle::destroyForcibly);
        assertThat(alive).isEmpty();
    }

    /** A shell dies at once, and leaves the program that it waits for. */
    @Test
    void whatACommandLeavesAfterASignalIsDeadWhenItsRightGoes() throws Exception {
        String time = Long.toString(100_000_000 + System.nanoTime() % 100_000_000);
        Process shell = new ProcessBuilder("sh", "-c", "sh -c 'sleep $0 & sleep $0; true' $0; true", time).start();
        while (sleeping(time).size() < 2) {
            assertThat(shell.waitFor(1, TimeUnit.MILLISECONDS)).isFalse();
        }
        Running running = new Running(shell, false);

        running.forward("TERM");
        assertThat(shell.waitFor()).isEqualTo(143);
        List<ProcessHandle> left = sleeping(time);
        running.killRest();

        List<ProcessHandle> alive = sleeping(time);
        alive.forEach(ProcessHandle::destroyForcibly);
        assertThat(left).hasSize(2);
        assertThat(alive).isEmpty();
    }

    /** Such processes go on without a right, as the guide says. */
    @Test
    void whatACommandLeavesWithoutASignalLivesOn() throws Exception {
        String time = Long.toString(100_000_000 + System.nanoTime() % 100_000_000);
        Process shell = new ProcessBuilder("sh", "-c", "sleep $0 > /dev/null 2>&1 &", time).start();
        assertThat(shell.waitFor()).isZero();
        new Running(shell, false).killRest();
        List<ProcessHandle> alive = sleeping(time);
        alive.forEach(ProcessHandle::destroyForcibly);
        assertThat(alive).hasSize(1);
    }

    private static List<ProcessHandle> sleeping(String time) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").endsWith("sleep " + time))
                .toList();
    }
}
