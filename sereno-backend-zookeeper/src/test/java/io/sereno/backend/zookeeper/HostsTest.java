package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HostsTest {
    @Test
    void aClientOfOneServerIsGivenItAgainWithoutAPauseOfASecond() {
        Hosts hosts = new Hosts("127.0.0.1:2181", () -> {});
        InetSocketAddress first = hosts.next(1_000);
        hosts.onConnected();
        long begun = System.nanoTime();
        assertThat(hosts.next(1_000)).isEqualTo(first);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofMillis(900));
    }

    /** The name service knows 127.0.0.1 as localhost; the backend must not use that name. */
    @Test
    void anAddressKeepsItsOwnText() {
        assertThat(new Hosts("127.0.0.1:2181", () -> {}).next(0).getHostName()).isEqualTo("127.0.0.1");
        assertThat(new Hosts("[::1]:2181", () -> {}).next(0).getHostName()).isEqualTo("0:0:0:0:0:0:0:1");
        assertThat(new Hosts("localhost:2181", () -> {}).next(0).getHostName()).isEqualTo("localhost");
    }

    @Test
    void allServersAreGivenOneAfterTheOther() {
        Hosts hosts = new Hosts("127.0.0.1:1,127.0.0.1:2,127.0.0.1:3", () -> {});
        assertThat(hosts.size()).isEqualTo(3);
        Set<InetSocketAddress> given = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            given.add(hosts.next(0));
        }
        assertThat(given).hasSize(3);
    }
}
