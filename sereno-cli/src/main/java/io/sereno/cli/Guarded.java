package io.sereno.cli;

import io.sereno.Right;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A command that runs under a right, and is dead before the right goes by its time.
 *
 * <p>If the store falls silent, the command gets TERM some time before the right ends by the local clock, and KILL just before. If somebody
 * takes the right away in the store, the command gets KILL as soon as this is noticed. Its children, and theirs, get the same. If this process dies, the kernel
 * kills the command, where {@code setpriv} exists: the command's parent is the thread that started it, which waits here.
 */
final class Guarded {
    /** How long a KILL may take. */
    private static final Duration LAST = Duration.ofMillis(400);
    /** With less, a renewal that is a little late would be taken for a store that is silent. */
    private static final Duration LEAST_TTL = Duration.ofSeconds(2);

    private final List<String> command;
    private final Path program;
    private final Duration killAfter;
    private final boolean group;
    private final Tie tie;

    private Guarded(List<String> command, Path program, Duration killAfter, boolean group, Tie tie) {
        this.command = command;
        this.program = program;
        this.killAfter = killAfter;
        this.group = group;
        this.tie = tie;
    }

    /** Finds the command as a shell does. */
    static Guarded of(List<String> command, Duration killAfter, Duration ttl, boolean group) {
        if (ttl.compareTo(LEAST_TTL) < 0) {
            throw new IllegalArgumentException("the ttl of the session is " + ttl.toMillis() + "ms; with a CMD "
                    + LEAST_TTL.toMillis() + "ms or more is accepted, since a KILL may take " + LAST.toMillis() + "ms");
        }
        if (killAfter.compareTo(ttl.dividedBy(3)) > 0) {
            throw new IllegalArgumentException("--kill-after is " + killAfter.toMillis() + "ms; with --ttl "
                    + ttl.toMillis() + "ms at most a third of that is accepted");
        }
        String name = command.get(0);
        Path found = find(name)
                .orElseThrow(() -> new Failed(Exit.NOT_FOUND, "there is no command '" + Text.printable(name) + "'"));
        if (!Files.isExecutable(found) || Files.isDirectory(found)) {
            throw new Failed(Exit.NOT_EXECUTABLE, "'" + Text.printable(name) + "' cannot be executed");
        }
        if (group && find("setsid").isEmpty()) {
            throw new Failed(Exit.NOT_FOUND, "--group needs setsid (util-linux), which is not on the path");
        }
        return new Guarded(command, found, killAfter, group, Tie.ask());
    }

    /** The program of this name on the path, or one that cannot be executed. */
    static Optional<Path> find(String name) {
        if (name.indexOf('/') >= 0) {
            return Optional.of(Path.of(name)).filter(Files::exists);
        }
        Optional<Path> there = Optional.empty();
        for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            Path program = Path.of(folder.isEmpty() ? "." : folder, name);
            if (Files.isRegularFile(program)) {
                if (Files.isExecutable(program)) {
                    return Optional.of(program);
                }
                there = there.or(() -> Optional.of(program));
            }
        }
        return there;
    }

    /** Runs the command, and returns its exit code, or that of a loss. The command is dead then. */
    int run(Right right, Map<String, String> environment, Signals signals) throws IOException, InterruptedException {
        if (right.remaining().compareTo(LAST) < 0) {
            System.err.println("sereno: the right is lost before the command began");
            return Exit.LOST;
        }
        ProcessBuilder builder = new ProcessBuilder(line()).inheritIO();
        builder.environment().putAll(environment);
        String locale = System.getProperty("sereno.lc-all");
        if (locale != null) {
            // The launcher has changed it for this process only. Empty is the same as not set.
            builder.environment().remove("LC_ALL");
            if (!locale.isEmpty()) {
                builder.environment().put("LC_ALL", locale);
            }
        }
        Running running = signals.start(builder, group);
        if (running == null) {
            return Exit.SIGNAL + signals.received();
        }
        try {
            return await(running, right, killAfter);
        } finally {
            if (running.child().isAlive()) {
                running.kill();
            }
        }
    }

    /** Dies with this process, if there is a setpriv. */
    private List<String> line() throws InterruptedException {
        List<String> line = new ArrayList<>(tie.beginning());
        if (group) {
            line.addAll(List.of("setsid", "--"));
        }
        line.add(program.toString());
        line.addAll(command.subList(1, command.size()));
        return line;
    }

    private static int await(Running running, Right right, Duration killAfter) throws InterruptedException {
        Process child = running.child();
        Duration term = killAfter.plus(LAST);
        CountDownLatch end = new CountDownLatch(1);
        var unusedOfChild = child.onExit().whenComplete((how, failure) -> end.countDown());
        var unusedOfRight = right.lost().whenComplete((why, failure) -> end.countDown());
        while (child.isAlive()) {
            Duration left = right.remaining();
            if (!right.isHeld() || left.compareTo(LAST) < 0) {
                System.err.println("sereno: the right is lost" + (running.isTold() ? ", since the store is silent" : "")
                        + "; the command is killed");
                running.kill();
                return Exit.LOST;
            } else if (!running.isTold() && left.compareTo(term) < 0) {
                System.err.println("sereno: the store is silent, and the right ends in " + left.toMillis()
                        + " ms; the command gets TERM");
                running.terminate();
            }
            // As long as the store answers, each renewal defers what is to be done then.
            Duration pause = right.remaining().minus(running.isTold() ? LAST : term);
            var unused = end.await(Math.max(1, pause.toMillis()), TimeUnit.MILLISECONDS);
        }
        running.killRest();
        return running.isTold() || !right.isHeld() ? Exit.LOST : child.exitValue();
    }
}
