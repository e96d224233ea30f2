package io.sereno.recipes.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.kernel.StoreFailures.Kind;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import org.junit.jupiter.api.Test;

class StoreFailuresTest {
    private final StoreFailures failures = new StoreFailures();

    @Test
    void aSeriesIsReportedOnceAndTheNextAgain() {
        for (int series = 0; series < 3; series++) {
            failures.failed(Kind.READ);
            assertThat(failures.isToBeReported()).isTrue();
            failures.failed(Kind.READ);
            failures.failed(Kind.PUT);
            assertThat(failures.isToBeReported()).isFalse();
            failures.answered(Kind.READ);
            failures.answered(Kind.PUT);
        }
    }

    @Test
    void aFailedKindCountsAsFailingUntilItSucceeds() {
        failures.failed(Kind.PUT);
        assertThat(failures.isToBeReported()).isTrue();
        failures.answered(Kind.READ);
        failures.answered(Kind.RENEW);
        failures.answered(Kind.DELETE);
        failures.failed(Kind.PUT);
        assertThat(failures.isToBeReported()).isFalse();
    }

    @Test
    void aKindThatSucceededWithinTheSeriesAndFailsIsReportedAgain() {
        failures.failed(Kind.PUT);
        assertThat(failures.isToBeReported()).isTrue();
        failures.answered(Kind.READ);
        failures.failed(Kind.READ);
        assertThat(failures.isToBeReported()).isTrue();
        failures.failed(Kind.READ);
        assertThat(failures.isToBeReported()).isFalse();
    }

    @Test
    void anUnreportedSeriesIsStillToBeReported() {
        failures.failed(Kind.READ);
        failures.failed(Kind.PUT);
        assertThat(failures.isToBeReported()).isTrue();
        assertThat(failures.isToBeReported()).isFalse();
    }

    @Test
    void theKindOfACommitIsThatOfItsHardestWrite() {
        Commit.Builder check = Commit.to("d").ifAbsent("a");
        assertThat(Kind.of(check.build())).isEqualTo(Kind.READ);
        assertThat(Kind.of(Commit.to("d").delete("a").build())).isEqualTo(Kind.DELETE);
        assertThat(Kind.of(Commit.to("d").delete("a").put("b", Bytes.EMPTY).build()))
                .isEqualTo(Kind.PUT);
    }
}
