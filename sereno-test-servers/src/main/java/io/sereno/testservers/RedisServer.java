package io.sereno.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One Redis server: standalone, part of a {@link RedisSentinel} (where it may be a Sentinel), or of a
 * {@link RedisCluster}.
 */
public final class RedisServer extends ServerNode {
    private final List<String> command;

    /** @param settings lines of redis.conf, which override all others */
    RedisServer(String name, int port, List<String> arguments, List<String> settings) {
        super(ServerPrograms.Store.REDIS, name, port);
        // A file, and not arguments: Redis writes its role into the file, so the role survives a restart.
        Path file = folder().resolve("redis.conf");
        List<String> lines =
                new ArrayList<>(List.of("port " + port, "bind 127.0.0.1", "dir " + folder(), "protected-mode no"));
        lines.addAll(settings);
        try {
            Files.write(file, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> line = new ArrayList<>(
                List.of(ServerPrograms.path(ServerPrograms.Program.REDIS).toString(), file.toString()));
        line.addAll(arguments);
        this.command = List.copyOf(line);
    }

    /**
     * Starts a standalone server; returns when it answers.
     *
     * @param settings lines of redis.conf, {@code "maxmemory 10mb"}; they override the ones chosen here
     */
    public static RedisServer start(Persistence persistence, String... settings) {
        FreePorts ports = new FreePorts();
        return FreePorts.start(
                () -> new RedisServer("redis", ports.next(), List.of(), storing(persistence, List.of(), settings)));
    }

    /** The settings of a server that stores data: no snapshots, the requested persistence, and the further settings. */
    static List<String> storing(Persistence persistence, List<String> role, String... settings) {
        return Stream.of(List.of("save \"\""), persistence.settings(), role, List.of(settings))
                .flatMap(List::stream)
                .toList();
    }

    /** Sends one command over a new connection. */
    String send(String... command) throws IOException {
        try (RedisConnection connection = new RedisConnection(endpoint())) {
            return connection.send(command);
        }
    }

    /**
     * The process id that it reports shows which server we reached; while it still loads its data, PING returns an
     * error.
     */
    @Override
    boolean answers() throws IOException {
        try (RedisConnection connection = new RedisConnection(endpoint())) {
            return connection.send("PING").equals("PONG")
                    && connection.send("INFO", "server").contains("process_id:" + pid() + "\r\n");
        }
    }

    @Override
    List<String> command() {
        return command;
    }
}
