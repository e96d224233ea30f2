package io.sereno.testservers;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * One etcd server, alone or a member of an {@link EtcdCluster}. It syncs its log to disk as in production; heartbeat
 * (50 ms) and election timeout (300 ms) are short, so that leases of one second are possible.
 */
public final class EtcdServer extends ServerNode {
    /** How the members of a cluster identify and reach one of them. Nothing else uses the name. */
    record Peer(String name, String url) {
        static Peer create(FreePorts ports) {
            return new Peer(UUID.randomUUID().toString(), "http://127.0.0.1:" + ports.next());
        }
    }

    /** etcd rewrites its file meanwhile, which takes seconds on a busy machine. */
    private static final Duration COMPACTION = Duration.ofMinutes(1);

    private final Peer self;
    private final List<Peer> cluster;
    private final List<String> flags;
    private final OptionalInt securePort;
    private final EtcdGateway gateway;

    EtcdServer(String name, FreePorts ports, Peer self, List<Peer> cluster, String... flags) {
        this(name, ports, self, cluster, OptionalInt.empty(), flags);
    }

    private EtcdServer(
            String name, FreePorts ports, Peer self, List<Peer> cluster, OptionalInt securePort, String... flags) {
        super(ServerPrograms.Store.ETCD, name, ports.next());
        this.self = self;
        this.cluster = cluster;
        this.flags = List.of(flags);
        this.securePort = securePort;
        this.gateway = new EtcdGateway(endpoint());
    }

    /**
     * Starts a cluster of one member, and returns when the member answers.
     *
     * @param flags for the etcd program, such as {@code "--max-txn-ops=512"}; they override those of this class
     */
    public static EtcdServer start(String... flags) {
        return start(new FreePorts(), flags);
    }

    /**
     * Starts a cluster of one member that also accepts TLS, at {@link #secureEndpoint()}.
     *
     * @param flags for the etcd program; those for its certificate, {@code "--cert-file=..."} and
     *     {@code "--key-file=..."}, are required
     */
    public static EtcdServer startWithTls(String... flags) {
        FreePorts ports = new FreePorts();
        return FreePorts.start(() -> {
            Peer self = Peer.create(ports);
            return new EtcdServer("etcd", ports, self, List.of(self), OptionalInt.of(ports.next()), flags);
        });
    }

    static EtcdServer start(FreePorts ports, String... flags) {
        return FreePorts.start(() -> {
            Peer self = Peer.create(ports);
            return new EtcdServer("etcd", ports, self, List.of(self), flags);
        });
    }

    /** Where clients with TLS connect. */
    public InetSocketAddress secureEndpoint() {
        return FreePorts.address(securePort.orElseThrow());
    }

    /** Drops all history before the present revision, also from disk; returns that revision. */
    public long compact() {
        try {
            String revision =
                    EtcdGateway.number(gateway.post("kv/range", "{\"key\":\"AA==\"}", COMPACTION), "revision");
            try {
                gateway.post("kv/compaction", "{\"revision\":" + revision + ",\"physical\":true}", COMPACTION);
            } catch (IOException e) {
                if (!String.valueOf(e.getMessage()).contains("required revision has been compacted")) {
                    throw e;
                }
                // nothing was written since the last compaction, so there is nothing to do
            }
            return Long.parseLong(revision);
        } catch (IOException e) {
            throw new TestServerException("compacting " + this + " failed", e);
        }
    }

    /** Whether it leads its cluster, as far as it knows. */
    boolean leads() throws IOException {
        String status = gateway.post("maintenance/status", "{}");
        return EtcdGateway.number(status, "member_id").equals(EtcdGateway.number(status, "leader"));
    }

    @Override
    List<String> command() {
        String clientUrl =
                "http://" + authority() + (securePort.isPresent() ? ",https://127.0.0.1:" + securePort.getAsInt() : "");
        List<String> line = new ArrayList<>();
        if (System.getProperty("os.arch").equals("aarch64")) {
            line.addAll(List.of("env", "ETCD_UNSUPPORTED_ARCH=arm64")); // 3.4 runs there, but only on request
        }
        line.addAll(List.of(
                ServerPrograms.path(ServerPrograms.Program.ETCD).toString(),
                "--name=" + self.name,
                "--data-dir=" + folder().resolve("data"),
                "--listen-client-urls=" + clientUrl,
                "--advertise-client-urls=" + clientUrl,
                "--listen-peer-urls=" + self.url,
                "--initial-advertise-peer-urls=" + self.url,
                "--initial-cluster="
                        + cluster.stream()
                                .map(peer -> peer.name + "=" + peer.url)
                                .collect(joining(",")),
                "--heartbeat-interval=50",
                "--election-timeout=300"));
        line.addAll(flags);
        return line;
    }

    /** A linearizable read needs the quorum; the random name in the list of members shows which server we reached. */
    @Override
    boolean answers() throws IOException {
        gateway.post("kv/range", "{\"key\":\"AA==\"}");
        String members = gateway.post("cluster/member/list", "{}");
        String reached = EtcdGateway.number(members, "member_id");
        return members.contains("\"ID\":\"" + reached + "\",\"name\":\"" + self.name + "\"");
    }
}
