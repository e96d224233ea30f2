package io.sereno.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What TERM, HUP and INT do: before there is a command they end the wait, afterwards they go on to the command. QUIT stays with the JVM, which
 * prints its threads. {@code sun.misc.Signal} is reached by reflection, since the compiler warns of each direct use.
 */
final class Signals {
    private static final Map<String, Integer> FORWARDED = Map.of("TERM", 15, "HUP", 1, "INT", 2);

    private static final Logger LOG = Logger.getLogger(Signals.class.getName());

    private final Thread waiting;
    private final CountDownLatch first = new CountDownLatch(1);
    private @Nullable Running command;
    private volatile int received;

    Signals(Thread waiting) {
        this.waiting = waiting;
    }

    /** The present thread waits, and then runs the command. */
    static Signals handle() {
        Signals signals = new Signals(Thread.currentThread());
        FORWARDED.forEach(signals::handle);
        return signals;
    }

    private void handle(String name, int number) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Method handle = signal.getMethod("handle", signal, handler);
            Object ours = Proxy.newProxyInstance(
                    handler.getClassLoader(), new Class<?>[] {handler}, (proxy, method, given) -> {
                        if (method.getName().equals("handle")) {
                            receive(name, number);
                            return null;
                        }
                        return method.getName().equals("hashCode") ? System.identityHashCode(proxy) : null;
                    });
            var unused = handle.invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JVM has no signals: " + e, e);
        }
    }

    private synchronized void receive(String name, int number) {
        Running running = command;
        if (running == null) {
            received = number;
            first.countDown();
            waiting.interrupt();
        } else if (number != 2 || running.hasGroup() || !isFromTerminal()) {
            // The terminal sends INT to the command by itself, unless that has a group of its own.
            running.forward(name);
        } else {
            running.note();
        }
    }

    /** Waits for some time; a signal that comes meanwhile, or came before, ends the wait. */
    void pause(Duration time) throws InterruptedException {
        if (first.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new InterruptedException("signal " + received);
        }
    }

    /** The number of the signal that came before there was a command; 0 if none came. */
    int received() {
        return received;
    }

    /**
     * The exit code if a signal ended the wait; a connection that is being opened fails then with an exception of its own.
     *
     * @throws E as given, if no signal came
     */
    <E extends Exception> int codeAfter(E failure) throws E {
        if (received == 0) {
            throw failure;
        }
        return Exit.SIGNAL + received;
    }

    /** Starts the command, unless a signal has come: null then. From now on signals go to the command. */
    synchronized @Nullable Running start(ProcessBuilder builder, boolean group) throws IOException {
        if (received == 0) {
            command = new Running(builder.start(), group);
        }
        return command;
    }

    /**
     * Sends a signal to processes, and to groups, whose numbers are negative.
     *
     * @return whether all of them got it within {@code limit}
     */
    static boolean send(String name, List<Long> numbers, Duration limit) {
        List<String> line = new ArrayList<>(List.of("sh", "-c", "kill -s \"$0\" -- \"$@\"", name));
        numbers.forEach(number -> line.add(Long.toString(number)));
        try {
            Process kill = new ProcessBuilder(line)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return kill.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS) && kill.exitValue() == 0;
        } catch (IOException noShell) {
            LOG.log(Level.WARNING, name + " is not sent to " + numbers, noShell);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Sends a signal to the processes, or to the group, that {@code targets} finds. The process {@code leader} is stopped meanwhile, so it
     * starts no other one. It goes on even if this process dies. If there is no such group yet, {@code leader} gets the signal.
     *
     * @return whether it was sent
     */
    static boolean sendStopped(String name, long leader, Supplier<List<Long>> targets) {
        String script = "trap '' TERM HUP INT; kill -s STOP -- \"$1\"; echo; read -r numbers;"
                + " case $numbers in"
                + " -*) kill -s \"$0\" -- $numbers || kill -s \"$0\" -- \"$1\";;"
                + " *) kill -s \"$0\" -- $numbers;;"
                + " esac; code=$?; kill -s CONT -- \"$1\"; exit $code";
        try {
            Process kill = new ProcessBuilder("sh", "-c", script, name, Long.toString(leader))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (BufferedReader stopped = kill.inputReader();
                    Writer numbers = kill.outputWriter()) {
                var unused = stopped.readLine();
                for (long number : targets.get()) {
                    numbers.write(number + " ");
                }
                numbers.write('\n');
            }
            return kill.waitFor() == 0;
        } catch (IOException noShell) {
            LOG.log(Level.WARNING, name + " is not sent to " + leader, noShell);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Whether this process is in the foreground of a terminal: an INT is then most likely from its keyboard. */
    private static boolean isFromTerminal() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            // After the name, which may contain blanks: state, parent, group, session, terminal, group in the
            // foreground.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return fields[2].equals(fields[5]);
        } catch (IOException noProc) {
            return false; // Not Linux: a command may get the INT of a terminal twice.
        }
    }
}
