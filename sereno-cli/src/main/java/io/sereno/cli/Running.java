package io.sereno.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A command that was started, with its children and theirs; or with its group, if it has one of its own. */
final class Running {
    /** How long it may take to signal and to search when the right is about to go. */
    private static final Duration URGENT = Duration.ofMillis(150);

    /** How long other signals may take on a busy machine. */
    private static final Duration SEND = Duration.ofSeconds(5);

    private final Process child;
    private final boolean group;
    /** All below the command when it got a signal. One that has lost its parent since then is no descendant any more. */
    private final Set<ProcessHandle> known = ConcurrentHashMap.newKeySet();

    private volatile boolean told;

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
        if (!child.isAlive()) {
            return;
        }
        boolean sent = Signals.sendStopped(signal, child.pid(), () -> {
            note();
            return List.of(group ? -child.pid() : child.pid());
        });
        if (!sent && child.isAlive()) {
            System.err.println("sereno: " + signal + " was not passed on to the command");
        }
    }

    /** Remembers who is below the command. */
    void note() {
        child.descendants().forEach(known::add);
    }

    /** Asks all to end. */
    void terminate() {
        told = true;
        // On a machine that is too busy to send it now, the KILL must not wait for that.
        CompletableFuture.supplyAsync(() -> Signals.sendStopped("TERM", child.pid(), () -> {
                    note();
                    return group ? List.of(-child.pid()) : numbers(living());
                }))
                .completeOnTimeout(false, URGENT.toNanos(), TimeUnit.NANOSECONDS)
                .join();
    }

    /** Whether all were asked to end, since the right is about to go. */
    boolean isTold() {
        return told;
    }

    /** Kills all, and returns when they are dead. */
    void kill() {
        try {
            known.addAll(stop());
        } finally {
            child.destroyForcibly();
            destroy();
            awaitEnd(child);
        }
    }

    /** After the command has ended: kills what is left of its group, and of those that were below it when it got a signal. */
    void killRest() {
        try {
            if (known.stream().anyMatch(Running::isRunning)) {
                known.addAll(stop());
            }
        } finally {
            destroy();
        }
    }

    private void destroy() {
        // Those of other users live on.
        List<ProcessHandle> killed =
                known.stream().filter(ProcessHandle::destroyForcibly).toList();
        if (group) {
            var unused = Signals.send("KILL", List.of(-child.pid()), SEND);
        }
        killed.forEach(Running::awaitEnd);
    }

    /** Stops all that can be found. A process that is stopped starts no other one, so that none is overlooked. */
    private Set<ProcessHandle> stop() {
        long end = System.nanoTime() + URGENT.toNanos();
        Set<ProcessHandle> found = new LinkedHashSet<>();
        for (long left = URGENT.toNanos(); found.addAll(living()) && left > 0; left = end - System.nanoTime()) {
            Signals.send("STOP", numbers(found), Duration.ofNanos(left));
        }
        return found;
    }

    private Set<ProcessHandle> living() {
        Set<ProcessHandle> all = new LinkedHashSet<>();
        Stream.concat(Stream.of(child.toHandle()), known.stream())
                .filter(ProcessHandle::isAlive)
                .forEach(root -> {
                    if (all.add(root)) {
                        root.descendants().forEach(all::add);
                    }
                });
        return all;
    }

    private static void awaitEnd(Process child) {
        boolean interrupted = false;
        while (child.isAlive()) {
            try {
                child.waitFor();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void awaitEnd(ProcessHandle process) {
        while (isRunning(process)) {
            process.onExit()
                    .completeOnTimeout(process, 10, TimeUnit.MILLISECONDS)
                    .join();
        }
    }

    /** A process that has ended may be listed until its parent has asked how. */
    private static boolean isRunning(ProcessHandle process) {
        if (!process.isAlive()) {
            return false;
        }
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            return "ZX".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) < 0;
        } catch (IOException goneOrNoProc) {
            return process.isAlive();
        }
    }

    private static List<Long> numbers(Collection<ProcessHandle> processes) {
        return processes.stream().map(ProcessHandle::pid).toList();
    }
}
