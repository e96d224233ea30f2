package io.sereno.tck.faults;

import io.sereno.tck.proxy.FaultProxy;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/** Faults made by a proxy in front of each server, for one client. */
public final class ProxyFaults implements Faults {
    private final List<FaultProxy> proxies;

    public ProxyFaults(List<InetSocketAddress> servers) {
        this.proxies = servers.stream()
                .map(server -> FaultProxy.to(
                        server.isUnresolved()
                                ? new InetSocketAddress(server.getHostString(), server.getPort())
                                : server))
                .toList();
    }

    /** Where the client has to connect; unresolved, as in production. */
    public List<InetSocketAddress> endpoints() {
        return proxies.stream()
                .map(proxy -> InetSocketAddress.createUnresolved(
                        proxy.endpoint().getAddress().getHostAddress(),
                        proxy.endpoint().getPort()))
                .toList();
    }

    public long accepted() {
        return proxies.stream().mapToLong(FaultProxy::accepted).sum();
    }

    public int connections() {
        return proxies.stream().mapToInt(proxy -> proxy.connections().size()).sum();
    }

    @Override
    public void cutOff() {
        proxies.forEach(FaultProxy::hold);
    }

    @Override
    public void holdReplies() {
        proxies.forEach(proxy -> proxy.serverToClient().hold());
    }

    @Override
    public void holdRequests(Duration atLeast) {
        proxies.forEach(proxy -> proxy.clientToServer().hold());
    }

    @Override
    public void swallowRequests() {
        proxies.forEach(proxy -> proxy.clientToServer().swallow());
    }

    @Override
    public void cutReplies(int afterBytes) {
        proxies.forEach(proxy -> proxy.serverToClient().cutAfter(afterBytes));
    }

    @Override
    public void cutRequests(int afterBytes) {
        proxies.forEach(proxy -> proxy.clientToServer().cutAfter(afterBytes));
    }

    @Override
    public void slow(Duration delay) {
        proxies.forEach(proxy -> {
            proxy.clientToServer().delay(delay.dividedBy(2));
            proxy.serverToClient().delay(delay.dividedBy(2));
        });
    }

    @Override
    public void breakConnections() {
        proxies.forEach(FaultProxy::resetAll);
    }

    @Override
    public void endConnections() {
        proxies.forEach(FaultProxy::endAll);
    }

    @Override
    public void refuse() {
        proxies.forEach(FaultProxy::refuse);
        breakConnections();
    }

    @Override
    public void beSilent() {
        proxies.forEach(FaultProxy::acceptSilently);
        breakConnections();
    }

    @Override
    public void heal() {
        proxies.forEach(FaultProxy::heal);
    }

    @Override
    public long sent() {
        return proxies.stream()
                .mapToLong(proxy -> proxy.clientToServer().traffic().received())
                .sum();
    }

    /** Bytes that the servers have sent so far. */
    public long received() {
        return proxies.stream()
                .mapToLong(proxy -> proxy.serverToClient().traffic().received())
                .sum();
    }

    @Override
    public void close() {
        proxies.forEach(FaultProxy::close);
    }

    @Override
    public String toString() {
        return "the proxies " + proxies;
    }
}
