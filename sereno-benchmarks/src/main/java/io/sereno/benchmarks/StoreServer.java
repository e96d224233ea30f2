package io.sereno.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.PostgresServer;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.ServerNode;
import io.sereno.testservers.ZooKeeperServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The server of a store, and what it counts; the store in memory has none, and counts nothing. */
final class StoreServer implements AutoCloseable {
    /**
     * @param requests of clients, or messages over their streams
     * @param sent answers and notices; on Redis bytes, as it does not count messages
     * @param cpu of the server's process, in seconds
     */
    record Counts(double requests, double sent, double cpu) {}

    /** No script of a contestant calls as many. */
    private static final int COMMANDS_OF_A_SCRIPT = 50;

    private static final Counts NONE = new Counts(Double.NaN, Double.NaN, Double.NaN);

    private final String store;
    private final @Nullable ServerNode server;

    private StoreServer(String store, @Nullable ServerNode server) {
        this.store = store;
        this.server = server;
    }

    static StoreServer start(String store) {
        return new StoreServer(
                store,
                switch (store) {
                    case "redis" -> RedisServer.start(Persistence.NONE);
                    case "etcd" -> EtcdServer.start("--heartbeat-interval=100", "--election-timeout=1000");
                    case "zookeeper" -> ZooKeeperServer.start("-Xmx1g", "-XX:TieredStopAtLevel=4");
                    case Rows.POSTGRESQL ->
                        PostgresServer.start(
                                "fsync = on", "jit = on", "shared_preload_libraries = 'pg_stat_statements'");
                    default -> null;
                });
    }

    /** For the results. */
    static String settings() {
        return "one server each on loopback; Redis without persistence; etcd, ZooKeeper and PostgreSQL sync to disk; ZooKeeper"
                + " with 1 GiB of heap";
    }

    String store() {
        return store;
    }

    String authority() {
        return server == null ? "" : server.authority();
    }

    Counts counts() throws IOException {
        if (server == null) {
            return NONE;
        }
        double cpu = ProcessHandle.of(server.pid())
                .map(process -> seconds(process)
                        + process.descendants()
                                .mapToDouble(StoreServer::seconds)
                                .sum())
                .orElse(0.0);
        return switch (store) {
            case "redis" -> {
                String info = info();
                yield new Counts(redisRequests(info), sum(info, "total_net_output_bytes:(\\d+)"), cpu);
            }
            case "etcd" -> {
                String metrics = metrics();
                yield new Counts(
                        sum(metrics, "grpc_server_msg_received_total\\{.*\\} (\\S+)"),
                        sum(metrics, "grpc_server_msg_sent_total\\{.*\\} (\\S+)"),
                        cpu);
            }
            case Rows.POSTGRESQL ->
                new Counts(number(server, "SELECT sum(calls) FROM pg_stat_statements"), Double.NaN, cpu);
            default -> {
                String answer = ask(server.endpoint(), "srvr");
                yield new Counts(sum(answer, "Received: (\\d+)"), sum(answer, "Sent: (\\d+)"), cpu);
            }
        };
    }

    private static double seconds(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9;
    }

    /** What the query returns. Over a connection of its own, whose statements the server counts, too. */
    private static double number(ServerNode server, String query) throws IOException {
        String url = "jdbc:postgresql://" + server.authority() + "/" + PostgresServer.DATABASE;
        try (Connection connection = DriverManager.getConnection(url, PostgresServer.USER, "");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
            try (ResultSet row = statement.executeQuery(query)) {
                row.next();
                return row.getDouble(1);
            }
        } catch (SQLException e) {
            throw new IOException(query + " failed", e);
        }
    }

    /**
     * Requests of clients. Redis counts the commands within scripts, too: if scripts did the work, only those commands count here that
     * scripts do not call. A few scripts beside many other commands are those of connected clients that have no turn.
     */
    static double redisRequests(String info) {
        double scripts = sum(info, "cmdstat_(?:evalsha|eval):calls=(\\d+)");
        double all = sum(info, "cmdstat_(?!info|client|hello|config|ping)[^:]*:calls=(\\d+)");
        return all > COMMANDS_OF_A_SCRIPT * scripts
                ? all
                : scripts + sum(info, "cmdstat_(?:xread|[sp]?subscribe|[sp]?unsubscribe):calls=(\\d+)");
    }

    /** Forgets the commands counted so far, so that one contestant's scripts do not decide how another one's are counted. */
    void restartCounts() throws IOException {
        if (server != null && store.equals("redis")) {
            ask(server.endpoint(), "CONFIG RESETSTAT\r\nQUIT\r\n");
        }
    }

    /** Bytes: of data and connections in Redis, of the process of etcd, of what lives in ZooKeeper's heap. */
    double memory() throws IOException {
        if (server == null) {
            return Double.NaN;
        }
        return switch (store) {
            case "redis" -> sum(info(), "used_memory:(\\d+)");
            case Rows.POSTGRESQL -> Double.NaN; // Its memory is that of its processes, most of it shared.
            case "etcd" -> sum(metrics(), "process_resident_memory_bytes (\\S+)");
            default -> liveHeap(server.pid());
        };
    }

    private static double liveHeap(long pid) throws IOException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process histogram = new ProcessBuilder(jcmd.toString(), String.valueOf(pid), "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        try (InputStream output = histogram.getInputStream()) {
            return sum(new String(output.readAllBytes(), UTF_8), "Total\\s+\\d+\\s+(\\d+)");
        }
    }

    private ServerNode running() {
        if (server == null) {
            throw new IllegalStateException("the store in memory has no server");
        }
        return server;
    }

    private String info() throws IOException {
        return ask(running().endpoint(), "INFO everything\r\nQUIT\r\n");
    }

    private String metrics() throws IOException {
        URI page = URI.create("http://" + running().authority() + "/metrics");
        try (InputStream metrics = page.toURL().openStream()) {
            return new String(metrics.readAllBytes(), UTF_8);
        }
    }

    private static String ask(InetSocketAddress server, String command) throws IOException {
        try (Socket socket = new Socket(server.getAddress(), server.getPort())) {
            socket.getOutputStream().write(command.getBytes(UTF_8));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    private static double sum(String text, String pattern) {
        return Pattern.compile("(?m)^" + pattern)
                .matcher(text)
                .results()
                .map((MatchResult found) -> found.group(1))
                .mapToDouble(Double::parseDouble)
                .sum();
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
    }
}
