package io.sereno.backend.redis;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider.ImmediateRedisCredentialsProvider;
import io.sereno.spi.BackendConfig;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/** The user and the password for each new connection. Shows neither. */
final class Login implements ImmediateRedisCredentialsProvider {
    private final Optional<String> user;
    private final Supplier<Optional<char[]>> password;

    private Login(Optional<String> user, Supplier<Optional<char[]>> password) {
        this.user = user;
        this.password = password;
    }

    /** Empty without a password. The password is requested at each log-in, since it may change. */
    static Optional<Login> of(BackendConfig config) {
        return config.password().map(secret -> {
            Arrays.fill(secret, '\0');
            return new Login(config.user(), config::password);
        });
    }

    @Override
    public RedisCredentials resolveCredentialsNow() {
        return RedisCredentials.just(user.orElse(null), password.get().orElse(new char[0]));
    }
}
