package io.sereno.backend.postgresql;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.Sereno;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;

/**
 * A process that books under a mutex, and may be paused. It waits where it is told to, until nobody has the advisory lock
 * {@link #GATE}.
 */
final class Bookkeeper {
    static final int GATE = 4711;

    private Bookkeeper() {}

    /**
     * Books once.
     *
     * @param arguments the URI of Sereno, the one of JDBC, and {@code before} or {@code after} the check to wait
     */
    public static void main(String[] arguments) throws Exception {
        boolean isCheckedFirst = arguments[2].equals("after");
        try (Sereno sereno = Sereno.connect(arguments[0]);
                Connection connection = DriverManager.getConnection(arguments[1]);
                Connection gate = DriverManager.getConnection(arguments[1]);
                Grant grant = sereno.mutex("ledger").acquire()) {
            connection.setAutoCommit(false);
            if (isCheckedFirst) {
                Fence.check(connection, grant);
            }
            System.out.println("holds");
            pass(gate);
            try {
                if (!isCheckedFirst) {
                    Fence.check(connection, grant);
                }
                book(connection, "paused");
                connection.commit();
                System.out.println("committed");
            } catch (GrantLostException e) {
                SQLException cause = (SQLException) Objects.requireNonNull(e.getCause());
                connection.commit(); // as an application that takes no notice: the server rolls back
                System.out.println("refused " + cause.getSQLState());
            }
        }
    }

    private static void pass(Connection gate) throws SQLException {
        try (Statement statement = gate.createStatement()) {
            statement.execute("SELECT pg_advisory_lock_shared(" + GATE + ")");
        }
    }

    static void book(Connection connection, String by) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO ledger (booked_by) VALUES (?)")) {
            statement.setString(1, by);
            statement.executeUpdate();
        }
    }
}
