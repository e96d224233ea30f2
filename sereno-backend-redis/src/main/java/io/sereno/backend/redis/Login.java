package io.sereno.backend.redis;

import io.lettuce.core.RedisCredentials;
import io.sereno.spi.BackendConfig;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** The user and the password of each connection to come; shows neither. */
final class Login {
    /** A thread for each question: it is the application that answers, and Lettuce's threads serve all connections. */
    private static final Executor THREADS = task -> {
        Thread thread = new Thread(null, task, "sereno-redis-login", 0, false);
        thread.setDaemon(true);
        thread.start();
    };

    private final Optional<String> user;
    private final Supplier<Optional<char[]>> password;

    private Login(Optional<String> user, Supplier<Optional<char[]>> password) {
        this.user = user;
        this.password = password;
    }

    /** Empty without a password. That is asked for at each login, since it may change. */
    static Optional<Login> of(BackendConfig config) {
        return config.password().map(secret -> {
            Arrays.fill(secret, '\0');
            return new Login(config.user(), config::password);
        });
    }

    /** Asks the application. Fails with what that throws. */
    CompletableFuture<RedisCredentials> credentials() {
        return CompletableFuture.supplyAsync(
                () -> RedisCredentials.just(user.orElse(null), password.get().orElse(new char[0])), THREADS);
    }
}
