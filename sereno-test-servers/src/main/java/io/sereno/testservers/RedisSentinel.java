package io.sereno.testservers;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A Redis primary, its replica, and a Sentinel that replaces a primary that is silent for two seconds.
 *
 * <p>Replication is asynchronous: writes that the primary acknowledged may be lost when the replica takes its place,
 * and are certainly lost after {@link #cutReplica()}. Primary and replica change roles; ask again after a failover.
 */
public final class RedisSentinel extends ServerGroup<RedisServer> {
    /** The name under which the Sentinel knows the primary. */
    public static final String PRIMARY_NAME = "primary";

    private static final String REPLICATION_USER = "replicator";

    private final RedisServer first;
    private final RedisServer second;
    private final RedisServer sentinel;

    private RedisSentinel(RedisServer first, RedisServer second, RedisServer sentinel) {
        super(List.of(first, second, sentinel));
        this.first = first;
        this.second = second;
        this.sentinel = sentinel;
    }

    /**
     * Starts the three servers; returns when they answer and the replica is connected and known to the Sentinel.
     *
     * @param settings lines of redis.conf for primary and replica; they override the ones chosen here
     */
    public static RedisSentinel start(Persistence persistence, String... settings) {
        FreePorts ports = new FreePorts();
        return FreePorts.start(() -> {
            int port = ports.next();
            // Replication has a user of its own: revoking the user's rights cuts the link and nothing else.
            String password = UUID.randomUUID().toString();
            List<String> role = List.of(
                    "user " + REPLICATION_USER + " on >" + password + " +psync +replconf +ping",
                    "masteruser " + REPLICATION_USER,
                    "masterauth " + password,
                    "repl-diskless-sync-delay 0");
            List<String> storing = RedisServer.storing(persistence, role, settings);
            List<String> following = Stream.concat(storing.stream(), Stream.of("replicaof 127.0.0.1 " + port))
                    .toList();
            RedisServer first = new RedisServer("redis-1", port, List.of(), storing);
            RedisServer second = new RedisServer("redis-2", ports.next(), List.of(), following);
            RedisServer sentinel = new RedisServer(
                    "sentinel",
                    ports.next(),
                    List.of("--sentinel"),
                    List.of(
                            "sentinel monitor " + PRIMARY_NAME + " 127.0.0.1 " + port + " 1",
                            "sentinel down-after-milliseconds " + PRIMARY_NAME + " 2000",
                            "sentinel failover-timeout " + PRIMARY_NAME + " 10000"));
            return new RedisSentinel(first, second, sentinel);
        });
    }

    /** The Sentinel's endpoint; the Sentinel gives clients the address of the primary. */
    @Override
    public List<InetSocketAddress> endpoints() {
        return List.of(sentinel.endpoint());
    }

    /** The server that the Sentinel calls primary now. */
    public RedisServer primary() {
        try {
            String address = sentinel.send("SENTINEL", "GET-MASTER-ADDR-BY-NAME", PRIMARY_NAME);
            return address.endsWith("\n" + first.port()) ? first : second;
        } catch (IOException e) {
            throw new TestServerException("asking " + sentinel + " for the primary failed", e);
        }
    }

    /** The server of the two that is not the {@link #primary()}. */
    public RedisServer replica() {
        return other(primary());
    }

    /** The server that monitors the other two; it never changes. */
    public RedisServer sentinel() {
        return sentinel;
    }

    private RedisServer other(RedisServer server) {
        return server == first ? second : first;
    }

    /**
     * Cuts the link from primary to replica: later writes that the primary acknowledges are not replicated. The primary
     * continues to serve clients, and the replica keeps its data. Returns when no replica is connected.
     */
    public void cutReplica() {
        RedisServer primary = primary();
        command(primary, "ACL", "SETUSER", REPLICATION_USER, "off");
        command(primary, "CLIENT", "KILL", "USER", REPLICATION_USER);
        primary.await(
                "lose its replica", () -> primary.send("INFO", "replication").contains("connected_slaves:0"));
    }

    /** Restores the link that {@link #cutReplica()} cut; returns when the replica follows again. */
    public void healReplica() {
        command(primary(), "ACL", "SETUSER", REPLICATION_USER, "on");
        RedisServer replica = replica();
        replica.await(
                "follow the primary", () -> replica.send("INFO", "replication").contains("master_link_status:up"));
    }

    /**
     * Makes this server the primary, whether or not the present primary is up, as the Sentinel would by itself after
     * two seconds without it. Returns when the server accepts writes and the Sentinel names it. A replica that has been
     * cut off for more than twenty seconds is not eligible.
     *
     * <p>A Sentinel that was paused for more than two seconds does nothing for thirty ("tilt"): such a Sentinel is
     * restarted.
     *
     * <p>A former primary that is up continues to accept writes until the Sentinel makes it a replica, some eight
     * seconds after the Sentinel sees it; these writes are lost.
     */
    public void promote(RedisServer server) {
        if (server != first && server != second) {
            throw new IllegalArgumentException(server + " is neither primary nor replica of " + this);
        }
        wakeSentinel();
        server.await("be accepted as the next primary", () -> primary() == server || failoverBegins());
        server.await(
                "become the primary",
                () -> primary() == server && server.send("ROLE").startsWith("master"));
    }

    /** A new process does not know for how long the old one was paused. */
    private void wakeSentinel() {
        try {
            if (sentinel.send("INFO", "sentinel").contains("sentinel_tilt:1")) {
                sentinel.restart();
            }
        } catch (IOException e) {
            throw new TestServerException("asking " + sentinel + " for its state failed", e);
        }
    }

    private boolean failoverBegins() throws IOException {
        try {
            return sentinel.send("SENTINEL", "FAILOVER", PRIMARY_NAME).equals("OK");
        } catch (RedisConnection.ErrorReply e) {
            if (String.valueOf(e.getMessage()).startsWith("INPROG")) {
                return true; // the Sentinel has begun by itself
            }
            throw e;
        }
    }

    private static void command(RedisServer server, String... command) {
        try {
            server.send(command);
        } catch (IOException e) {
            throw new TestServerException(String.join(" ", command) + " on " + server + " failed", e);
        }
    }

    /** The Sentinel starts last: it checks a replica only every ten seconds, and must find a connected one at once. */
    @Override
    void startMembers() {
        first.launch();
        second.launch();
        awaitLink(first);
        awaitLink(second);
        sentinel.launch();
        sentinel.awaitAnswer();
        sentinel.await(
                "know the replica",
                () -> sentinel.send("SENTINEL", "REPLICAS", PRIMARY_NAME).contains("master-link-status\nok"));
    }

    /** Waits until the server, if it is a replica, is connected to its primary. */
    private static void awaitLink(RedisServer server) {
        server.awaitAnswer();
        server.await(
                "follow its primary", () -> !server.send("INFO", "replication").contains("master_link_status:down"));
    }
}
