package io.sereno.backend.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.testservers.EtcdCluster;
import io.sereno.testservers.EtcdServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A leader falls silent, and the client can reach the two other members, which elect another leader within about two seconds. A session
 * outlives that if its ttl leaves time for it; docs/etcd.md has the counts.
 */
@Tag("servers")
class SilentLeaderTest {
    /** More for a measurement: {@code -Dsereno.etcd.silent=40 -Dsereno.etcd.ttl=3}. */
    private static final int ROUNDS = Integer.getInteger("sereno.etcd.silent", 3);

    private static final Duration TTL = Duration.ofSeconds(Long.getLong("sereno.etcd.ttl", 10));

    @Test
    void sessionsOutliveALeaderThatFallsSilent() throws Exception {
        int lost = 0;
        try (EtcdCluster cluster = EtcdCluster.start(3)) {
            for (int round = 0; round < ROUNDS; round++) {
                EtcdServer leader = cluster.leader();
                List<EtcdServer> members = new ArrayList<>(cluster.members());
                Collections.rotate(members, round);
                String hosts = members.stream().map(EtcdServer::authority).collect(Collectors.joining(","));
                try (Sereno sereno = Sereno.builder()
                        .uri("etcd://" + hosts + "/silent" + round)
                        .sessionTtl(TTL)
                        .connect()) {
                    Grant grant = sereno.mutex("m").acquire();
                    leader.pause();
                    boolean held = grant.lost()
                            .toCompletableFuture()
                            .handle((cause, failure) -> false)
                            .completeOnTimeout(true, TTL.toMillis() + 2_000, java.util.concurrent.TimeUnit.MILLISECONDS)
                            .join();
                    lost += held ? 0 : 1;
                    leader.resume();
                }
            }
        }
        System.out.println("a silent leader, sessions of " + TTL + ": " + lost + " of " + ROUNDS + " lost");
        if (TTL.toSeconds() >= 10) {
            assertThat(lost).isZero();
        }
    }
}
