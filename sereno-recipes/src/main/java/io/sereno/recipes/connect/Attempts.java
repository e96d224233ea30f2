package io.sereno.recipes.connect;

import io.sereno.NotAppliedException;
import io.sereno.SerenoConfigurationException;
import io.sereno.SerenoException;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Backoff;
import io.sereno.recipes.kernel.Lines;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.BackendException;
import io.sereno.spi.TimeSource;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Opens a backend: once, or with retries for a while if no store answers. */
final class Attempts {
    private Attempts() {}

    /**
     * Blocks for at most the connect timeout, or the retry time and the connect timeout.
     *
     * @param name of the store, for messages
     * @param retry for how long to begin further attempts; zero for one attempt
     */
    static Backend open(
            Function<? super BackendConfig, ? extends Backend> opener,
            BackendConfig config,
            String name,
            Duration retry) {
        TimeSource time = config.time();
        long begun = time.nanoTime();
        Backoff pauses = new Backoff(new SplittableRandom());
        for (int attempts = 1; ; attempts++) {
            NotAppliedException failure;
            try {
                return open(opener, config, name);
            } catch (NotAppliedException notNow) {
                failure = notNow;
            }
            Duration left = retry.minusNanos(time.nanoTime() - begun);
            if (Thread.currentThread().isInterrupted()) {
                throw failure;
            }
            if (left.isNegative() || left.isZero()) {
                throw attempts == 1 ? failure : exhausted(failure, attempts, retry);
            }
            if (attempts == 1) {
                Lines.SESSION.log(Level.WARNING, "retrying for up to " + retry + ": " + failure.getMessage());
            }
            Duration pause = pauses.next();
            pause(time, pause.compareTo(left) < 0 ? pause : left, failure);
        }
    }

    private static void pause(TimeSource time, Duration pause, NotAppliedException failure) {
        CompletableFuture<Boolean> over = new CompletableFuture<>();
        Runnable cancel = time.schedule(pause, Runnable::run, () -> over.complete(true));
        try {
            Await.interruptibly(over);
        } catch (InterruptedException e) {
            cancel.run();
            Thread.currentThread().interrupt();
            throw new NotAppliedException(
                    "interrupted while waiting to connect again. The last attempt: " + failure.getMessage(), failure);
        }
    }

    private static NotAppliedException exhausted(NotAppliedException last, int attempts, Duration retry) {
        return new NotAppliedException(
                attempts + " attempts to connect failed within " + retry
                        + "; connectRetry(...) sets this time. The last: " + last.getMessage(),
                last);
    }

    private static Backend open(
            Function<? super BackendConfig, ? extends Backend> opener, BackendConfig config, String name) {
        try {
            return opener.apply(config);
        } catch (SerenoException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new SerenoConfigurationException(name + ": " + e.getMessage(), e);
        } catch (BackendException e) {
            if (e.permanent()) {
                throw new SerenoConfigurationException(
                        "the store at " + name + " refuses the connection: " + e.getMessage(), e);
            }
            throw new NotAppliedException(
                    "no connection to " + name + ": " + e.getMessage()
                            + ". Check that a server answers there. A slow server has "
                            + config.connectTimeout() + "; connectTimeout(...) sets this time",
                    e);
        }
    }
}
