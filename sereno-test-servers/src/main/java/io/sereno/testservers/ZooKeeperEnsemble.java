package io.sereno.testservers;

import java.util.List;
import java.util.stream.IntStream;

/** Several ZooKeeper servers with one log; a majority of them must run for the ensemble to answer. */
public final class ZooKeeperEnsemble extends ServerGroup<ZooKeeperServer> {
    private ZooKeeperEnsemble(List<ZooKeeperServer> members) {
        super(members);
    }

    /**
     * Starts an ensemble; returns when all members answer.
     *
     * @param size how many members, 1 or more
     * @param settings for each member, as {@link ZooKeeperServer#start} takes them
     */
    public static ZooKeeperEnsemble start(int size, String... settings) {
        requireSize(size);
        FreePorts ports = new FreePorts();
        return FreePorts.start(() -> {
            List<ZooKeeperServer.Peer> peers = IntStream.rangeClosed(1, size)
                    .mapToObj(id -> ZooKeeperServer.Peer.create(id, ports))
                    .toList();
            return new ZooKeeperEnsemble(peers.stream()
                    .map(peer -> new ZooKeeperServer("zookeeper-" + peer.id(), ports, peer.id(), peers, settings))
                    .toList());
        });
    }

    /**
     * Starts a bare majority first, so that each of its votes is needed, and the others once that majority has a
     * leader. If all members started at once, the vote of the last one could draw away a voter right after a member
     * counted itself as elected by that voter. That member would wait for followers until {@code initLimit}, 50 ticks,
     * while the others have another leader.
     */
    @Override
    void startMembers() {
        int majority = members().size() / 2 + 1;
        start(members().subList(0, majority));
        start(members().subList(majority, members().size()));
    }

    /** The running member that leads; waits for an election in progress. */
    public ZooKeeperServer leader() {
        return awaitMember("a leader", ZooKeeperServer::leads);
    }

    /** As {@link ZooKeeperServer#expireSession}, on any member that serves. */
    public void expireSession(long id, byte[] password) {
        leader().expireSession(id, password);
    }
}
