package io.sereno.testservers;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A Redis Cluster of masters without replicas: while one of them is gone, the cluster refuses all commands. */
public final class RedisCluster extends ServerGroup<RedisServer> {
    private static final int SLOTS = 16_384;

    /** How far above the client port Redis before 7 puts the port between the masters, whatever its configuration. */
    private static final int BUS_DISTANCE = 10_000;

    private RedisCluster(List<RedisServer> masters) {
        super(masters);
    }

    /**
     * Starts a cluster; returns when every slot is served and every master knows all others.
     *
     * @param masters how many, 1 or more; the slots are divided evenly, in their order
     * @param settings lines of redis.conf for each; they override the ones chosen here
     */
    public static RedisCluster start(int masters, Persistence persistence, String... settings) {
        requireSize(masters);
        FreePorts ports = new FreePorts();
        List<String> role = List.of("cluster-enabled yes", "cluster-node-timeout 2000");
        List<String> storing = RedisServer.storing(persistence, role, settings);
        return FreePorts.start(() -> new RedisCluster(IntStream.rangeClosed(1, masters)
                .mapToObj(i -> new RedisServer("redis-" + i, ports.next(BUS_DISTANCE), List.of(), storing))
                .toList()));
    }

    /** The master that serves the key; keys with the same {@code {tag}} share one. */
    public RedisServer master(String key) {
        try {
            int slot = Integer.parseInt(
                    awaitMember("a running master", member -> true).send("CLUSTER", "KEYSLOT", key));
            return members().get((int) ((slot + 1L) * members().size() - 1) / SLOTS);
        } catch (IOException e) {
            throw new TestServerException("asking for the slot of " + key + " failed", e);
        }
    }

    @Override
    void startMembers() {
        start(members());
        form();
        awaitWhole();
    }

    /**
     * Waits until every master knows all others and serves its slots: after one master restarts, the others take a
     * while.
     */
    public void awaitWhole() {
        members()
                .forEach(member -> member.await("see the whole cluster", () -> {
                    String info = member.send("CLUSTER", "INFO");
                    return info.contains("cluster_state:ok")
                            && info.contains("cluster_known_nodes:" + members().size());
                }));
    }

    /** For the first start; a master that was part of the cluster before remembers it. */
    private void form() {
        for (int i = 0; i < members().size(); i++) {
            RedisServer member = members().get(i);
            try {
                if (member.send("CLUSTER", "INFO").contains("cluster_slots_assigned:0")) {
                    member.send(Stream.concat(
                                    Stream.of("CLUSTER", "ADDSLOTS"),
                                    IntStream.range(firstSlot(i), firstSlot(i + 1))
                                            .mapToObj(String::valueOf))
                            .toArray(String[]::new));
                    member.send(
                            "CLUSTER",
                            "MEET",
                            "127.0.0.1",
                            String.valueOf(members().get(0).port()));
                }
            } catch (IOException e) {
                throw new TestServerException("adding " + member + " to the cluster failed", e);
            }
        }
    }

    private int firstSlot(int member) {
        return SLOTS * member / members().size();
    }
}
