package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisedProcessTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    @Test
    void itsEndAndItsStatusAreSeen() throws Exception {
        SupervisedProcess process = start("echo said; echo complained >&2; exit 7");

        assertThat(process.endsWithin(SOON)).isTrue();
        assertThat(process.isAlive()).isFalse();
        assertThat(process.exitStatus()).isEqualTo(7);
        assertThat(log()).isEqualTo("said\ncomplained\n");
        assertThat(process.pause()).isFalse();
        assertThat(process.resume()).isFalse();
        process.kill();
    }

    @Test
    void aProcessStopsAndContinues() throws Exception {
        SupervisedProcess process = start("while :; do echo tick; sleep 0.01; done");
        try {
            assertThat(process.pause()).isTrue();
            long written = Files.size(folder.resolve("log"));
            assertThat(process.endsWithin(Duration.ofMillis(200))).isFalse();
            // The shell that writes is stopped; at most its unfinished write came after the pause.
            assertThat(Files.size(folder.resolve("log"))).isEqualTo(written);

            assertThat(process.resume()).isTrue();
            while (Files.size(folder.resolve("log")) == written) {
                assertThat(process.endsWithin(Duration.ofMillis(5))).isFalse();
            }
        } finally {
            process.kill();
        }
    }

    @Test
    void aStoppedProcessIsKilled() throws Exception {
        SupervisedProcess process = start("exec sleep 1000");
        process.pause();

        process.kill();
        assertThat(isGone(process.pid())).isTrue();
        process.kill();
    }

    @Test
    void aProcessThatRefusesToEndIsKilled() throws Exception {
        SupervisedProcess process = start("trap '' TERM INT HUP; while :; do sleep 1; done");

        process.kill();
        assertThat(isGone(process.pid())).isTrue();
    }

    @Test
    void theTerminalsSignalsDoNotEndItsSupervisor() throws Exception {
        SupervisedProcess process = start("exec sleep 1000");
        ProcessHandle supervisor =
                ProcessHandle.of(process.pid()).flatMap(ProcessHandle::parent).orElseThrow();
        for (String signal : List.of("INT", "HUP", "QUIT", "TERM", "PIPE")) {
            run("kill", "-s", signal, String.valueOf(supervisor.pid()));
        }

        assertThat(process.pause()).isTrue();
        assertThat(process.resume()).isTrue();
        assertThat(process.isAlive()).isTrue();
        process.kill();
        assertThat(supervisor.isAlive()).isFalse();
    }

    /**
     * Many times: there was a moment, right after the start, in which the supervisor's death left the server without a
     * supervisor.
     */
    @RepeatedTest(30)
    void aProcessDiesWithThePipeAlsoWhenItsSupervisorWasKilled() throws Exception {
        SupervisedProcess process = start("exec sleep 1000");
        ProcessHandle server = ProcessHandle.of(process.pid()).orElseThrow();
        ProcessHandle supervisor = server.parent().orElseThrow();
        supervisor.destroyForcibly();
        supervisor.onExit().get(SOON.toSeconds(), TimeUnit.SECONDS);
        assertThat(server.isAlive()).isTrue();

        process.kill();
        new Orphan(server.pid()).awaitEnd();
    }

    @Test
    void aProcessInheritsNothingThatConfiguresAServer() throws Exception {
        SupervisedProcess process = start("env");

        assertThat(process.endsWithin(SOON)).isTrue();
        assertThat(log().lines().map(line -> line.substring(0, line.indexOf('='))))
                .contains("PATH")
                .isSubsetOf("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_");
    }

    private SupervisedProcess start(String script) throws IOException {
        return SupervisedProcess.start(List.of("/bin/sh", "-c", script), folder.resolve("log"));
    }

    private String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    private static boolean isGone(long pid) {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty();
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
}
