/**
 * The backend for Redis and Valkey: {@code redis://host:port/namespace}, {@code rediss:} for TLS, with {@code ?sentinel=NAME} or
 * {@code ?cluster=true} for more than one server.
 *
 * <p>One script at the server ({@code sereno.lua}) makes all decisions; a call runs it once. Reading order: the script;
 * {@link io.sereno.backend.redis.RedisBackend}, the methods of the SPI; {@code Requests} and {@code Replies}, the
 * script's arguments and answers; {@code Link}, the connection that carries calls; {@code Subscriber}, the one that
 * receives notices; {@code Connector} and {@code Locator}, how connections are made and to which server;
 * {@code Errors}, the meaning of failures.
 */
@NullMarked
package io.sereno.backend.redis;

import org.jspecify.annotations.NullMarked;
