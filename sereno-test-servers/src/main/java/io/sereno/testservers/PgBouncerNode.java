package io.sereno.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The pooler of a {@link PgBouncer}. */
final class PgBouncerNode extends ServerNode {
    private final UnprivilegedUser user = UnprivilegedUser.of(folder());
    private final Path program = user.reachable(ServerPrograms.path(ServerPrograms.Program.PGBOUNCER));
    private final Path configuration = folder().resolve("pgbouncer.ini");

    PgBouncerNode(int port, PostgresServer server, String... settings) {
        super(ServerPrograms.Store.POSTGRESQL, "pgbouncer", port);
        user.admit(folder());
        Path users = folder().resolve("userlist.txt");
        List<String> lines = new ArrayList<>(List.of(
                "[databases]",
                "* = host=127.0.0.1 port=" + server.port(),
                "[pgbouncer]",
                "listen_addr = 127.0.0.1",
                "listen_port = " + port,
                "unix_socket_dir =",
                "auth_type = trust",
                "auth_file = " + users,
                "auth_user = " + PostgresServer.USER, // looks up the others
                "admin_users = " + PostgresServer.USER,
                "pool_mode = transaction",
                "max_client_conn = 1000",
                "ignore_startup_parameters = extra_float_digits")); // which the JDBC driver sends
        lines.addAll(List.of(settings));
        try {
            Files.write(configuration, lines);
            Files.writeString(users, "\"" + PostgresServer.USER + "\" \"\"\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The path of its settings shows which pooler we reached. */
    @Override
    boolean answers() throws IOException {
        try (PostgresConnection connection = new PostgresConnection(endpoint(), "pgbouncer")) {
            return connection.query("show config").contains(configuration.toString());
        }
    }

    @Override
    List<String> command() {
        return user.command(List.of(program.toString(), configuration.toString()));
    }
}
