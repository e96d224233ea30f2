package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.redis.Address.Form;
import io.sereno.spi.Promise;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is promised, and what is warned of, for each set-up. */
class SetupTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        SERVER   | run_id:1 role:master aof_enabled:1 connected_slaves:0 maxmemory_policy:noeviction  | always   | yes | yes |
        SERVER   | run_id:1 role:master aof_enabled:1 connected_slaves:0 maxmemory_policy:volatile-ttl| always   | yes | yes |
        SERVER   | run_id:1 role:master aof_enabled:1 connected_slaves:0 maxmemory_policy:noeviction  | everysec | no  | yes | appendfsync is everysec
        SERVER   | run_id:1 role:master aof_enabled:1 connected_slaves:0 maxmemory_policy:noeviction  |          | no  | yes |
        SERVER   | run_id:1 role:master aof_enabled:0 connected_slaves:0 maxmemory_policy:noeviction  | always   | no  | yes | appendonly is off
        SERVER   | run_id:1 role:master aof_enabled:1 connected_slaves:1 maxmemory_policy:noeviction  | always   | yes | yes | fail over
        SERVER   | run_id:1 role:master aof_enabled:1 connected_slaves:0 maxmemory_policy:allkeys-lru | always   | yes | yes | maxmemory-policy is allkeys-lru
        SENTINEL | run_id:1 role:master aof_enabled:1 connected_slaves:1 maxmemory_policy:noeviction  | always   | no  | yes | fail over
        CLUSTER  | run_id:1 role:master aof_enabled:1 connected_slaves:0 maxmemory_policy:noeviction  | always   | yes | yes |
        CLUSTER  | run_id:1 role:master aof_enabled:1 connected_slaves:1 maxmemory_policy:noeviction  | always   | no  | yes | fail over
        SERVER   |                                                                                    | always   | no  | no  | INFO is refused
        """)
    void promisesAndConcernsFollowFromWhatCanBeSeen(
            Form form,
            @Nullable String info,
            @Nullable String appendfsync,
            String durable,
            String revisions,
            @Nullable String concern) {
        String lines = info == null ? "" : info.replace(" ", "\r\n");
        Setup setup = new Setup(ServerFacts.parse(lines), appendfsync == null ? "" : appendfsync, form);
        assertThat(setup.guarantees().promises().contains(Promise.DURABLE)).isEqualTo(durable.equals("yes"));
        assertThat(setup.guarantees().promises().contains(Promise.REVISIONS_SURVIVE_FAIL_OVER))
                .isEqualTo(revisions.equals("yes"));
        assertThat(setup.guarantees().promises())
                .contains(Promise.SNAPSHOT_READS, Promise.MANY_PROCESSES)
                .doesNotContain(Promise.FAIL_OVER_SAFE);
        List<String> concerns = setup.concerns();
        assertThat(concerns).hasSize(concern == null ? 0 : 1);
        assertThat(concerns.stream().collect(Collectors.joining())).contains(concern == null ? "" : concern);
    }
}
