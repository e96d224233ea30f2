package io.sereno.backend.postgresql;

import io.sereno.blocking.Fault;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/** What an exception of JDBC proves, by its SQLSTATE. Messages are in the language of the server, and prove nothing. */
final class Failures {
    /** Codes with which the server also closes the connection, perhaps after the commit. */
    private static final Set<String> FATAL =
            Set.of("57P01", "57P02", "57P03", "57P04", "57P05", "25P02", "25P03", "25P04", "40003");

    /** Classes of codes of failures of the connection, of the system and of the server itself. */
    private static final Set<String> UNCLEAR = Set.of("08", "58", "F0", "XX");

    /** Classes of codes that somebody has to change something for: login, database, schema, rights, syntax, limits. */
    private static final Set<String> FOR_GOOD = Set.of("0A", "22", "23", "28", "3D", "3F", "42", "54");

    /** The transaction is read-only: the server is a standby, or has become one. */
    static final String READ_ONLY = "25006";

    /** A table, schema or function that is missing. */
    private static final Set<String> MISSING = Set.of("42P01", "3F000", "42883");

    /** Where the driver compares the certificate with the host. */
    private static final String TLS_PACKAGE = "org.postgresql.ssl.";

    /** The driver gives up: the server has no TLS where it is required, or asks for a password where none is given. */
    private static final String GIVEN_UP = "08004";

    private Failures() {}

    static Fault fault(Throwable failure) {
        if (!(failure instanceof SQLException sql)) {
            return Fault.BROKEN;
        }
        if (isOfTheConfiguration(sql)) {
            return Fault.REFUSED_FOR_GOOD;
        }
        String state = sql.getSQLState();
        if (state == null || state.length() != 5 || !isAnswer(sql)) {
            return Fault.LOST;
        }
        if (state.equals(READ_ONLY)) {
            return Fault.NOT_SENT; // Nothing was applied, and another server is to be found.
        }
        String kind = state.substring(0, 2);
        if (FATAL.contains(state) || UNCLEAR.contains(kind)) {
            return Fault.LOST;
        }
        return FOR_GOOD.contains(kind) ? Fault.REFUSED_FOR_GOOD : Fault.REFUSED;
    }

    /** Faults of a connection that the driver has in the same class as a network that is cut. */
    private static boolean isOfTheConfiguration(SQLException failure) {
        if (isAnswer(failure)) {
            return false;
        }
        StackTraceElement[] thrower = failure.getStackTrace();
        boolean isHostName = thrower.length > 0 && thrower[0].getClassName().startsWith(TLS_PACKAGE);
        return isHostName || GIVEN_UP.equals(failure.getSQLState()) || isOfACertificate(failure);
    }

    private static boolean isOfACertificate(SQLException failure) {
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException
                    || cause instanceof CertPathBuilderException
                    || cause instanceof CertPathValidatorException) {
                return true;
            }
        }
        return false;
    }

    static boolean isSchemaMissing(Throwable failure) {
        return failure instanceof SQLException sql
                && isAnswer(sql)
                && sql.getSQLState() != null
                && MISSING.contains(sql.getSQLState());
    }

    /** Whether it is an error that the server has sent: the transaction of the statement was rolled back. */
    private static boolean isAnswer(SQLException failure) {
        return failure instanceof PSQLException answer && answer.getServerErrorMessage() != null;
    }

    static boolean hasState(@Nullable SQLException failure, String state) {
        return failure != null && state.equals(failure.getSQLState());
    }
}
