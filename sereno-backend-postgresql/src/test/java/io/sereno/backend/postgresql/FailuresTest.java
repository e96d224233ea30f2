package io.sereno.backend.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.blocking.Fault;
import java.io.EOFException;
import java.net.ConnectException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

class FailuresTest {
    @ParameterizedTest
    @CsvSource({
        "40001, REFUSED, serialization failure",
        "40P01, REFUSED, deadlock",
        "40003, LOST, the server does not know whether it has committed",
        "55P03, REFUSED, lock_timeout",
        "57014, REFUSED, statement_timeout and pg_cancel_backend",
        "53100, REFUSED, disk full",
        "53300, REFUSED, too many connections",
        "26000, REFUSED, a prepared statement of another session",
        "25006, NOT_SENT, a standby",
        "57P01, LOST, pg_terminate_backend: perhaps after the commit",
        "57P02, LOST, crash of another process",
        "57P03, LOST, starting up",
        "57P05, LOST, idle_session_timeout",
        "25P02, LOST, a transaction that was left open",
        "25P03, LOST, idle_in_transaction_session_timeout",
        "25P04, LOST, transaction_timeout",
        "08006, LOST, connection failure that a pooler reports",
        "58030, LOST, I/O error",
        "XX000, LOST, internal error",
        "28P01, REFUSED_FOR_GOOD, wrong password",
        "3D000, REFUSED_FOR_GOOD, no such database",
        "42501, REFUSED_FOR_GOOD, no right",
        "42883, REFUSED_FOR_GOOD, no such function",
        "54000, REFUSED_FOR_GOOD, a limit of the server",
    })
    void anAnswerOfTheServerIsJudgedByItsCode(String state, Fault fault, String meaning) {
        // The severity is in the server's language.
        ServerErrorMessage answer = new ServerErrorMessage("SFEHLER\0C" + state + "\0M" + meaning + "\0");
        assertThat(Failures.fault(new PSQLException(answer))).as(meaning).isEqualTo(fault);
    }

    @Test
    void anythingThatTheServerDidNotAnswerIsLost() {
        PSQLException broken = new PSQLException("broken", PSQLState.CONNECTION_FAILURE, new EOFException());
        assertThat(Failures.fault(broken)).isEqualTo(Fault.LOST);
        // The code of a deadlock, and no answer.
        assertThat(Failures.fault(new SQLException("made up", "40P01"))).isEqualTo(Fault.LOST);
        assertThat(Failures.fault(new SQLTransientConnectionException("pool is empty")))
                .isEqualTo(Fault.LOST);
        assertThat(Failures.fault(new ServerFacts.ReadOnlyException("db1:5432")))
                .isEqualTo(Fault.LOST);
    }

    @Test
    void otherExceptionsAreBugs() {
        assertThat(Failures.fault(new IllegalStateException())).isEqualTo(Fault.BROKEN);
        assertThat(Failures.fault(new ConnectException())).isEqualTo(Fault.BROKEN);
    }
}
