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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A leader falls silent, and the client can reach the two other members, which elect another leader within about two seconds. A session
 * outlives that if its ttl leaves time for it; docs/etcd.md has the counts.
 */
@Tag("servers")
class SilentLeaderTest {
    /** More for a measurement: {@code -Dsereno.etcd.silent=13 -Dsereno.etcd.ttl=3}. */
    private static final int ROUNDS = Integer.getInteger("sereno.etcd.silent", 1);

    private static final Duration TTL = Duration.ofSeconds(Long.getLong("sereno.etcd.ttl", 10));

    /** Three sessions in each round, whose clients begin with different members. */
    @Test
    void sessionsOutliveALeaderThatFallsSilent() throws Exception {
        int lost = 0;
        try (EtcdCluster cluster = EtcdCluster.start(3)) {
            for (int round = 0; round < ROUNDS; round++) {
                EtcdServer leader = cluster.leader();
                List<EtcdServer> members = new ArrayList<>(cluster.members());
                List<Sereno> clients = new ArrayList<>();
                List<CompletableFuture<Boolean>> held = new ArrayList<>();
                try {
                    for (int i = 0; i < members.size(); i++) {
                        Collections.rotate(members, 1);
                        String hosts =
                                members.stream().map(EtcdServer::authority).collect(Collectors.joining(","));
                        Sereno sereno = Sereno.builder()
                                .uri("etcd://" + hosts + "/silent" + round)
                                .sessionTtl(TTL)
                                .connect();
                        clients.add(sereno);
                        Grant grant = sereno.mutex("m" + i).acquire();
                        held.add(grant.lost().toCompletableFuture().handle((cause, failure) -> false));
                    }
                    leader.pause();
                    for (CompletableFuture<Boolean> each : held) {
                        each.completeOnTimeout(true, TTL.toMillis() + 2_000, TimeUnit.MILLISECONDS);
                    }
                    lost += (int) held.stream().filter(each -> !each.join()).count();
                    leader.resume();
                } finally {
                    clients.forEach(Sereno::close);
                }
            }
        }
        System.out.println("a silent leader, sessions of " + TTL + ": " + lost + " of " + 3 * ROUNDS + " lost");
        if (TTL.toSeconds() >= 10) {
            assertThat(lost).isZero();
        }
    }
}
