package io.sereno.testservers;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Several etcd servers with one log; a majority of them must run for the cluster to answer. */
public final class EtcdCluster extends ServerGroup<EtcdServer> {
    private EtcdCluster(List<EtcdServer> members) {
        super(members);
    }

    /**
     * Starts a cluster; returns when all members answer.
     *
     * @param size how many members, 1 or more
     * @param flags of the etcd program, for each member; they override the ones chosen here
     */
    public static EtcdCluster start(int size, String... flags) {
        requireSize(size);
        FreePorts ports = new FreePorts();
        return FreePorts.start(() -> {
            List<EtcdServer.Peer> peers = Stream.generate(() -> EtcdServer.Peer.create(ports))
                    .limit(size)
                    .toList();
            return new EtcdCluster(IntStream.range(0, size)
                    .mapToObj(i -> new EtcdServer("etcd-" + (i + 1), ports, peers.get(i), peers, flags))
                    .toList());
        });
    }

    /** The running member that leads; waits for an election in progress. */
    public EtcdServer leader() {
        return awaitMember("a leader", EtcdServer::leads);
    }

    /** Drops all history before the present revision on every member; returns that revision. */
    public long compact() {
        return leader().compact();
    }
}
