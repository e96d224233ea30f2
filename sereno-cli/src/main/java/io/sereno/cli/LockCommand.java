package io.sereno.cli;

import io.sereno.Grant;
import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.SerenoException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "lock",
        description =
                "Runs CMD while it holds the lock NAME. CMD is dead before the lock goes by its time, and is killed if an operator takes the lock away. It sees SERENO_FENCING_TOKEN and SERENO_LOCK.")
final class LockCommand implements Callable<Integer> {
    @Mixin
    Store store = new Store();

    @Mixin
    RunOptions options = new RunOptions();

    @Override
    public Integer call() throws Exception {
        Guarded guarded = options.guarded(store);
        Signals signals = Signals.handle();
        try (Sereno sereno = store.connect()) {
            Mutex mutex = sereno.mutex(options.name);
            Optional<Grant> granted = options.acquire(mutex::tryAcquire, mutex::tryAcquire, mutex::acquire);
            if (granted.isEmpty()) {
                return options.notInTime("lock");
            }
            try (Grant grant = granted.get()) {
                return guarded.run(grant, options.environment("SERENO_LOCK", grant), signals);
            }
        } catch (InterruptedException | SerenoException ended) {
            return signals.codeAfter(ended);
        }
    }
}
