package io.sereno.cli;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A command that was started, with its children and theirs; or with its group, if it has one of its own. */
final class Running {
    /** How long it may take to signal and to search when the right is about to go. */
    private static final Duration URGENT = Duration.ofMillis(150);

    /** How long other signals may take on a busy machine. */
    private static final Duration SEND = Duration.ofSeconds(5);

    private final Process child;
    private final boolean group;
    /** Who got TERM. One that has lost its parent since then is no descendant any more. */
    private List<ProcessHandle> told = List.of();

    Running(Process child, boolean group) {
        this.child = child;
        this.group = group;
    }

    Process child() {
        return child;
    }

    /** Whether the terminal sends it no signals. */
    boolean hasGroup() {
        return group;
    }

    /** Passes a signal on, to the command or to its group. */
    void forward(String signal) {
        if (child.isAlive() && !sentToGroup(signal, SEND)) {
            Signals.send(signal, List.of(child.pid()), SEND);
        }
    }

    /** Asks all to end. */
    void terminate() {
        told = all().toList();
        if (!sentToGroup("TERM", URGENT)) {
            Signals.send("TERM", numbers(told), URGENT);
        }
    }

    private boolean sentToGroup(String signal, Duration limit) {
        return group && Signals.send(signal, List.of(-child.pid()), limit);
    }

    boolean isTold() {
        return !told.isEmpty();
    }

    /**
     * Kills all, and waits until the command is dead. They are stopped before: a process that is stopped starts no other one, so that none is
     * overlooked.
     */
    void kill() throws InterruptedException {
        long end = System.nanoTime() + URGENT.toNanos();
        Set<ProcessHandle> found = new LinkedHashSet<>();
        for (long left = URGENT.toNanos(); found.addAll(all().toList()) && left > 0; left = end - System.nanoTime()) {
            Signals.send("STOP", numbers(found), Duration.ofNanos(left));
        }
        found.addAll(told);
        found.forEach(ProcessHandle::destroyForcibly);
        killRest();
        var unused = child.waitFor();
    }

    /** Kills what is left of the group after the command has ended. */
    void killRest() {
        told.forEach(ProcessHandle::destroyForcibly);
        var unused = sentToGroup("KILL", SEND);
    }

    private static List<Long> numbers(Collection<ProcessHandle> processes) {
        return processes.stream().map(ProcessHandle::pid).toList();
    }

    private Stream<ProcessHandle> all() {
        return Stream.concat(Stream.of(child.toHandle()), child.descendants());
    }
}
