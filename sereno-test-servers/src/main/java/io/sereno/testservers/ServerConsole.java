package io.sereno.testservers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.List;
import java.util.function.Consumer;

/**
 * The program behind the script {@code servers start}: a server controlled by a person, or by a script that writes
 * lines.
 */
final class ServerConsole {
    private static final String KINDS = """
            servers start etcd [SETTING...]               one etcd server
            servers start etcd-cluster [SETTING...]       3 of them
            servers start zookeeper [SETTING...]          one ZooKeeper server
            servers start zookeeper-ensemble [SETTING...] 3 of them
            servers start redis [SETTING...]              one Redis server, all that it acknowledges on disk
            servers start redis-sentinel [SETTING...]     a primary, its replica and a Sentinel
            servers start redis-cluster [SETTING...]      3 masters
            servers start postgresql [SETTING...]         one PostgreSQL server
            servers start postgresql-replication [SETTING...] a primary and its replica
            servers start pgbouncer [SETTING...]          one PostgreSQL server behind a PgBouncer""";

    private static final String VERBS = """
            pause|resume|kill|restart [NAME]  of all servers, or of the one with that name
            backup|restore [NAME]             keeps what is on disk; starts again with what was kept
            status                            all servers: process, address, log
            leader                            who leads an etcd cluster or a ZooKeeper ensemble
            compact                           drops the history of etcd
            cut|heal                          the link from a Redis or PostgreSQL primary to its replica
            promote                           the Redis or PostgreSQL replica becomes the primary
            rejoin                            a former PostgreSQL primary becomes the replica
            quit                              ends all, and so do Ctrl-D and Ctrl-C""";

    private final TestServer server;
    private final List<? extends ServerNode> nodes;
    private final PrintStream out;

    private ServerConsole(TestServer server, PrintStream out) {
        this.server = server;
        this.nodes = server instanceof ServerGroup<?> group ? group.members() : List.of((ServerNode) server);
        this.out = out;
    }

    public static void main(String[] arguments) throws IOException {
        try {
            run(
                    List.of(arguments),
                    new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())),
                    System.out);
        } catch (IllegalArgumentException | TestServerException | ServerPrograms.MissingException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    /** Starts the servers that the arguments name and executes the lines, until they end. */
    static void run(List<String> arguments, BufferedReader lines, PrintStream out) throws IOException {
        try (TestServer server = start(arguments)) {
            ServerConsole console = new ServerConsole(server, out);
            console.status();
            out.println(VERBS);
            for (String line = lines.readLine();
                    line != null && !line.strip().equals("quit");
                    line = lines.readLine()) {
                console.obey(List.of(line.strip().split("\\s+", -1)));
            }
        }
    }

    private static TestServer start(List<String> arguments) {
        String kind = arguments.isEmpty() ? "" : arguments.get(0);
        String[] settings = arguments.stream().skip(1).toArray(String[]::new);
        return switch (kind) {
            case "etcd" -> EtcdServer.start(settings);
            case "etcd-cluster" -> EtcdCluster.start(3, settings);
            case "zookeeper" -> ZooKeeperServer.start(settings);
            case "zookeeper-ensemble" -> ZooKeeperEnsemble.start(3, settings);
            case "redis" -> RedisServer.start(Persistence.APPEND_ALWAYS, settings);
            case "redis-sentinel" -> RedisSentinel.start(Persistence.APPEND_ALWAYS, settings);
            case "redis-cluster" -> RedisCluster.start(3, Persistence.APPEND_ALWAYS, settings);
            case "postgresql" -> PostgresServer.start(settings);
            case "postgresql-replication" -> PostgresReplication.start(settings);
            case "pgbouncer" -> PgBouncer.start(settings);
            default ->
                throw new IllegalArgumentException(
                        "'" + kind + "' is no kind of server; accepted are:\n" + KINDS.indent(2));
        };
    }

    private void obey(List<String> words) {
        try {
            String verb = words.get(0);
            switch (verb) {
                case "pause" -> each(words, TestServer::pause);
                case "resume" -> each(words, TestServer::resume);
                case "kill" -> each(words, TestServer::kill);
                case "restart" -> each(words, TestServer::restart);
                case "backup" -> each(words, TestServer::backup);
                case "restore" -> each(words, TestServer::restore);
                case "status" -> {}
                case "compact" -> out.println("compacted at revision " + compact());
                case "leader" -> out.println("leader: " + leader().name());
                case "cut" -> {
                    if (server instanceof PostgresReplication postgres) {
                        postgres.cutReplica();
                    } else {
                        as(RedisSentinel.class, verb).cutReplica();
                    }
                }
                case "heal" -> {
                    if (server instanceof PostgresReplication postgres) {
                        postgres.healReplica();
                    } else {
                        as(RedisSentinel.class, verb).healReplica();
                    }
                }
                case "promote" -> out.println("primary: " + promote().name());
                case "rejoin" -> as(PostgresReplication.class, verb).rejoin();
                default -> throw new IllegalArgumentException("'" + verb + "' is no verb; accepted are:\n" + VERBS);
            }
            status();
        } catch (IllegalArgumentException | IllegalStateException | TestServerException e) {
            out.println(e.getMessage());
        }
    }

    private void each(List<String> words, Consumer<TestServer> verb) {
        if (words.size() == 1) {
            verb.accept(server);
            return;
        }
        String name = words.get(1);
        verb.accept(nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("'" + name + "' is not the name of a server; accepted are "
                                + nodes.stream().map(ServerNode::name).toList())));
    }

    private long compact() {
        return server instanceof EtcdServer etcd
                ? etcd.compact()
                : as(EtcdCluster.class, "compact").compact();
    }

    private ServerNode leader() {
        return server instanceof EtcdCluster etcd
                ? etcd.leader()
                : as(ZooKeeperEnsemble.class, "leader").leader();
    }

    private ServerNode promote() {
        if (server instanceof PostgresReplication postgres) {
            postgres.promote(postgres.replica());
            return postgres.primary();
        }
        RedisSentinel sentinel = as(RedisSentinel.class, "promote");
        sentinel.promote(sentinel.replica());
        return sentinel.primary();
    }

    private <T> T as(Class<T> kind, String verb) {
        if (!kind.isInstance(server)) {
            throw new IllegalArgumentException("'" + verb + "' is not for this kind of server");
        }
        return kind.cast(server);
    }

    private void status() {
        nodes.forEach(node -> out.printf("%-7s  %s  %s%n", node.state(), node, node.log()));
        out.println("clients connect to " + server.authority());
    }
}
