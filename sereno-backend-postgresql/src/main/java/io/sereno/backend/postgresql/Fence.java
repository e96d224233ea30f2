package io.sereno.backend.postgresql;

import static java.util.Objects.requireNonNull;

import io.sereno.Grant;
import io.sereno.GrantLostException;
import io.sereno.LossCause;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes of an application that take effect only under a grant which nobody else has got since, even if the process was
 * paused in between: what no lease alone can promise.
 *
 * <pre>{@code
 * try (Grant grant = sereno.mutex("ledger").acquire();
 *         Connection connection = dataSource.getConnection()) {
 *     connection.setAutoCommit(false);
 *     Fence.check(connection, grant);
 *     book(connection);
 *     connection.commit();
 * }
 * }</pre>
 *
 * <p>{@link #check} needs the application's tables and Sereno in one database. {@link #update} needs a column for the
 * token in the application's table, and works with the grants of any store.
 *
 * <p>Stateless, and safe for use by multiple threads, as far as the connections are.
 */
public final class Fence {
    /** What {@code sereno.fence} raises. */
    private static final String REFUSED = "SR001";

    /** A createRevision for each 1,024 tokens, as the specification says. */
    private static final long TOKENS_PER_REVISION = 1_024;

    private static final Pattern TOKEN = Pattern.compile("(?<!:):token\\b");
    private static final Pattern CONDITION = Pattern.compile("<=\\s*:token\\b|(?<!:):token\\s*>=");
    private static final String FAIL = "DO $$ BEGIN RAISE SQLSTATE '" + REFUSED + "'; END $$";

    private Fence() {}

    /**
     * Proves that the grant is still the latest, and makes the transaction fail otherwise. One round trip.
     *
     * <p><b>Guarantees.</b> If this transaction commits, then no later grant of this name has passed a check before the
     * commit: whoever checks a later grant waits until this transaction has ended, and sees what it wrote. If the grant
     * has ended, the transaction is aborted: the server accepts nothing but its rollback, unless the application goes
     * back to a savepoint from before the check.
     *
     * <p><b>Not guaranteed.</b> Anything for writes that no check precedes in their transaction, for the time after the
     * transaction, or if the grant is of a client that uses another database. Transactions under a {@link io.sereno.LockSet}
     * wait for those of other names of its domain, too.
     *
     * <p>Blocks while the transaction of an earlier grant goes on. If that process is paused, this is until the server
     * ends its session: set {@code idle_in_transaction_session_timeout}, and {@code lock_timeout} to wait no longer.
     *
     * @param connection of the application, to the database that Sereno uses, in a transaction at the isolation
     *     {@code READ COMMITTED}; its role needs {@code USAGE} on the schema {@code sereno} and {@code SELECT} on
     *     {@code sereno.seen}
     * @param grant from a client that uses the same database
     * @throws GrantLostException if the grant has ended; the cause is the one that {@link Grant#lost()} reports, or
     *     {@link LossCause#ENTRY_REMOVED} while the client has not noticed the loss
     * @throws IllegalStateException before any I/O, if the connection commits each statement by itself
     * @throws SQLException for other errors, of SQLSTATE 25000 if the isolation is another one
     */
    public static void check(Connection connection, Grant grant) throws SQLException {
        requireNonNull(grant, "grant");
        if (connection.getAutoCommit()) {
            throw new IllegalStateException(
                    "the connection commits each statement by itself, so a check would guard nothing;"
                            + " begin a transaction first: setAutoCommit(false)");
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT sereno.fence(?)")) {
            statement.setLong(1, grant.fencingToken() / TOKENS_PER_REVISION);
            statement.execute();
        } catch (SQLException e) {
            if (Failures.hasState(e, REFUSED)) {
                throw lost(
                        grant, "the grant has ended, and the transaction fails: the store has no live entry for it", e);
            }
            throw e;
        }
        // Not before: a grant that was released until now may already have a successor in this process, under the same
        // entry.
        if (!grant.isHeld()) {
            throw lost(
                    grant,
                    "the grant has ended, and the transaction fails: this client does not hold it any more",
                    fail(connection));
        }
    }

    /**
     * Executes a statement that writes the grant's token into rows which have no greater one:
     *
     * <pre>{@code
     * Fence.update(connection, grant, "UPDATE ledger SET total = ?, fence = :token WHERE id = ? AND fence <= :token", total, id);
     * }</pre>
     *
     * <p>In a transaction, the writes that follow are safe as well, since the row stays locked until the end: begin with a
     * row that all holders update. If no row was updated, the transaction is aborted, as by {@link #check}. One round trip.
     *
     * @param connection of the application, to any database of PostgreSQL
     * @param grant from a client of any store
     * @param sql an {@code UPDATE}, or an {@code INSERT ... ON CONFLICT ... DO UPDATE}, in which {@code :token} stands for
     *     the token, and which has a condition {@code fence <= :token}
     * @param values for the question marks, in their order
     * @return how many rows were written, at least 1
     * @throws GrantLostException if no row was written: a later grant has written there, or there is no such row
     * @throws IllegalArgumentException before any I/O, if the statement has no condition with the token
     */
    public static int update(Connection connection, Grant grant, String sql, @Nullable Object... values)
            throws SQLException {
        requireNonNull(grant, "grant");
        if (!CONDITION.matcher(sql).find()) {
            throw new IllegalArgumentException(
                    "the statement has no condition with the token, so it would overwrite what a later"
                            + " grant has written; a condition like 'fence <= :token' is accepted: " + sql);
        }
        String complete = TOKEN.matcher(sql).replaceAll(Matcher.quoteReplacement(Long.toString(grant.fencingToken())));
        int rows;
        try (PreparedStatement statement = connection.prepareStatement(complete)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            rows = statement.executeUpdate();
        }
        if (rows == 0) {
            throw lost(
                    grant,
                    "no row was written: a later grant has written its token there, or there is no such row: " + sql,
                    connection.getAutoCommit() ? null : fail(connection));
        }
        return rows;
    }

    private static GrantLostException lost(Grant grant, String message, @Nullable SQLException cause) {
        LossCause known = grant.lost().toCompletableFuture().getNow(LossCause.ENTRY_REMOVED);
        return new GrantLostException(known, message, cause);
    }

    /** Makes the transaction fail; returns the error with which the server did that. */
    private static SQLException fail(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(FAIL);
        } catch (SQLException e) {
            if (Failures.hasState(e, REFUSED)) {
                return e;
            }
            throw e;
        }
        throw new IllegalStateException("the server did not fail the transaction");
    }
}
