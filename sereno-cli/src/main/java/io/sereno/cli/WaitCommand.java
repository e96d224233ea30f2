package io.sereno.cli;

import io.sereno.Sereno;
import io.sereno.WaitGroup;
import io.sereno.WorkersLostException;
import io.sereno.operator.Kind;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "wait",
        description =
                "Waits until all work of a wait group is done. With --add or --done, changes the group instead. Exit code 1 if workers were lost.")
final class WaitCommand implements Callable<Integer> {
    @Mixin
    Store store = new Store();

    @Parameters(paramLabel = "NAME", description = "The name of the wait group.")
    String name = "";

    @Option(names = "--add", paramLabel = "N", description = "Adds N places, and does not wait.")
    @Nullable
    Integer add;

    @Option(names = "--done", description = "Counts one place as done, and does not wait.")
    boolean done;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description =
                    "How long to wait, as in 30s; without it, as long as it takes. Exit code 75 if it was too short.")
    @Nullable
    Duration timeout;

    @Override
    public Integer call() throws InterruptedException {
        Target.checkName(Kind.WAIT_GROUP, name);
        Integer places = add;
        if ((places != null ? 1 : 0) + (done ? 1 : 0) + (timeout != null ? 1 : 0) > 1) {
            throw new IllegalArgumentException("--add, --done and --timeout exclude each other; give one of them");
        }
        if (places != null && places < 1) {
            throw new IllegalArgumentException("--add is " + places + "; 1 or more is accepted");
        }
        try (Sereno sereno = store.connect()) {
            WaitGroup group = sereno.waitGroup(name);
            if (places != null) {
                group.add(places);
                return Exit.OK;
            } else if (done) {
                return done(group);
            }
            return await(group);
        }
    }

    private static int done(WaitGroup group) {
        try {
            group.done();
            return Exit.OK;
        } catch (IllegalStateException nothing) {
            System.err.println("sereno: " + Text.printable(String.valueOf(nothing.getMessage())));
            return Exit.NOTHING;
        }
    }

    private int await(WaitGroup group) throws InterruptedException {
        try {
            Duration limit = timeout;
            if (limit == null) {
                group.await();
            } else if (!group.await(limit)) {
                System.err.println("sereno: the work of '" + Text.printable(name) + "' was not done in time");
                return Exit.NOT_IN_TIME;
            }
            return Exit.OK;
        } catch (WorkersLostException lost) {
            System.err.println("sereno: " + Text.printable(String.valueOf(lost.getMessage())));
            return Exit.NOTHING;
        }
    }
}
