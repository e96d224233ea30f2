package io.sereno.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One Redis server: alone, part of a {@link RedisSentinel} (as which it may be a Sentinel), or of a {@link RedisCluster}. */
public final class RedisServer extends ServerNode {
    private final List<String> command;

    /** @param settings lines of redis.conf, the last word of which is theirs */
    RedisServer(String name, int port, List<String> arguments, List<String> settings) {
        super(name, port);
        // A file, and not arguments: Redis writes its role into it, which so outlives a restart.
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
     * A server alone, answering.
     *
     * @param settings lines of redis.conf, {@code "maxmemory 10mb"}; they win over the ones chosen here
     */
    public static RedisServer start(Persistence persistence, String... settings) {
        FreePorts ports = new FreePorts();
        return FreePorts.start(
                () -> new RedisServer("redis", ports.next(), List.of(), storing(persistence, List.of(), settings)));
    }

    /** The settings of a server that stores: no snapshots, the persistence that was asked for, and what else is said. */
    static List<String> storing(Persistence persistence, List<String> role, String... settings) {
        return Stream.of(List.of("save \"\""), persistence.settings(), role, List.of(settings))
                .flatMap(List::stream)
                .toList();
    }

    /** Sends one command over a connection of its own. */
    String send(String... command) throws IOException {
        try (RedisConnection connection = new RedisConnection(endpoint())) {
            return connection.send(command);
        }
    }

    /** Its process id in its own words tells whom we reached; while it still loads its data, PING is an error. */
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
