package io.sereno.testservers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One ZooKeeper server in a separate Java process, alone or a member of a {@link ZooKeeperEnsemble}. It syncs its log
 * to disk as in production. The tick is short (200 ms), so that sessions from 400 ms are possible; the longest session
 * is 60 s.
 */
public final class ZooKeeperServer extends ServerNode {
    /** The ports through which the members of an ensemble communicate. */
    record Peer(int id, int quorumPort, int electionPort) {
        static Peer create(int id, FreePorts ports) {
            return new Peer(id, ports.next(), ports.next());
        }
    }

    private static final int TIMEOUT_MILLIS = 2_000;

    private final List<String> command;
    private final int securePort;

    ZooKeeperServer(String name, FreePorts ports, int id, List<Peer> ensemble, String... settings) {
        this(name, ports, id, ensemble, 0, settings);
    }

    /** There is no secure port if that is 0. */
    private ZooKeeperServer(
            String name, FreePorts ports, int id, List<Peer> ensemble, int securePort, String... settings) {
        super(ServerPrograms.Store.ZOOKEEPER, name, ports.next());
        this.securePort = securePort;
        List<String> configuration = new ArrayList<>(List.of(
                "clientPort=" + port(),
                "clientPortAddress=127.0.0.1",
                "dataDir=" + folder(),
                "tickTime=200",
                "initLimit=50",
                "syncLimit=15",
                "maxSessionTimeout=60000",
                "maxClientCnxns=0",
                "admin.enableServer=false",
                "4lw.commands.whitelist=conf,srvr"));
        if (securePort != 0) {
            configuration.addAll(List.of(
                    "secureClientPort=" + securePort,
                    "secureClientPortAddress=127.0.0.1",
                    "serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory"));
        }
        ensemble.forEach(peer ->
                configuration.add("server." + peer.id + "=127.0.0.1:" + peer.quorumPort + ":" + peer.electionPort));
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Dorg.slf4j.simpleLogger.log.org.apache.zookeeper.server.NIOServerCnxn=warn", // our own questions
                "-cp",
                classPath()));
        Stream.of(settings).forEach(setting -> (setting.startsWith("-") ? line : configuration).add(setting));
        Path file = folder().resolve("zoo.cfg");
        line.addAll(List.of("org.apache.zookeeper.server.quorum.QuorumPeerMain", file.toString()));
        this.command = List.copyOf(line);
        try {
            Files.write(file, configuration);
            Files.writeString(folder().resolve("myid"), String.valueOf(id));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts a standalone server; returns when it answers.
     *
     * @param settings lines of zoo.cfg, {@code "tickTime=2000"}, or, with a leading dash, arguments for its JVM,
     *     {@code "-Djute.maxbuffer=4000000"}; they override the ones chosen here
     */
    public static ZooKeeperServer start(String... settings) {
        return FreePorts.start(() -> new ZooKeeperServer("zookeeper", new FreePorts(), 1, List.of(), settings));
    }

    /**
     * Starts a standalone server with a port for TLS besides the usual one; returns when it answers.
     *
     * @param settings as above; they must say where its certificates are: {@code "ssl.keyStore.location=..."}
     */
    public static ZooKeeperServer startWithTls(String... settings) {
        FreePorts ports = new FreePorts();
        return FreePorts.start(() -> new ZooKeeperServer("zookeeper", ports, 1, List.of(), ports.next(), settings));
    }

    /** Where clients connect with TLS, if it was started with TLS. */
    public InetSocketAddress secureEndpoint() {
        if (securePort == 0) {
            throw new IllegalStateException(name() + " was started without TLS");
        }
        return FreePorts.address(securePort);
    }

    /**
     * Ends a client's session at once, as if it had timed out: its ephemeral nodes are removed, and the client learns
     * that the session has expired when it reconnects. A second handle on the session closes it; so ZooKeeper's client
     * must be on the class path, as it is wherever there is a session to expire.
     *
     * @param id the client's {@code getSessionId()}
     * @param password the client's {@code getSessionPasswd()}
     * @throws IllegalArgumentException when there is no live session of that id with that password
     */
    public void expireSession(long id, byte[] password) {
        ForeignSession.end(authority(), id, password);
    }

    /** Kills it, and starts it on the same ports with nothing stored: as if a new, empty server had taken its place. */
    public void restartEmpty() {
        kill();
        ServerFolder.delete(folder().resolve("version-2"));
        restart();
    }

    /** Whether it leads its ensemble. */
    boolean leads() throws IOException {
        return ask("srvr").contains("Mode: leader");
    }

    /**
     * It reports its configuration when it serves; the data folder in the configuration shows which server we reached.
     */
    @Override
    boolean answers() throws IOException {
        return ask("conf").contains("dataDir=" + folder());
    }

    /** ZooKeeper's four-letter words: one request, one answer, then the server disconnects. */
    private String ask(String word) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(endpoint(), TIMEOUT_MILLIS);
            socket.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Override
    List<String> command() {
        return command;
    }

    /** The server's jars, as the build resolved them. */
    private static String classPath() {
        try (InputStream resource = ZooKeeperServer.class.getResourceAsStream("zookeeper.classpath")) {
            if (resource == null) {
                throw new TestServerException("zookeeper.classpath is missing from the classes of sereno-test-servers; "
                        + "mvn -pl sereno-test-servers process-classes writes it");
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
