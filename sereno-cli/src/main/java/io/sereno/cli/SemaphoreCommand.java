package io.sereno.cli;

import io.sereno.Permit;
import io.sereno.PermitPool;
import io.sereno.Sereno;
import io.sereno.SerenoException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "semaphore",
        description = {
            "Runs CMD while it has a permit of the pool NAME: at most N run at once. CMD is dead before the permit goes by its time, and is killed if an operator takes it away. It sees SERENO_SEMAPHORE.",
            "A permit has no fencing token."
        })
final class SemaphoreCommand implements Callable<Integer> {
    @Mixin
    Store store = new Store();

    @Mixin
    RunOptions options = new RunOptions();

    @Option(
            names = "--holders",
            required = true,
            paramLabel = "N",
            description = "How many permits there are. The store keeps the N of the first; another N is refused.")
    int holders;

    @Override
    public Integer call() throws Exception {
        Guarded guarded = options.guarded(store);
        if (holders < 1) {
            throw new IllegalArgumentException("--holders is " + holders + "; 1 or more is accepted");
        }
        Signals signals = Signals.handle();
        try (Sereno sereno = store.connect()) {
            PermitPool pool = sereno.permitPool(options.name, holders);
            int stored = pool.limit();
            if (stored != holders) {
                throw new IllegalArgumentException("--holders is " + holders + "; the pool '"
                        + Text.printable(options.name) + "' has " + stored + " permits, so --holders " + stored
                        + " is accepted");
            }
            Optional<Permit> granted = options.acquire(pool::tryAcquire, pool::tryAcquire, pool::acquire);
            if (granted.isEmpty()) {
                return options.notInTime("a permit of");
            }
            try (Permit permit = granted.get()) {
                return guarded.run(permit, Map.of("SERENO_SEMAPHORE", options.name), signals);
            }
        } catch (InterruptedException | SerenoException ended) {
            return signals.codeAfter(ended);
        }
    }
}
