package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.redis.Address.Form;
import io.sereno.spi.Promise;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The promises and the warnings of each set-up. */
class SetupTest {
    private static final String SAFE =
            "run_id:1 role:master aof_enabled:1 connected_slaves:0 maxmemory_policy:noeviction";

    private static final String ALWAYS = "appendfsync:always no-appendfsync-on-rewrite:no";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        SERVER   | SAFE                          | ALWAYS                                              | yes | yes |
        SERVER   | SAFE                          | appendfsync:everysec no-appendfsync-on-rewrite:no   | no  | yes | appendfsync is everysec
        SERVER   | SAFE                          | appendfsync:no no-appendfsync-on-rewrite:no         | no  | yes | appendfsync is no
        SERVER   | SAFE                          | appendfsync:always no-appendfsync-on-rewrite:yes    | no  | yes | no-appendfsync-on-rewrite is yes
        SERVER   | SAFE                          |                                                     | no  | yes |
        SERVER   | SAFE aof_enabled:0            | ALWAYS                                              | no  | yes | appendonly is off
        SERVER   | SAFE connected_slaves:1       | ALWAYS                                              | yes | yes | a fail-over
        SERVER   | SAFE maxmemory_policy:allkeys-lru | ALWAYS                                          | no  | yes | maxmemory-policy is allkeys-lru
        SERVER   | SAFE maxmemory_policy:volatile-ttl | ALWAYS                                         | yes | yes |
        SENTINEL | SAFE                          | ALWAYS                                              | no  | yes | a fail-over
        SENTINEL | SAFE connected_slaves:1       | ALWAYS                                              | no  | yes | a fail-over
        CLUSTER  | SAFE                          | ALWAYS                                              | yes | yes |
        CLUSTER  | SAFE connected_slaves:1       | ALWAYS                                              | no  | yes | a fail-over
        SERVER   |                               | ALWAYS                                              | no  | no  | INFO is refused
        """)
    void promisesAndConcernsFollowFromWhatCanBeSeen(
            Form form,
            @Nullable String info,
            @Nullable String settings,
            String durable,
            String revisions,
            @Nullable String concern) {
        Setup setup = new Setup(
                ServerFacts.parse(lines(info)),
                ServerFacts.parse(lines(settings)).fields(),
                form,
                Duration.ZERO);
        assertThat(setup.guarantees().promises().contains(Promise.DURABLE)).isEqualTo(durable.equals("yes"));
        assertThat(setup.guarantees().promises().contains(Promise.REVISIONS_SURVIVE_FAIL_OVER))
                .isEqualTo(revisions.equals("yes"));
        assertThat(setup.guarantees().promises())
                .contains(Promise.SNAPSHOT_READS, Promise.STORE_WIDE_REVISIONS, Promise.MANY_PROCESSES)
                .doesNotContain(Promise.FAIL_OVER_SAFE);
        List<String> concerns = setup.concerns();
        assertThat(concerns).hasSize(concern == null ? 0 : 1);
        assertThat(concerns.stream().collect(Collectors.joining())).contains(concern == null ? "" : concern);
    }

    @Test
    void aServerClockBehindTheRevisionsCausesAWarning() {
        for (int seconds : List.of(0, 1, 2)) {
            Setup setup = new Setup(
                    ServerFacts.parse(lines("SAFE")),
                    ServerFacts.parse(lines("ALWAYS")).fields(),
                    Form.SERVER,
                    Duration.ofSeconds(seconds));
            assertThat(setup.guarantees().promises().contains(Promise.REVISIONS_SURVIVE_FAIL_OVER))
                    .isEqualTo(seconds < 2);
            assertThat(setup.concerns().toString()).contains(seconds < 2 ? "[]" : "2 s ahead of it");
        }
    }

    private static String lines(@Nullable String words) {
        return words == null
                ? ""
                : words.replace("SAFE", SAFE).replace("ALWAYS", ALWAYS).replace(" ", "\r\n");
    }
}
