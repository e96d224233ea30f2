package io.sereno.testservers;

import java.util.List;
import java.util.stream.IntStream;

/** Several ZooKeeper servers with one log; a majority of them must run for it to answer. */
public final class ZooKeeperEnsemble extends ServerGroup<ZooKeeperServer> {
    private ZooKeeperEnsemble(List<ZooKeeperServer> members) {
        super(members);
    }

    /**
     * An ensemble, all members answering.
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

    /** The running member that leads; waits for an election under way. */
    public ZooKeeperServer leader() {
        return awaitMember("a leader", ZooKeeperServer::leads);
    }

    /** As {@link ZooKeeperServer#expireSession}, on whichever member serves. */
    public void expireSession(long id, byte[] password) {
        leader().expireSession(id, password);
    }
}
