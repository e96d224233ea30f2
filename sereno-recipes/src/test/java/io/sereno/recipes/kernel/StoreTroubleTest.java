package io.sereno.recipes.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.recipes.kernel.StoreTrouble.Kind;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import org.junit.jupiter.api.Test;

class StoreTroubleTest {
    private final StoreTrouble trouble = new StoreTrouble();

    @Test
    void aSeriesIsReportedOnceAndTheNextAgain() {
        for (int series = 0; series < 3; series++) {
            trouble.failed(Kind.READ);
            assertThat(trouble.toBeTold()).isTrue();
            trouble.failed(Kind.READ);
            trouble.failed(Kind.PUT);
            assertThat(trouble.toBeTold()).isFalse();
            trouble.answered(Kind.READ);
            trouble.answered(Kind.PUT);
        }
    }

    @Test
    void aFailedKindStaysInTroubleUntilItSucceeds() {
        trouble.failed(Kind.PUT);
        assertThat(trouble.toBeTold()).isTrue();
        trouble.answered(Kind.READ);
        trouble.answered(Kind.RENEW);
        trouble.answered(Kind.DELETE);
        trouble.failed(Kind.PUT);
        assertThat(trouble.toBeTold()).isFalse();
    }

    @Test
    void aKindThatSucceededWithinTheSeriesAndFailsIsReportedAgain() {
        trouble.failed(Kind.PUT);
        assertThat(trouble.toBeTold()).isTrue();
        trouble.answered(Kind.READ);
        trouble.failed(Kind.READ);
        assertThat(trouble.toBeTold()).isTrue();
        trouble.failed(Kind.READ);
        assertThat(trouble.toBeTold()).isFalse();
    }

    @Test
    void anUnreportedSeriesIsStillToBeReported() {
        trouble.failed(Kind.READ);
        trouble.failed(Kind.PUT);
        assertThat(trouble.toBeTold()).isTrue();
        assertThat(trouble.toBeTold()).isFalse();
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
