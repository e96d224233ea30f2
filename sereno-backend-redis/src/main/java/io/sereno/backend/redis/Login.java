package io.sereno.backend.redis;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider.ImmediateRedisCredentialsProvider;
import java.util.Optional;

/** The user and a copy of the password, for each connection to come; shows neither. */
final class Login implements ImmediateRedisCredentialsProvider {
    private final Optional<String> user;
    private final char[] password;

    Login(Optional<String> user, char[] password) {
        this.user = user;
        this.password = password.clone();
    }

    @Override
    public RedisCredentials resolveCredentialsNow() {
        return RedisCredentials.just(user.orElse(null), password);
    }
}
