package io.sereno.spring.boot.guide;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.spring.boot.test.AutoConfigureTestSereno;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;

@SpringBootTest
@AutoConfigureTestSereno
class MonthEndTest {
    @Test
    void tokensRiseFromProcessToProcess(@Autowired MonthEnd monthEnd, @Value("${sereno.uri}") String uri)
            throws Exception {
        long first = monthEnd.close(token -> token);
        try (Sereno otherProcess = Sereno.connect(uri);
                Grant grant = otherProcess.mutex("close-month").acquire()) {
            assertThat(grant.fencingToken()).isGreaterThan(first);
        }
    }
}
