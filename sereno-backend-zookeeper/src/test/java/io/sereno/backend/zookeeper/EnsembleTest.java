package io.sereno.backend.zookeeper;

import io.sereno.Sereno;
import io.sereno.testservers.ZooKeeperEnsemble;
import io.sereno.testservers.ZooKeeperServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** All recipes at work on three servers, which are lost one after another. */
@Tag("servers")
@Tag("thorough")
@Timeout(240)
class EnsembleTest {
    @Test
    void theHistoriesOfAllRecipesAreCorrectWhicheverServerIsLost() throws Exception {
        try (ZooKeeperEnsemble ensemble = ZooKeeperEnsemble.start(3)) {
            ZooKeeperServer leader = ensemble.leader();
            ZooKeeperServer follower = ensemble.members().stream()
                    .filter(member -> member != leader)
                    .findFirst()
                    .orElseThrow();
            List<Sereno> free = List.of(
                    connect("ada", ensemble.authority()),
                    connect("ben", ensemble.authority()),
                    connect("cleo", ensemble.authority()));
            List<Sereno> all = new ArrayList<>(free);
            // It knows no other server: it waits while its follower is down.
            all.add(connect("dan", follower.authority()));
            try (AllRecipes recipes = new AllRecipes(all)) {
                recipes.begin();
                recipes.awaitProgress(all);
                follower.kill();
                recipes.awaitProgress(free);
                follower.restart();
                recipes.awaitProgress(all);
                ZooKeeperServer lost = ensemble.leader();
                lost.kill();
                recipes.awaitProgress(lost == follower ? free : all);
                lost.restart();
                recipes.awaitProgress(all);
                recipes.judge();
            }
        }
    }

    /** Only servers die: a session lasts longer than a slow machine needs to lose a server and to get it back. */
    private static Sereno connect(String name, String authority) {
        return Sereno.builder()
                .uri("zookeeper://" + authority + "/ensemble?slack=100ms&operation-timeout=10s&session-ttl=45s")
                .nodeId(name)
                .connect();
    }
}
