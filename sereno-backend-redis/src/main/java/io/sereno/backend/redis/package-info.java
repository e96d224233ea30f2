/**
 * Redis, or Valkey, as the store: {@code redis://host:port/namespace}, {@code rediss:} for TLS, with {@code ?sentinel=NAME} or
 * {@code ?cluster=true} for more than one server.
 *
 * <p>All that is decided is decided by one script at the server ({@code sereno.lua}), which a call runs once. In the order of reading: the
 * script; {@link io.sereno.backend.redis.RedisBackend}, the five methods; {@code Requests} and {@code Replies}, the script's arguments and
 * answers; {@code Link}, the connection that carries calls; {@code ChangeLog}, the one that hears of changes; {@code Connector} and {@code
 * Locator}, how connections are made and to whom; {@code Errors}, what a failure means.
 */
@NullMarked
package io.sereno.backend.redis;

import org.jspecify.annotations.NullMarked;
