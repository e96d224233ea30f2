package io.sereno.cli;

import io.sereno.Counter;
import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "doctor",
        description =
                "Tries the store: connection, session, a lock, the time of a change, what it promises, and what this machine lacks. Exit code 1 if something is warned of.")
final class DoctorCommand implements Callable<Integer> {
    private static final int CHANGES = 20;
    private static final Duration NOTICE = Duration.ofSeconds(1);
    private static final String NAME = "sereno-doctor";

    @Mixin
    Store store = new Store();

    @Option(
            names = "--deep",
            description =
                    "Also kills a client that holds a lock, and measures when the lock goes to the next. Takes as long as --ttl.")
    boolean deep;

    private boolean warned;

    @Override
    public Integer call() throws InterruptedException, IOException {
        try (Sereno sereno = store.connect()) {
            Guarantees guarantees = sereno.guarantees();
            say("ok", "connected to " + guarantees.backend() + " as " + sereno.nodeId());
            tryLock(sereno);
            say("ok", "the session is " + sereno.sessionState());
            tryChanges(sereno);
            promises(guarantees);
            if (deep) {
                tryDeath(sereno);
            }
        }
        machine();
        return warned ? Exit.NOTHING : Exit.OK;
    }

    private static void tryLock(Sereno sereno) throws InterruptedException {
        long from = System.nanoTime();
        Grant grant = sereno.mutex(NAME)
                .tryAcquire(Duration.ofSeconds(10))
                .orElseThrow(() -> new Failed(
                        Exit.NOT_IN_TIME, "the lock '" + NAME + "' was not got in 10 s; does another doctor run?"));
        grant.release();
        line("ok", "a lock was taken and released in " + millis(System.nanoTime() - from));
    }

    /** This user may write. */
    private void tryChanges(Sereno sereno) {
        Counter counter = sereno.counter(NAME);
        long[] times = new long[CHANGES];
        for (int i = 0; i < CHANGES; i++) {
            long from = System.nanoTime();
            counter.incrementAndGet();
            times[i] = System.nanoTime() - from;
        }
        counter.delete();
        Arrays.sort(times);
        long worst = times[CHANGES - 1];
        boolean slow = worst > Duration.ofMillis(500).toNanos();
        say(
                slow ? "warn" : "ok",
                CHANGES + " changes of a counter: median " + millis(times[CHANGES / 2]) + ", worst " + millis(worst));
    }

    /** The other client is a process that is killed, as in a crash. */
    private void tryDeath(Sereno sereno) throws IOException, InterruptedException {
        String name = NAME + "-deep";
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "lock",
                name));
        line.addAll(store.arguments());
        // The command ends with the pipe, should nobody kill it.
        line.addAll(List.of("--timeout", "30s", "--", "sh", "-c", "echo held; read -r nothing"));
        Process other = new ProcessBuilder(line)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader said = other.inputReader()) {
            if (!"held".equals(said.readLine())) {
                say("warn", "another client did not get the lock '" + name + "'");
                return;
            }
            other.destroyForcibly();
            long from = System.nanoTime();
            Duration most = store.ttl().plus(sereno.guarantees().expiryLateness());
            Optional<Grant> grant = sereno.mutex(name).tryAcquire(most.plus(Duration.ofSeconds(30)));
            Duration took = Duration.ofNanos(System.nanoTime() - from);
            grant.ifPresent(Grant::release);
            boolean late = took.compareTo(most.plus(NOTICE)) > 0;
            say(
                    late ? "warn" : "ok",
                    "the lock of a killed client was " + (grant.isPresent() ? "free after " : "not free after ")
                            + took.toMillis() + " ms; at most " + most.toMillis()
                            + " ms are promised, and what a notice takes");
        } finally {
            other.destroyForcibly();
        }
    }

    private void promises(Guarantees guarantees) {
        Set<Promise> missing = EnumSet.allOf(Promise.class);
        missing.removeAll(guarantees.promises());
        say("ok", "promises " + guarantees.promises());
        missing.forEach(promise -> say("warn", "does not promise " + promise));
        say("ok", "a lease ends at most " + guarantees.expiryLateness().toMillis() + " ms late");
    }

    private void machine() throws InterruptedException {
        boolean tied = !Tie.ask().beginning().isEmpty();
        say(
                tied ? "ok" : "warn",
                tied
                        ? "setpriv: a killed 'sereno lock' takes its command with it"
                        : "there is no setpriv with --pdeathsig (util-linux 2.33 or later): the command of a killed 'sereno lock' runs on");
    }

    private void say(String how, String what) {
        warned |= how.equals("warn");
        line(how, what);
    }

    private static void line(String how, String what) {
        System.out.println(Text.printable(String.format("%-5s %s", how, what)));
    }

    private static String millis(long nanos) {
        return String.format(java.util.Locale.ROOT, "%.1f ms", nanos / 1e6);
    }
}
