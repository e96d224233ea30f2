package io.sereno.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One PostgreSQL server: alone, part of a {@link PostgresReplication}, or behind a {@link PgBouncer}. Everybody may log
 * in from 127.0.0.1 to every database without a password.
 *
 * <p>It does not sync to disk: SIGKILL of its processes loses nothing that the kernel has. PostgreSQL serves each
 * connection by a process of its own, and the verbs act on all of these processes. Where the tests run as root, which
 * PostgreSQL refuses, it runs as the user {@code postgres}, or {@code nobody}.
 */
public final class PostgresServer extends ServerNode {
    /** The superuser. */
    public static final String USER = "postgres";

    /** A database that exists from the start. */
    public static final String DATABASE = "postgres";

    private static final List<String> FOR_TESTS = List.of(
            "fsync = off",
            "max_connections = 500",
            "shared_buffers = 32MB",
            "jit = off",
            "timezone = UTC",
            "wal_retrieve_retry_interval = 100ms", // so soon does a replica try again to reach its primary
            "unix_socket_directories = ''",
            "dynamic_shared_memory_type = mmap"); // files among the data, which are deleted with them

    private static final Duration COPY_LIMIT = Duration.ofSeconds(30);
    private static final int SHARED_MEMORY_LINE = 6; // of postmaster.pid

    private final UnprivilegedUser user = UnprivilegedUser.of(folder());
    private final Path program = user.reachable(ServerPrograms.path(ServerPrograms.Program.POSTGRES));
    private final Path data = folder().resolve("data");
    private final Path configuration = folder().resolve("postgresql.conf");

    /** A server without data: {@link #create} or {@link #copy} comes before its start. */
    PostgresServer(String name, int port, List<String> role, String... settings) {
        super(ServerPrograms.Store.POSTGRESQL, name, port);
        user.admit(folder());
        Path logins = folder().resolve("pg_hba.conf");
        List<String> server = new ArrayList<>(FOR_TESTS);
        server.addAll(role);
        server.addAll(List.of("listen_addresses = '127.0.0.1'", "port = " + port, "hba_file = '" + logins + "'"));
        List<String> rights = new ArrayList<>();
        for (String setting : settings) {
            (setting.startsWith("host") ? rights : server).add(setting);
        }
        rights.add("host all,replication all 127.0.0.1/32 trust");
        try {
            Files.write(configuration, server);
            Files.write(logins, rights);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts a server with an empty database; returns when it answers.
     *
     * @param settings lines of postgresql.conf, {@code "max_connections = 10"}, which override the ones chosen here;
     *     and lines of pg_hba.conf, {@code "host all app 127.0.0.1/32 scram-sha-256"}, which come first there
     */
    public static PostgresServer start(String... settings) {
        FreePorts ports = new FreePorts();
        return FreePorts.start(() -> alone("postgresql", ports, List.of(), settings));
    }

    /**
     * Starts a server that also accepts TLS, on the same port; returns when it answers.
     *
     * @param identity shown to clients; copied, since PostgreSQL wants a key that nobody else can read
     * @param settings as for {@link #start}
     */
    public static PostgresServer startWithTls(Identity identity, String... settings) {
        FreePorts ports = new FreePorts();
        return FreePorts.start(() -> {
            PostgresServer server = alone("postgresql", ports, List.of("ssl = on"), settings);
            server.identify(identity);
            return server;
        });
    }

    static PostgresServer alone(String name, FreePorts ports, List<String> role, String... settings) {
        PostgresServer server = new PostgresServer(name, ports.next(), role, settings);
        server.create();
        return server;
    }

    /** Makes an empty database. */
    void create() {
        run("initdb", "--username=" + USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync");
    }

    /** Replaces the data with those of the primary, which runs, as its replica. */
    void copy(PostgresServer primary, String replicationUser) {
        kill();
        ServerFolder.delete(data);
        run(
                "pg_basebackup",
                "--host=127.0.0.1",
                "--port=" + primary.port(),
                "--username=" + replicationUser,
                "--checkpoint=fast",
                "--no-sync");
        try {
            Path standby = Files.createFile(data.resolve("standby.signal"));
            user.give(standby);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean hasData() {
        return Files.exists(data);
    }

    private void identify(Identity identity) {
        try {
            Path certificate = data.resolve("server.crt"); // where PostgreSQL looks
            Path key = data.resolve("server.key");
            Files.copy(identity.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
            Files.copy(identity.key(), key, StandardCopyOption.REPLACE_EXISTING);
            user.give(certificate);
            user.give(key);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a program that fills the folder of the data. */
    private void run(String name, String... arguments) {
        try {
            user.give(Files.createDirectory(data));
            List<String> line =
                    new ArrayList<>(List.of(program.resolveSibling(name).toString(), "--pgdata=" + data));
            line.addAll(List.of(arguments));
            SupervisedProcess process = SupervisedProcess.start(user.command(line), log());
            boolean ended = process.endsWithin(COPY_LIMIT);
            process.kill();
            if (!ended || process.exitStatus() != 0) {
                throw new TestServerException(name + " for " + this
                        + (ended ? " ended with status " + process.exitStatus() : " took more than " + COPY_LIMIT)
                        + "; its output ends with:\n" + logEnd());
            }
        } catch (InterruptedException e) {
            throw TestServerException.interrupted("running " + name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a query as the superuser on a new connection; rows are lines, with {@code |} between the columns. */
    String query(String sql) throws IOException {
        try (PostgresConnection connection = new PostgresConnection(endpoint(), DATABASE)) {
            // The next reply does not wait for a replica, which may be what the query prepares for.
            connection.query("set synchronous_commit = local");
            return connection.query(sql);
        }
    }

    /** The folder of its data shows which server we reached. */
    @Override
    boolean answers() throws IOException {
        return query("show data_directory").equals(data.toString());
    }

    @Override
    List<String> command() {
        return user.command(List.of(program.toString(), "-D", data.toString(), "-c", "config_file=" + configuration));
    }

    /**
     * Frees what SIGKILL leaves behind: a segment of shared memory, which the system would keep, and the lock file,
     * whose process id may soon be that of another PostgreSQL.
     */
    @Override
    void ended() throws IOException, InterruptedException {
        Path lock = data.resolve("postmaster.pid");
        if (Files.exists(lock)) {
            List<String> lines = Files.readAllLines(lock);
            if (lines.size() > SHARED_MEMORY_LINE) {
                String[] keyAndId = lines.get(SHARED_MEMORY_LINE).strip().split("\\s+", -1);
                new ProcessBuilder("ipcrm", "-m", keyAndId[keyAndId.length - 1])
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                        .start()
                        .waitFor();
            }
            Files.delete(lock);
        }
    }
}
