package io.sereno.backend.zookeeper;

import java.net.InetSocketAddress;
import java.util.Collection;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.HostProvider;
import org.apache.zookeeper.client.StaticHostProvider;

/**
 * The servers, in the order in which ZooKeeper's own list gives them. That one waits for a second when it has been through all, which a
 * client of a single server does whenever its connection broke; the client itself waits for up to a second besides.
 */
final class Hosts implements HostProvider {
    private static final long PAUSE_MILLIS = 100;

    private final StaticHostProvider servers;

    Hosts(String hosts) {
        this.servers = new StaticHostProvider(new ConnectStringParser(hosts).getServerAddresses());
    }

    @Override
    public int size() {
        return servers.size();
    }

    @Override
    public InetSocketAddress next(long spinDelay) {
        return servers.next(Math.min(spinDelay, PAUSE_MILLIS));
    }

    @Override
    public void onConnected() {
        servers.onConnected();
    }

    @Override
    public boolean updateServerList(Collection<InetSocketAddress> addresses, InetSocketAddress current) {
        return servers.updateServerList(addresses, current);
    }
}
