package io.sereno.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Lets a command die with this process, by {@code setpriv}. That of BusyBox, and of util-linux before 2.33, cannot do that, so it is tried. The
 * attempt runs while this process connects.
 */
final class Tie {
    private static final Logger LOG = Logger.getLogger(Tie.class.getName());

    private final List<String> beginning;
    private final @Nullable Process attempt;

    private Tie(List<String> beginning, @Nullable Process attempt) {
        this.beginning = beginning;
        this.attempt = attempt;
    }

    /** Begins the attempt. */
    static Tie ask() {
        Optional<Path> found = Guarded.find("setpriv");
        if (found.isEmpty()) {
            return new Tie(List.of(), null);
        }
        List<String> beginning = List.of(found.get().toString(), "--pdeathsig", "KILL", "--");
        List<String> line = new ArrayList<>(beginning);
        line.add("true");
        try {
            Process attempt = new ProcessBuilder(line)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return new Tie(beginning, attempt);
        } catch (IOException notExecutable) {
            LOG.log(Level.WARNING, found.get() + " cannot be executed", notExecutable);
            return new Tie(List.of(), null);
        }
    }

    /** What a command line begins with; empty if there is no such tool. Waits for the end of the attempt. */
    List<String> beginning() throws InterruptedException {
        Process asked = attempt;
        if (asked == null) {
            return List.of();
        }
        boolean ended = asked.waitFor(5, TimeUnit.SECONDS);
        asked.destroyForcibly();
        return ended && asked.exitValue() == 0 ? beginning : List.of();
    }
}
