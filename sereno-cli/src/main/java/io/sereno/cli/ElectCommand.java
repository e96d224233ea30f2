package io.sereno.cli;

import io.sereno.LeaderElection;
import io.sereno.Leadership;
import io.sereno.Sereno;
import io.sereno.SerenoException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "elect",
        description =
                "Runs CMD once it leads the election NAME. CMD is dead before the leadership goes by its time, and is killed if an operator takes it away. It sees SERENO_FENCING_TOKEN and SERENO_ELECTION.")
final class ElectCommand implements Callable<Integer> {
    private static final Duration LONG = Duration.ofDays(36_500);

    @Mixin
    Store store = new Store();

    @Mixin
    RunOptions options = new RunOptions();

    @Option(
            names = "--priority",
            paramLabel = "N",
            description = "The candidate of the greatest priority leads next; a leader leads on. 0 if not given.")
    int priority;

    @Override
    public Integer call() throws Exception {
        Guarded guarded = options.guarded(store);
        if (options.noWait) {
            throw new IllegalArgumentException(
                    "a candidate has to queue before it can lead; --timeout TIME is accepted in place of --no-wait");
        }
        Signals signals = Signals.handle();
        try (Sereno sereno = store.connect();
                LeaderElection election =
                        sereno.election(options.name).priority(priority).start()) {
            Duration limit = options.timeout == null ? LONG : options.timeout;
            Optional<Leadership> leadership = election.awaitLeadership(limit);
            return leadership.isEmpty()
                    ? options.notInTime("leadership of")
                    : guarded.run(leadership.get(), options.environment("SERENO_ELECTION", leadership.get()), signals);
        } catch (InterruptedException | SerenoException ended) {
            return signals.codeAfter(ended);
        }
    }
}
