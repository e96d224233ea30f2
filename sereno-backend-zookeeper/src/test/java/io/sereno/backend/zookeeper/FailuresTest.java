package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every code of ZooKeeper, and its meaning for a write and for a read. */
class FailuresTest {
    @ParameterizedTest
    @CsvSource({
        "CONNECTIONLOSS,               UNKNOWN,     false",
        "OPERATIONTIMEOUT,             UNKNOWN,     false",
        "REQUESTTIMEOUT,               UNKNOWN,     false",
        "SESSIONEXPIRED,               UNKNOWN,     false",
        "SESSIONCLOSEDREQUIRESASLAUTH, UNKNOWN,     false",
        "SESSIONMOVED,                 UNKNOWN,     false",
        "AUTHFAILED,                   UNKNOWN,     false",
        "SYSTEMERROR,                  UNKNOWN,     false",
        "RUNTIMEINCONSISTENCY,         UNKNOWN,     false",
        "DATAINCONSISTENCY,            UNKNOWN,     false",
        "MARSHALLINGERROR,             UNKNOWN,     false",
        "APIERROR,                     UNKNOWN,     false",
        "NOAUTH,                       NOT_APPLIED, true",
        "INVALIDACL,                   NOT_APPLIED, true",
        "BADARGUMENTS,                 NOT_APPLIED, true",
        "UNIMPLEMENTED,                NOT_APPLIED, true",
        "NONODE,                       NOT_APPLIED, true",
        "QUOTAEXCEEDED,                NOT_APPLIED, true",
        "THROTTLEDOP,                  NOT_APPLIED, false",
        "BADVERSION,                   NOT_APPLIED, false",
        "NODEEXISTS,                   NOT_APPLIED, false",
        "NOTEMPTY,                     NOT_APPLIED, false",
    })
    void ofAWrite(Code code, Outcome outcome, boolean permanent) {
        BackendException failure = Failures.ofWrite("committing", code);
        assertThat(failure.outcome()).isEqualTo(outcome);
        assertThat(failure.permanent()).isEqualTo(permanent);
        assertThat(failure).hasMessageContaining(code.name()).hasCauseInstanceOf(KeeperException.class);
    }

    @ParameterizedTest
    @EnumSource(value = Code.class, mode = EnumSource.Mode.EXCLUDE, names = "OK")
    void aReadNeverHasAnUnknownOutcome(Code code) {
        assertThat(Failures.ofRead("reading", code).outcome()).isEqualTo(Outcome.NOT_APPLIED);
    }

    @Test
    void aCodeMeansUnknownUnlessTheServerAnsweredTheRequestWithIt() {
        Set<Code> certain = Arrays.stream(Code.values())
                .filter(code -> !Failures.isUnknown(code))
                .collect(Collectors.toSet());
        assertThat(certain)
                .containsExactlyInAnyOrder(
                        Code.OK,
                        Code.UNIMPLEMENTED,
                        Code.BADARGUMENTS,
                        Code.NONODE,
                        Code.NOAUTH,
                        Code.BADVERSION,
                        Code.NOCHILDRENFOREPHEMERALS,
                        Code.NODEEXISTS,
                        Code.NOTEMPTY,
                        Code.INVALIDCALLBACK,
                        Code.INVALIDACL,
                        Code.NOTREADONLY,
                        Code.EPHEMERALONLOCALSESSION,
                        Code.NOWATCHER,
                        Code.RECONFIGDISABLED,
                        Code.RECONFIGINPROGRESS,
                        Code.NEWCONFIGNOQUORUM,
                        Code.UNKNOWNSESSION,
                        Code.QUOTAEXCEEDED,
                        Code.THROTTLEDOP);
    }
}
