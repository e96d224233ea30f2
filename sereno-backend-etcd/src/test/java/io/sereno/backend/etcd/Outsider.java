package io.sereno.backend.etcd;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.sereno.testservers.EtcdServer;
import java.util.List;

/** Another program at the same server, which shares nothing with the backend. */
final class Outsider implements AutoCloseable {
    private final ManagedChannel channel;

    Outsider(EtcdServer etcd) {
        channel = NettyChannelBuilder.forAddress(
                        etcd.endpoint().getHostString(), etcd.endpoint().getPort())
                .usePlaintext()
                .build();
    }

    ManagedChannel channel() {
        return channel;
    }

    void revoke(long lease) {
        LeaseGrpc.newBlockingStub(channel)
                .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());
    }

    List<String> keys() {
        ByteString all = ByteString.copyFrom(new byte[1]);
        return KVGrpc.newBlockingStub(channel)
                .range(RangeRequest.newBuilder()
                        .setKey(all)
                        .setRangeEnd(all)
                        .setKeysOnly(true)
                        .build())
                .getKvsList()
                .stream()
                .map(KeyValue::getKey)
                .map(ByteString::toStringUtf8)
                .toList();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
