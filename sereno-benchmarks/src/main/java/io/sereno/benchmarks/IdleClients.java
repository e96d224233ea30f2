package io.sereno.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.Mutex;
import io.sereno.Sereno;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.ZooKeeperServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * What a lock costs a server beside clients that hold a lock each and do nothing. One client acquires and releases a mutex; the
 * requests of all clients and the answers and notices to them are the server's own counts. Fails if a token does not increase.
 */
public final class IdleClients {
    private static final List<Integer> IDLE = List.of(0, 10, 50);
    private static final int CYCLES = 1_000;
    private static final int WARM_UP = 500;
    private static final List<String> STORES = List.of("redis", "etcd", "zookeeper");

    /**
     * @param received requests of clients, or messages over their streams
     * @param sent answers and notices; on Redis bytes, as it does not count messages
     */
    private record Counts(double received, double sent, Duration cpu) {}

    private interface Counter {
        Counts count() throws IOException;
    }

    private IdleClients() {}

    /** Measures the stores named, or all. */
    public static void main(String[] args) throws Exception {
        System.out.println(
                "| store | idle clients | requests a cycle | sent by the server a cycle | its processor a cycle | cycles |");
        System.out.println("|---|---|---|---|---|---|");
        for (String store : args.length == 0 ? STORES : List.of(args)) {
            switch (store) {
                case "redis" -> {
                    try (RedisServer server = RedisServer.start(Persistence.NONE)) {
                        measure("redis", server.authority(), "bytes", () -> redis(server));
                    }
                }
                case "etcd" -> {
                    try (EtcdServer server = EtcdServer.start()) {
                        measure("etcd", server.authority(), "messages", () -> etcd(server));
                    }
                }
                case "zookeeper" -> {
                    try (ZooKeeperServer server = ZooKeeperServer.start()) {
                        measure("zookeeper", server.authority(), "messages", () -> zooKeeper(server));
                    }
                }
                default -> throw new IllegalArgumentException(store + "; " + STORES + " are accepted");
            }
        }
        // The client libraries' threads would keep the JVM for a while.
        System.exit(0);
    }

    private static void measure(String store, String authority, String unit, Counter counter) throws Exception {
        for (int idle : IDLE) {
            String uri = store + "://" + authority + "/idle" + idle;
            List<Sereno> clients = new ArrayList<>();
            try (Sereno sereno = Sereno.connect(uri)) {
                for (int i = 0; i < idle; i++) {
                    Sereno client = Sereno.connect(uri);
                    clients.add(client);
                    client.mutex("of" + i).acquire();
                }
                Mutex mutex = sereno.mutex("m");
                long token = cycles(mutex, WARM_UP, 0);
                Counts before = counter.count();
                long from = System.nanoTime();
                cycles(mutex, CYCLES, token);
                double seconds = (System.nanoTime() - from) / 1e9;
                Counts after = counter.count();
                System.out.printf(
                        Locale.ROOT,
                        "| %s | %d | %.1f | %.0f %s | %.0f µs | %.0f /s |%n",
                        store,
                        idle,
                        (after.received - before.received) / CYCLES,
                        (after.sent - before.sent) / CYCLES,
                        unit,
                        after.cpu.minus(before.cpu).toNanos() / 1e3 / CYCLES,
                        CYCLES / seconds);
            } finally {
                clients.forEach(Sereno::close);
            }
        }
    }

    private static long cycles(Mutex mutex, int times, long before) throws InterruptedException {
        long token = before;
        for (int i = 0; i < times; i++) {
            try (var grant = mutex.acquire()) {
                if (grant.fencingToken() <= token) {
                    throw new IllegalStateException("token " + grant.fencingToken() + " after " + token);
                }
                token = grant.fencingToken();
            }
        }
        return token;
    }

    private static Duration cpu(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().totalCpuDuration())
                .orElseThrow();
    }

    /** Of the commands, those that clients send; the server counts those within scripts too. */
    private static Counts redis(RedisServer server) throws IOException {
        String info = ask(server.endpoint(), "INFO all\r\nQUIT\r\n");
        return new Counts(
                sum(info, "cmdstat_(?:evalsha|eval|xread|s?subscribe|s?unsubscribe):calls=(\\d+)"),
                sum(info, "total_net_output_bytes:(\\d+)"),
                cpu(server.pid()));
    }

    private static Counts etcd(EtcdServer server) throws IOException {
        String metrics = new String(
                URI.create("http://" + server.authority() + "/metrics")
                        .toURL()
                        .openStream()
                        .readAllBytes(),
                UTF_8);
        return new Counts(
                sum(metrics, "grpc_server_msg_received_total\\{.*\\} (\\S+)"),
                sum(metrics, "grpc_server_msg_sent_total\\{.*\\} (\\S+)"),
                cpu(server.pid()));
    }

    private static Counts zooKeeper(ZooKeeperServer server) throws IOException {
        String answer = ask(server.endpoint(), "srvr");
        return new Counts(sum(answer, "Received: (\\d+)"), sum(answer, "Sent: (\\d+)"), cpu(server.pid()));
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
}
