package io.sereno.testservers;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The part of PostgreSQL's protocol that is needed to administer a server: a login without password, simple queries. */
final class PostgresConnection implements AutoCloseable {
    /** The server got the query, or the login, and refused it. */
    static final class ErrorReply extends IOException {
        private static final long serialVersionUID = 1L;

        ErrorReply(String message) {
            super(message);
        }
    }

    private static final int TIMEOUT_MILLIS = 10_000;
    private static final int PROTOCOL = 3 << 16;

    private final Socket socket = new Socket();
    private final DataInputStream in;

    /** Logs in as the superuser. */
    PostgresConnection(InetSocketAddress endpoint, String database) throws IOException {
        try {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(endpoint, TIMEOUT_MILLIS);
            in = new DataInputStream(socket.getInputStream());
            send("", startup(database));
            rows();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The rows of the answer as lines, with {@code |} between columns, as {@code psql -At} prints them. */
    String query(String sql) throws IOException {
        send("Q", (sql + "\0").getBytes(StandardCharsets.UTF_8));
        return String.join("\n", rows());
    }

    private static byte[] startup(String database) {
        byte[] parameters =
                ("user\0" + PostgresServer.USER + "\0database\0" + database + "\0\0").getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Integer.BYTES + parameters.length)
                .putInt(PROTOCOL)
                .put(parameters)
                .array();
    }

    private void send(String type, byte[] body) throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(message);
        out.writeBytes(type);
        out.writeInt(Integer.BYTES + body.length);
        out.write(body);
        socket.getOutputStream().write(message.toByteArray());
    }

    /** Reads until the server is ready for the next query. */
    private List<String> rows() throws IOException {
        List<String> rows = new ArrayList<>();
        String error = "";
        while (true) {
            char type = (char) in.readUnsignedByte();
            ByteBuffer body = ByteBuffer.wrap(in.readNBytes(in.readInt() - Integer.BYTES));
            switch (type) {
                case 'D' -> rows.add(row(body));
                case 'E' -> error = error(body);
                case 'R' -> {
                    if (body.getInt() != 0) {
                        throw new ErrorReply("asks for a password");
                    }
                }
                case 'Z' -> {
                    if (!error.isEmpty()) {
                        throw new ErrorReply(error);
                    }
                    return rows;
                }
                default -> {} // the columns' names, parameters, notices
            }
            if (type == 'E' && error.startsWith("FATAL")) {
                throw new ErrorReply(error); // and nothing follows
            }
        }
    }

    private static String row(ByteBuffer body) {
        List<String> columns = new ArrayList<>();
        for (int left = body.getShort(); left > 0; left--) {
            byte[] value = new byte[Math.max(0, body.getInt())]; // -1 is NULL
            body.get(value);
            columns.add(new String(value, StandardCharsets.UTF_8));
        }
        return String.join("|", columns);
    }

    /** Its severity, SQLSTATE and message. */
    private static String error(ByteBuffer body) {
        List<String> parts = new ArrayList<>();
        for (String field : StandardCharsets.UTF_8.decode(body).toString().split("\0", -1)) {
            if (field.startsWith("V") || field.startsWith("C") || field.startsWith("M")) {
                parts.add(field.substring(1));
            }
        }
        return String.join(" ", parts);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
