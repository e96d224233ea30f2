package io.sereno.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Sereno;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MonthCloseTest {
    private static final String STORE = "memory:/month-close";

    private final List<String> calls = new ArrayList<>();
    private final MonthClose monthClose = new MonthClose(new MonthClose.Ledger() {
        @Override
        public void closeMonth(long fencingToken) {
            calls.add("closed with a token above zero: " + (fencingToken > 0));
        }

        @Override
        public void stop(LossCause cause) {
            calls.add("stopped: " + cause);
        }
    });

    @Test
    void theMonthIsClosedOnceTheLockIsHeld() throws Exception {
        assertThat(monthClose.run(STORE)).isTrue();

        assertThat(calls).containsExactly("closed with a token above zero: true");
    }

    @Test
    void whileAnotherHoldsTheLockNothingIsClosed() throws Exception {
        try (Sereno other = Sereno.connect(STORE);
                Grant held = other.mutex("close-month").acquire()) {
            assertThat(monthClose.run(STORE)).isFalse();
            assertThat(held.isHeld()).isTrue();
        }
        assertThat(calls).isEmpty();
    }
}
