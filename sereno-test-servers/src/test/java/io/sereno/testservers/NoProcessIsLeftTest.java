package io.sereno.testservers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A JVM that started servers, one of each kind, some of them paused, one killed, ends in every possible way. */
@Tag("servers")
@Tag("etcd")
@Tag("redis")
@Tag("zookeeper")
@Tag("postgresql")
class NoProcessIsLeftTest {
    private final List<Long> servers = new ArrayList<>();
    private final List<Long> processes = new ArrayList<>();
    private final List<Long> children = new ArrayList<>();
    private final List<Path> folders = new ArrayList<>();

    @Test
    void whenTheJvmIsKilled() throws Exception {
        Process jvm = jvmWithServers();

        jvm.destroyForcibly();
        assertThat(exitStatus(jvm)).isEqualTo(128 + 9);
        assertNothingIsLeft();
    }

    /** As a terminal's Ctrl-C or a CI's cancel may, it reaches also the shells that supervise; they outlive it. */
    @Test
    void whenEveryProcessGetsASignalToTerminate() throws Exception {
        Process jvm = jvmWithServers();

        List<String> line = new ArrayList<>(List.of("kill", "-s", "TERM", String.valueOf(jvm.pid())));
        processes.forEach(process -> line.add(String.valueOf(process)));
        assertThat(new ProcessBuilder(line).start().waitFor()).isZero();
        assertThat(exitStatus(jvm)).isEqualTo(128 + 15);
        assertNothingIsLeft();
    }

    @Test
    void whenTheJvmEndsWithoutClosingThem() throws Exception {
        Process jvm = jvmWithServers();

        jvm.getOutputStream().write('r');
        jvm.getOutputStream().flush();
        assertThat(exitStatus(jvm)).isZero();
        assertNothingIsLeft();
    }

    private Process jvmWithServers() throws IOException {
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Processes.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader lines = jvm.inputReader(StandardCharsets.UTF_8);
        for (String next = lines.readLine(); next != null && !next.equals("ready"); next = lines.readLine()) {
            String value = next.substring(next.indexOf(' ') + 1);
            if (next.startsWith("server ")) {
                servers.add(Long.parseLong(value));
            } else if (next.startsWith("folder ")) {
                folders.add(Path.of(value));
            } else if (next.startsWith("child ")) {
                children.add(Long.parseLong(value));
            } else if (next.startsWith("process ")) {
                processes.add(Long.parseLong(value));
            }
        }
        assertThat(servers).hasSize(5);
        assertThat(processes).containsAll(servers.subList(0, 4)).doesNotContain(servers.get(4));
        assertThat(processes).hasSize(4 * 3 + 1).allMatch(TestServerTest::isAlive);
        assertThat(children).hasSizeGreaterThan(4); // some come and go
        assertThat(folders).hasSize(5).allSatisfy(folder -> assertThat(folder).isDirectory());
        return jvm;
    }

    private static int exitStatus(Process jvm) throws InterruptedException {
        assertThat(jvm.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return jvm.exitValue();
    }

    private void assertNothingIsLeft() throws Exception {
        for (long pid : processes) {
            new Orphan(pid).awaitEnd();
        }
        for (long pid : children) {
            new Orphan(pid).awaitEnd();
        }
        assertThat(folders.get(0).getParent()).doesNotExist();
    }
}
