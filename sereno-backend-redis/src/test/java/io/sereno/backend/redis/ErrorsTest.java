package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisReadOnlyException;
import io.sereno.backend.redis.Errors.Meaning;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The meaning of each failure, as a table. */
class ErrorsTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        REFUSED   | NOPERM User app has no permissions to run the 'evalsha' command
        REFUSED   | NOPERM this user has no permissions to access one of the keys used as arguments
        REFUSED   | NOAUTH Authentication required.
        REFUSED   | WRONGPASS invalid username-password pair or user is disabled.
        REFUSED   | CROSSSLOT Keys in request don't hash to the same slot
        REFUSED   | NOSCRIPT No matching script. Please use EVAL.
        REFUSED   | WRONGTYPE Operation against a key holding the wrong kind of value
        NOT_NOW   | OOM command not allowed when used memory > 'maxmemory'. script: ac02, on @user_script:29.
        NOT_NOW   | "ERR Error running script (call to f_ac02): @user_script:29: @user_script: 29: -OOM command not allowed when used memory > 'maxmemory'."
        NOT_NOW   | NOREPLICAS Not enough good replicas to write. script: ac02, on @user_script:29.
        NOT_NOW   | MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.
        NOT_NOW   | BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.
        NOT_NOW   | TRYAGAIN Multiple keys request during rehashing of slot
        ELSEWHERE | READONLY You can't write against a read only replica. script: ac02, on @user_script:31.
        ELSEWHERE | "ERR Error running script (call to f_ac02): @user_script:31: @user_script: 31: -READONLY You can't write against a read only replica."
        ELSEWHERE | MOVED 3999 127.0.0.1:6381
        ELSEWHERE | ASK 3999 127.0.0.1:6381
        ELSEWHERE | LOADING Redis is loading the dataset in memory
        ELSEWHERE | CLUSTERDOWN The cluster is down
        ELSEWHERE | MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.
        UNKNOWN   | ERR The user executing the script can't run this command or subcommand script: ac02, on @user_script:63.
        UNKNOWN   | NOPERM ACL failure in script: User app has no permissions to run the 'xadd' command script: ac02, on @user_script:63.
        UNKNOWN   | WRONGTYPE Operation against a key holding the wrong kind of value script: ac02, on @user_script:323.
        UNKNOWN   | "ERR Error running script (call to f_ac02): @user_script:323: @user_script: 323: -WRONGTYPE Operation against a key holding the wrong kind of value"
        UNKNOWN   | ERR user_script:99: attempt to index a nil value script: ac02, on @user_script:99.
        UNKNOWN   | "ERR Error running script (call to f_ac02): @user_script:99: user_script:99: attempt to index a nil value"
        UNKNOWN   | SOMETHING that no version of today answers
        """)
    void anErrorOfTheServerIsClassifiedByItsFirstWord(Meaning meaning, String answer) {
        RedisCommandExecutionException failure = new RedisCommandExecutionException(answer);
        assertThat(Errors.meaning(failure)).isEqualTo(meaning);
        assertThat(Errors.meaning(new CompletionException(failure))).isEqualTo(meaning);

        BackendException ofCommit = Errors.of("the commit", true, failure);
        assertThat(ofCommit.outcome()).isEqualTo(meaning == Meaning.UNKNOWN ? Outcome.UNKNOWN : Outcome.NOT_APPLIED);
        assertThat(ofCommit.permanent()).isEqualTo(meaning == Meaning.REFUSED);
        assertThat(ofCommit).hasMessageContaining(answer).hasCause(failure);
        assertThat(Errors.of("the read", false, failure).outcome()).isEqualTo(Outcome.NOT_APPLIED);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        MOVED 3999 127.0.0.1:6381   | 127.0.0.1   | 6381
        MOVED 3999 :6381            | asked       | 6381
        MOVED 3999 ?:6381           | asked       | 6381
        MOVED 3999 fd00::1:6381     | fd00::1     | 6381
        MOVED 3999 node-3.local:7000 | node-3.local | 7000
        """)
    void aRedirectIsUnderstood(String answer, String host, int port) {
        BackendException failure = Errors.of("connecting", false, new RedisCommandExecutionException(answer));
        assertThat(Errors.moved(new CompletionException(failure), "asked"))
                .contains(InetSocketAddress.createUnresolved(host, port));
        assertThat(Errors.moved(new RedisCommandExecutionException("ASK 3999 127.0.0.1:6381"), "asked"))
                .isEmpty();
    }

    @Test
    void subclassesThatLettuceHasForSomeAnswersMeanTheSame() {
        assertThat(Errors.meaning(new RedisReadOnlyException("READONLY You can't write against a read only replica.")))
                .isEqualTo(Meaning.ELSEWHERE);
    }

    @Test
    void aLostConnectionLeavesACommitUnknownAndAReadNotApplied() {
        for (Throwable failure : new Throwable[] {
            new SocketException("Connection reset"),
            new ConnectException("Connection refused"),
            new IOException("Broken pipe"),
            new RedisException("Connection disconnected"),
            new RedisCommandTimeoutException("no answer"),
            new IllegalStateException("a defect")
        }) {
            assertThat(Errors.meaning(failure)).isEqualTo(Meaning.UNKNOWN);
            BackendException commit = Errors.of("the commit", true, new CompletionException(failure));
            assertThat(commit.outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(commit.permanent()).isFalse();
            assertThat(commit).hasCause(failure).hasMessageContaining(failure.getMessage());
            assertThat(Errors.of("the read", false, failure).outcome()).isEqualTo(Outcome.NOT_APPLIED);
        }
    }

    @Test
    void aRequestThatLettuceDidNotSendIsNotApplied() {
        for (String why : new String[] {"Currently not connected. Commands are rejected.", "Connection is closed"}) {
            BackendException commit = Errors.of("the commit", true, new CompletionException(new RedisException(why)));
            assertThat(commit.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(commit.permanent()).isFalse();
            assertThat(Errors.meaning(new IllegalStateException(why))).isEqualTo(Meaning.UNKNOWN);
        }
    }

    @Test
    void aClassifiedFailureStaysAsItIs() {
        BackendException sorted = new BackendException(Outcome.NOT_APPLIED, true, "closed", null);
        assertThat(Errors.of("the commit", true, new CompletionException(sorted)))
                .isSameAs(sorted);
    }
}
