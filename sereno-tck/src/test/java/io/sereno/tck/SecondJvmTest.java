package io.sereno.tck;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.tck.run.SecondJvm;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Processes that the kit starts do not outlive it, however it ends. */
class SecondJvmTest {
    @Test
    void aSecondJvmEndsWithItsParentInAnyState() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Hanging.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(lines.readLine()).isEqualTo("hangs");
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
            assertThat(lines.readLine()).isEqualTo("received a line");

            process.getOutputStream().close();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
    }

    /** A process that waits for what never comes. */
    static final class Hanging {
        public static void main(String[] arguments) throws Exception {
            CompletableFuture<Void> line = SecondJvm.line();
            System.out.println("hangs");
            line.get();
            System.out.println("received a line");
            new CompletableFuture<Void>().get();
        }
    }
}
