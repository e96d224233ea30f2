package io.sereno.backend.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import java.security.cert.CertificateException;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FailuresTest {
    @ParameterizedTest
    @CsvSource({
        "INVALID_ARGUMENT,    NOT_APPLIED, permanent",
        "NOT_FOUND,           NOT_APPLIED, permanent",
        "ALREADY_EXISTS,      NOT_APPLIED, permanent",
        "FAILED_PRECONDITION, NOT_APPLIED, permanent",
        "OUT_OF_RANGE,        NOT_APPLIED, permanent",
        "RESOURCE_EXHAUSTED,  UNKNOWN,     may pass",
        "UNAUTHENTICATED,     NOT_APPLIED, permanent",
        "PERMISSION_DENIED,   NOT_APPLIED, permanent",
        "UNIMPLEMENTED,       NOT_APPLIED, permanent",
        "OK,                  UNKNOWN,     may pass",
        "CANCELLED,           UNKNOWN,     may pass",
        "UNKNOWN,             UNKNOWN,     may pass",
        "DEADLINE_EXCEEDED,   UNKNOWN,     may pass",
        "ABORTED,             UNKNOWN,     may pass",
        "INTERNAL,            UNKNOWN,     may pass",
        "UNAVAILABLE,         UNKNOWN,     may pass",
        "DATA_LOSS,           UNKNOWN,     may pass"
    })
    void aCommitThatWasSent(Status.Code code, Outcome outcome, String permanent) {
        CallFailure call = new CallFailure(code.toStatus().withDescription("why"), true, "etcd at h:1 did not");
        BackendException reported = Failures.ofCommit(new CompletionException(call));
        assertThat(reported.outcome()).isEqualTo(outcome);
        assertThat(reported.permanent()).isEqualTo(permanent.equals("permanent"));
        assertThat(reported).hasMessageStartingWith("etcd at h:1 did not: " + code + ", why");
    }

    @ParameterizedTest
    @EnumSource(Status.Code.class)
    void anUnsentRequestIsNotApplied(Status.Code code) {
        CallFailure call = new CallFailure(code.toStatus(), false, "etcd at h:1 did not");
        assertThat(Failures.ofCommit(call).outcome()).isEqualTo(Outcome.NOT_APPLIED);
    }

    @ParameterizedTest
    @EnumSource(Status.Code.class)
    void aReadNeverHasAnUnknownOutcome(Status.Code code) {
        CallFailure call = new CallFailure(code.toStatus(), true, "etcd at h:1 did not");
        assertThat(Failures.ofRead(call).outcome()).isEqualTo(Outcome.NOT_APPLIED);
    }

    @Test
    void aCommitWithAnIllegalAnswerHasAnUnknownOutcome() {
        IllegalArgumentException senseless = new IllegalArgumentException("createRevision is 9007199254740992");
        assertThat(Failures.ofCommit(senseless).outcome()).isEqualTo(Outcome.UNKNOWN);
        assertThat(Failures.ofRead(senseless).outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(Failures.ofRead(senseless))
                .hasMessageContaining("createRevision")
                .hasCause(senseless);
    }

    @Test
    void aRefusalOfThisClientKeepsItsOutcome() {
        BackendException refused = EtcdLimits.refused("too large");
        assertThat(Failures.ofCommit(new CompletionException(refused))).isSameAs(refused);
        assertThat(Failures.ofRead(new CompletionException(refused))).isSameAs(refused);
    }

    @Test
    void aRefusedCertificateIsAPermanentFailure() {
        Throwable handshake = new SSLHandshakeException("no");
        handshake.initCause(new CertificateException("No name matching localhost found"));
        CallFailure call = new CallFailure(Status.UNAVAILABLE.withCause(handshake), false, "etcd at h:1 did not");
        assertThat(Failures.ofRead(call).permanent()).isTrue();
        assertThat(Failures.ofRead(call)).hasMessageContaining("No name matching localhost found");
    }

    @Test
    void aMissingRightSaysWhatToGrant() {
        CallFailure call = new CallFailure(Status.PERMISSION_DENIED, true, "etcd at h:1 did not");
        assertThat(Failures.ofCommit(call)).hasMessageContaining("the right to read and write all keys");
    }
}
