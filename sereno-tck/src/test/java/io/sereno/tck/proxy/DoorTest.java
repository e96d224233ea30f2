package io.sereno.tck.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How connections are accepted, and ended from outside. */
@Timeout(120)
class DoorTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static void assertEchoes(Socket client, int seed) throws Exception {
        client.getOutputStream().write(Line.random(seed, 1000));
        assertThat(Line.read(client, 1000)).isEqualTo(Line.random(seed, 1000));
    }

    @Test
    void refusesNewConnectionsOnThePortThatComesBack() throws Exception {
        try (EchoServer echo = new EchoServer();
                FaultProxy proxy = FaultProxy.to(echo.address());
                Socket before = Line.connect(proxy)) {
            InetSocketAddress endpoint = proxy.endpoint();
            for (int round = 0; round < 50; round++) {
                proxy.refuse();
                proxy.refuse();
                assertThatThrownBy(() -> Line.connect(proxy)).isInstanceOf(ConnectException.class);
                assertEchoes(before, round);
                if (round % 2 == 0) {
                    proxy.heal();
                } else {
                    proxy.accept();
                }
                assertThat(proxy.endpoint()).isEqualTo(endpoint);
                try (Socket after = Line.connect(proxy)) {
                    assertEchoes(after, round);
                }
            }
            assertThat(proxy.accepted()).isEqualTo(51);
        }
    }

    @Test
    void keepsThePortWhileItRefuses() throws Exception {
        try (EchoServer echo = new EchoServer();
                FaultProxy proxy = FaultProxy.to(echo.address());
                ServerSocket thief = new ServerSocket()) {
            proxy.refuse();
            thief.setReuseAddress(false);
            assertThatThrownBy(() -> thief.bind(proxy.endpoint())).isInstanceOf(BindException.class);
        }
    }

    @Test
    void aConnectionMadeBeforeItRefusesIsNotRefused() throws Exception {
        for (int round = 0; round < 50; round++) {
            try (EchoServer echo = new EchoServer();
                    FaultProxy proxy = FaultProxy.to(echo.address());
                    Socket client = Line.connect(proxy)) {
                proxy.refuse();
                assertEchoes(client, round);
            }
        }
    }

    @Test
    void acceptsSilentlyWithoutConnectingToTheServer() throws Exception {
        try (Line line = new Line()) {
            line.proxy.acceptSilently();
            try (Socket silent = line.connect()) {
                silent.getOutputStream().write(new byte[1_000_000]);
                line.proxy.clientToServer().awaitReceived(1_000_000, SOON);
                silent.shutdownOutput();
                line.client.getOutputStream().write(Line.random(1, 10));
                assertThat(Line.read(line.server, 10)).isEqualTo(Line.random(1, 10));
                line.proxy.clientToServer().pass(); // modes are for connections that lead somewhere
                assertThat(line.proxy.connections()).hasSize(2);

                line.proxy.heal();
                assertThat(Line.readToReset(silent)).isEmpty();
                assertThat(line.proxy.clientToServer().traffic()).isEqualTo(new Traffic(1_000_010, 10, 0));
            }
            // the next one that reaches the server was made after the silence
            try (Socket client = line.connect();
                    Socket server = line.accept()) {
                client.getOutputStream().write(Line.random(2, 10));
                assertThat(Line.read(server, 10)).isEqualTo(Line.random(2, 10));
            }
        }
    }

    @Test
    void comesFromRefusingToSilenceAndBack() throws Exception {
        try (Line line = new Line()) {
            line.proxy.refuse();
            line.proxy.acceptSilently();
            try (Socket silent = line.connect()) {
                line.proxy.awaitAccepted(2, SOON);
                line.proxy.refuse();
                assertThat(line.proxy.connections()).hasSize(2);
                line.proxy.accept();
                assertThat(Line.readToReset(silent)).isEmpty();
                assertThat(line.proxy.connections()).hasSize(1);
            }
        }
    }

    @Test
    void resetsEveryConnectionThatWasMadeBefore() throws Exception {
        try (EchoServer echo = new EchoServer();
                FaultProxy proxy = FaultProxy.to(echo.address())) {
            List<Socket> clients = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                clients.add(Line.connect(proxy));
            }
            assertEchoes(clients.get(0), 1);
            proxy.resetAll();
            assertThat(proxy.connections()).isEmpty();
            for (Socket client : clients) {
                assertThat(Line.readToReset(client)).isEmpty();
                client.close();
            }
            try (Socket client = Line.connect(proxy)) {
                assertEchoes(client, 1);
            }
            assertThat(proxy.accepted()).isEqualTo(501);
        }
    }

    @Test
    void endsConnectionsInOrderAndDropsWhatTheyHold() throws Exception {
        try (Line line = new Line();
                Socket secondClient = line.connect();
                Socket secondServer = line.accept()) {
            line.proxy.hold();
            line.client.getOutputStream().write(new byte[10]);
            line.server.getOutputStream().write(new byte[20]);
            line.proxy.clientToServer().awaitHeld(10, SOON);
            line.proxy.serverToClient().awaitHeld(20, SOON);
            line.proxy.connections().get(0).end();
            assertThat(line.proxy.connections()).hasSize(1);
            assertThat(Line.readToEnd(line.client)).isEmpty();
            assertThat(Line.readToEnd(line.server)).isEmpty();
            assertThat(line.proxy.clientToServer().traffic().dropped()).isEqualTo(10);
            assertThat(line.proxy.serverToClient().traffic().dropped()).isEqualTo(20);

            line.proxy.endAll();
            assertThat(line.proxy.connections()).isEmpty();
            assertThat(Line.readToEnd(secondClient)).isEmpty();
            assertThat(Line.readToEnd(secondServer)).isEmpty();
        }
    }

    @Test
    void resetsOneConnectionAndLeavesTheOthers() throws Exception {
        try (EchoServer echo = new EchoServer();
                FaultProxy proxy = FaultProxy.to(echo.address());
                Socket first = Line.connect(proxy);
                Socket second = Line.connect(proxy)) {
            assertEchoes(first, 1);
            assertEchoes(second, 2);
            Connection connection = proxy.connections().get(0);
            assertThat(connection.number()).isEqualTo(1);
            assertThat(connection.client()).isEqualTo(first.getLocalSocketAddress());
            assertThat(connection)
                    .hasToString("connection 1 from " + first.getLocalSocketAddress()
                            + " (1000 bytes received, 1000 delivered, 0 held, 0 dropped to the server;"
                            + " 1000 bytes received, 1000 delivered, 0 held, 0 dropped to the client)");
            connection.reset();
            connection.reset();
            assertThat(Line.readToReset(first)).isEmpty();
            assertEchoes(second, 3);
            assertThat(connection.clientToServer()).isEqualTo(new Traffic(1000, 1000, 0));
            assertThat(proxy.clientToServer().traffic()).isEqualTo(new Traffic(3000, 3000, 0));
        }
    }

    @Test
    void aNewConnectionFallsUnderTheModesToo() throws Exception {
        try (Line line = new Line()) {
            line.proxy.hold();
            try (Socket client = line.connect();
                    Socket server = line.accept()) {
                client.getOutputStream().write(Line.random(1, 10));
                server.getOutputStream().write(Line.random(2, 20));
                line.proxy.clientToServer().awaitHeld(10, SOON);
                line.proxy.serverToClient().awaitHeld(20, SOON);
                line.proxy.heal();
                assertThat(Line.read(server, 10)).isEqualTo(Line.random(1, 10));
                assertThat(Line.read(client, 20)).isEqualTo(Line.random(2, 20));
            }
        }
    }

    @Test
    void holdsTheNewsThatTheServerCannotBeReached() throws Exception {
        try (FaultProxy proxy = FaultProxy.to(Line.deserted())) {
            proxy.serverToClient().hold();
            try (Socket client = Line.connect(proxy)) {
                proxy.awaitAccepted(1, SOON);
                assertThat(proxy.connections()).hasSize(1);
                proxy.heal();
                assertThat(Line.readToReset(client)).isEmpty();
            }
        }
    }

    @Test
    void listensAtTheGivenAddressAndNowhereTwice() throws Exception {
        InetSocketAddress listen = Line.deserted();
        try (EchoServer echo = new EchoServer();
                FaultProxy proxy = FaultProxy.between(listen, echo.address());
                Socket client = Line.connect(proxy)) {
            assertThat(proxy.endpoint()).isEqualTo(listen);
            assertEchoes(client, 1);
            assertThatThrownBy(() -> FaultProxy.between(listen, echo.address()))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("cannot listen on " + listen)
                    .hasRootCauseInstanceOf(BindException.class);
        }
    }

    /** 127.0.0.1 and, where the machine has it, ::1; either way round. */
    @Test
    void joinsAnyTwoLoopbackAddresses() throws Exception {
        List<InetAddress> addresses = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(InetAddress::isLoopbackAddress)
                .toList();
        assertThat(addresses).isNotEmpty();
        for (InetAddress inside : addresses) {
            for (InetAddress outside : addresses) {
                try (EchoServer echo = new EchoServer(inside);
                        FaultProxy proxy = FaultProxy.between(new InetSocketAddress(outside, 0), echo.address());
                        Socket client = Line.connect(proxy)) {
                    assertThat(client.getInetAddress()).isEqualTo(outside);
                    assertEchoes(client, 1);
                    proxy.refuse();
                    assertThatThrownBy(() -> Line.connect(proxy)).isInstanceOf(ConnectException.class);
                    proxy.resetAll();
                    assertThat(Line.readToReset(client)).isEmpty();
                }
            }
        }
    }
}
