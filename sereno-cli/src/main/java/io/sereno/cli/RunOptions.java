package io.sereno.cli;

import io.sereno.Grant;
import io.sereno.Right;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The options of commands that run CMD under a right. */
final class RunOptions {
    @Spec(Spec.Target.MIXEE)
    @Nullable
    CommandSpec spec;

    @Parameters(index = "0", paramLabel = "NAME", description = "The name.")
    String name = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "CMD",
            description = "The command and its arguments, after --. No shell is around it.")
    List<String> command = List.of();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "How long to wait, as in 30s; without it, as long as it takes.")
    @Nullable
    Duration timeout;

    @Option(names = "--no-wait", description = "Does not wait.")
    boolean noWait;

    @Option(
            names = {"-E", "--conflict-exit-code"},
            paramLabel = "N",
            defaultValue = "75",
            description = "The exit code if it is not got in time (75).")
    int notInTime = Exit.NOT_IN_TIME;

    @Option(
            names = "--kill-after",
            paramLabel = "TIME",
            description =
                    "How long CMD has between TERM and KILL if the store is silent; a fifth of --ttl without it, at most a third is accepted.")
    @Nullable
    Duration killAfter;

    @Option(
            names = "--group",
            description =
                    "Runs CMD in a session of its own (setsid): signals go to all of it, and what CMD leaves there is killed.")
    boolean group;

    @Option(names = "-n", hidden = true, description = "Refused.")
    boolean ambiguous;

    private boolean isElection() {
        return spec != null && spec.userObject() instanceof ElectCommand;
    }

    private ParameterException wrong(String message) {
        CommandSpec own = spec;
        if (own == null) {
            throw new IllegalStateException(message);
        }
        return new ParameterException(own.commandLine(), message);
    }

    /** Refuses what is wrong before anything is sent. */
    Guarded guarded(Store store) throws InterruptedException {
        if (ambiguous) {
            // A candidate has to queue before it can lead.
            String soon = isElection() ? "--timeout TIME" : "--no-wait";
            throw wrong(
                    "-n is not accepted, since it has two meanings: 'do not wait' in flock, which is " + soon
                            + " here, and the number"
                            + " of holders in consul lock, which is sereno semaphore --holders N here. If it belongs to CMD, put -- before CMD");
        }
        if (noWait && timeout != null) {
            throw wrong("--no-wait and --timeout exclude each other; give one of them");
        }
        if (notInTime < 0 || notInTime > 255) {
            throw wrong("-E is " + notInTime + "; 0 to 255 is accepted");
        }
        Duration given = killAfter;
        Duration ttl = store.ttl();
        return Guarded.of(command, given == null ? ttl.dividedBy(5) : given, ttl, group);
    }

    /** Waits until it is granted. */
    interface Wait<T> {
        T grant() throws InterruptedException;
    }

    /** Waits for a while. */
    interface TimedWait<T> {
        Optional<T> grant(Duration timeout) throws InterruptedException;
    }

    <T extends Right> Optional<T> acquire(Supplier<Optional<T>> now, TimedWait<T> inTime, Wait<T> ever)
            throws InterruptedException {
        Duration limit = timeout;
        if (noWait) {
            return now.get();
        }
        return limit == null ? Optional.of(ever.grant()) : inTime.grant(limit);
    }

    /** What CMD sees of its right. */
    Map<String, String> environment(String variable, Grant grant) {
        return Map.of(variable, name, "SERENO_FENCING_TOKEN", Long.toString(grant.fencingToken()));
    }

    int notInTime(String what) {
        System.err.println("sereno: " + what + " '" + Text.printable(name) + "' was not got "
                + (noWait ? "without waiting" : "in time"));
        return notInTime;
    }
}
