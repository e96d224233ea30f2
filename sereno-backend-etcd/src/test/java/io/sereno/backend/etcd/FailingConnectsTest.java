package io.sereno.backend.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.PutRequest;
import io.sereno.testservers.EtcdCluster;
import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.FailingConnects;
import io.sereno.testservers.Identity;
import io.sereno.testservers.TestServer;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class FailingConnectsTest extends FailingConnects {
    FailingConnectsTest() {
        super("etcd", "io.grpc.netty.NettyClientHandler");
    }

    @Override
    protected TestServer start() {
        return EtcdServer.start();
    }

    @Override
    protected TestServer startEncrypted(Identity identity) {
        return EtcdServer.startWithTls("--cert-file=" + identity.certificate(), "--key-file=" + identity.key());
    }

    @Override
    protected InetSocketAddress secureEndpoint(TestServer encrypted) {
        return ((EtcdServer) encrypted).secureEndpoint();
    }

    @Override
    protected TestServer startWithUser() {
        // etcd is slow to check a password, unless it is configured otherwise.
        EtcdServer server = EtcdServer.start("--bcrypt-cost=4");
        try (Outsider outsider = new Outsider(server)) {
            new Users(outsider, PASSWORD).switchOn(USER, "own");
        }
        return server;
    }

    @Test
    void aChangedPasswordIsUsedAtTheNextLogin() {
        assertThatAChangedPasswordIsAskedFor(FailingConnectsTest::changePassword);
    }

    private static void changePassword(TestServer withUser, String password) {
        try (Outsider outsider = new Outsider((EtcdServer) withUser)) {
            new Users(outsider, PASSWORD).changePassword(USER, password);
        }
    }

    @Override
    protected void withoutQuorum(Consumer<String> test) {
        try (EtcdCluster cluster = EtcdCluster.start(3)) {
            cluster.members().get(1).kill();
            cluster.members().get(2).kill();
            test.accept(cluster.members().get(0).authority() + "/ns");
        }
    }

    @Override
    protected void writeNewerLayout(TestServer server) {
        try (Outsider outsider = new Outsider((EtcdServer) server)) {
            KVGrpc.newBlockingStub(outsider.channel())
                    .put(PutRequest.newBuilder()
                            .setKey(new Keys("newer").layout())
                            .setValue(ByteString.copyFromUtf8("2"))
                            .build());
        }
    }
}
