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
 * One ZooKeeper server in a Java process of its own, alone or a member of a {@link ZooKeeperEnsemble}. It syncs its log
 * to disk like in production. The tick is short (200 ms), so that sessions from 400 ms can be had; the longest session is
 * 60 s.
 */
public final class ZooKeeperServer extends ServerNode {
    /** The ports through which the members of an ensemble know one another. */
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

    /** Without a secure port where that is 0. */
    private ZooKeeperServer(
            String name, FreePorts ports, int id, List<Peer> ensemble, int securePort, String... settings) {
        super(name, ports.next());
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
     * A standalone server, answering.
     *
     * @param settings lines of zoo.cfg, {@code "tickTime=2000"}, or, with a dash in front, arguments for its JVM, {@code
     *     "-Djute.maxbuffer=4000000"}; they win over the ones chosen here
     */
    public static ZooKeeperServer start(String... settings) {
        return FreePorts.start(() -> new ZooKeeperServer("zookeeper", new FreePorts(), 1, List.of(), settings));
    }

    /**
     * A standalone server, answering, with a port for TLS besides the usual one.
     *
     * @param settings as above; they have to tell where its certificates are: {@code "ssl.keyStore.location=..."}
     */
    public static ZooKeeperServer startWithTls(String... settings) {
        FreePorts ports = new FreePorts();
        return FreePorts.start(() -> new ZooKeeperServer("zookeeper", ports, 1, List.of(), ports.next(), settings));
    }

    /** Where clients connect by TLS, if it was started so. */
    public InetSocketAddress secureEndpoint() {
        if (securePort == 0) {
            throw new IllegalStateException(name() + " was started without TLS");
        }
        return FreePorts.address(securePort);
    }

    /**
     * Ends a client's session at once, as if its time were over: what is bound to it goes, and the client hears that it
     * has expired when it comes back. Done with a second handle on the session, which closes it; so it needs
     * ZooKeeper's client on the class path, which is there where there is a session to expire.
     *
     * @param id what {@code getSessionId()} of the client says
     * @param password what {@code getSessionPasswd()} of the client says
     * @throws IllegalArgumentException when there is no live session of that id with that password
     */
    public void expireSession(long id, byte[] password) {
        ForeignSession.end(authority(), id, password);
    }

    /** Kills it, and starts it on the same ports with nothing stored: as if another, empty server had taken its place. */
    public void restartEmpty() {
        kill();
        ServerFolder.delete(folder().resolve("version-2"));
        restart();
    }

    /** Whether it leads its ensemble. */
    boolean leads() throws IOException {
        return ask("srvr").contains("Mode: leader");
    }

    /** It tells its configuration when it serves; the data folder in it tells whom we reached. */
    @Override
    boolean answers() throws IOException {
        return ask("conf").contains("dataDir=" + folder());
    }

    /** ZooKeeper's four-letter words: one each way, then it hangs up. */
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
