package io.sereno.backend.zookeeper;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.testservers.ZooKeeperEnsemble;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * How many sessions are lost when one server of three falls silent, as by SIGSTOP, and the clients reach the other two. As a program it prints counts
 * for several ttls: {@code SilentServers ROUNDS CLIENTS TTL...}, as in {@code SilentServers 5 12 3s 6s 10s}. Followers of its ensemble miss their leader
 * after a second.
 */
final class SilentServers {
    private SilentServers() {}

    /** Ticks of 200 ms, of which followers wait five for a leader that says nothing. */
    static ZooKeeperEnsemble ensemble() {
        return ZooKeeperEnsemble.start(3, "syncLimit=5");
    }

    /** Each client holds a lock of its own under a session of this ttl; answers how many have lost it after the server was silent for two ttls. */
    static int lost(ZooKeeperEnsemble ensemble, boolean leader, int clients, String ttl) throws InterruptedException {
        ZooKeeperServer leading = ensemble.leader();
        ZooKeeperServer victim = leader
                ? leading
                : ensemble.members().stream()
                        .filter(member -> member != leading)
                        .findFirst()
                        .orElseThrow();
        List<Sereno> open = new ArrayList<>();
        List<Grant> grants = new ArrayList<>();
        try {
            for (int i = 0; i < clients; i++) {
                Sereno sereno = Sereno.connect(
                        "zookeeper://" + ensemble.authority() + "/silence?connect-timeout=30s&session-ttl=" + ttl);
                open.add(sereno);
                grants.add(sereno.mutex("m" + i).acquire());
            }
            victim.pause();
            try {
                // Time passes, and nothing else is waited for: a session that is lost is lost by then.
                new CountDownLatch(1).await(2 * millis(ttl), TimeUnit.MILLISECONDS);
                return (int) grants.stream().filter(grant -> !grant.isHeld()).count();
            } finally {
                victim.resume();
            }
        } finally {
            open.forEach(Sereno::close);
        }
    }

    private static long millis(String ttl) {
        return Duration.parse("PT" + ttl).toMillis();
    }

    public static void main(String[] arguments) throws InterruptedException {
        int rounds = Integer.parseInt(arguments[0]);
        int clients = Integer.parseInt(arguments[1]);
        try (ZooKeeperEnsemble ensemble = ensemble()) {
            for (boolean leader : new boolean[] {true, false}) {
                for (String ttl : List.of(arguments).subList(2, arguments.length)) {
                    int lost = 0;
                    for (int round = 0; round < rounds; round++) {
                        lost += lost(ensemble, leader, clients, ttl);
                    }
                    System.out.println("@@ " + (leader ? "leader" : "follower") + " silent, ttl " + ttl + ": " + lost
                            + " of " + rounds * clients + " sessions lost");
                }
            }
        }
    }
}
