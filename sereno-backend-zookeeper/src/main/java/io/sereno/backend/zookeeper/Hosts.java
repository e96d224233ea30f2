package io.sereno.backend.zookeeper;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Collection;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.HostProvider;
import org.apache.zookeeper.client.StaticHostProvider;

/**
 * The servers, in the order of ZooKeeper's own list. That list waits for a second after each pass through all servers, so a client of a single
 * server waits each time its connection breaks. The client itself waits for up to another second.
 *
 * <p>An address keeps the text that it was looked up by. Without it ZooKeeper's client asks the name service for the address's name when it logs
 * in by SASL, and then checks the server's certificate against that name instead of the address.
 */
final class Hosts implements HostProvider {
    private static final long PAUSE_MILLIS = 100;

    private final StaticHostProvider servers;
    private final Runnable beforeEach;

    /** @param beforeEach runs before each attempt to connect, on the thread that makes it */
    Hosts(String hosts, Runnable beforeEach) {
        this.servers = new StaticHostProvider(new ConnectStringParser(hosts).getServerAddresses());
        this.beforeEach = beforeEach;
    }

    @Override
    public int size() {
        return servers.size();
    }

    @Override
    public InetSocketAddress next(long spinDelay) {
        beforeEach.run();
        return named(servers.next(Math.min(spinDelay, PAUSE_MILLIS)));
    }

    private static InetSocketAddress named(InetSocketAddress server) {
        InetAddress address = server.getAddress();
        if (address == null) {
            return server;
        }
        // The text, without a look-up.
        String text = server.getHostString();
        try {
            InetAddress named = address instanceof Inet6Address six
                    ? Inet6Address.getByAddress(text, six.getAddress(), six.getScopeId())
                    : InetAddress.getByAddress(text, address.getAddress());
            return new InetSocketAddress(named, server.getPort());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of a wrong length: " + address, e);
        }
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
