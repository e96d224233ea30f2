package io.sereno.tck;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Lease;
import io.sereno.spi.Watch;
import io.sereno.tck.run.CallResult;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What a step of a failure shows of a call's result. */
class CallResultTest {
    private record Granted(long id, Duration ttl) implements Lease {
        @Override
        public CompletionStage<Boolean> renew() {
            return completedFuture(true);
        }

        @Override
        public CompletionStage<Void> revoke() {
            return completedFuture(null);
        }
    }

    @Test
    void aLeaseIsShownByItsIdAndAWatchByItsState() {
        Watch watch = () -> {};
        assertThat(CallResult.<Lease>with(new Granted(7, Duration.ofSeconds(1)), null))
                .hasToString("lease 7 of PT1S");
        assertThat(CallResult.with(watch, null)).hasToString("live");
    }
}
