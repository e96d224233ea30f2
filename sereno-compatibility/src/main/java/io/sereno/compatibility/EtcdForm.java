package io.sereno.compatibility;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The keys of an etcd. A record is: createRevision, {@code -} or the number of a lease, key. */
final class EtcdForm implements StoreForm {
    private static final long LEASE_SECONDS = 600;
    /** From this key on, and as the end of a range: all keys. */
    private static final ByteString ALL = ByteString.copyFrom(new byte[1]);

    private final ManagedChannel channel;
    private final KVGrpc.KVBlockingStub keys;
    private final LeaseGrpc.LeaseBlockingStub leasing;
    private final Map<String, Long> leases = new HashMap<>(Map.of("-", 0L));

    EtcdForm(String authority) {
        this.channel = NettyChannelBuilder.forTarget(authority).usePlaintext().build();
        this.keys = KVGrpc.newBlockingStub(channel);
        this.leasing = LeaseGrpc.newBlockingStub(channel);
    }

    @Override
    public List<Stored> dump() {
        Map<Long, Integer> numbers = new HashMap<>();
        RangeRequest everything = RangeRequest.newBuilder()
                .setKey(ALL)
                .setRangeEnd(ALL)
                .setSortTarget(RangeRequest.SortTarget.CREATE)
                .setSortOrder(RangeRequest.SortOrder.ASCEND)
                .build();
        return keys.range(everything).getKvsList().stream()
                .map(key -> new Stored(
                        List.of(
                                String.valueOf(key.getCreateRevision()),
                                lease(key, numbers),
                                key.getKey().toStringUtf8()),
                        key.getValue().toStringUtf8()))
                .toList();
    }

    private static String lease(KeyValue key, Map<Long, Integer> numbers) {
        return key.getLease() == 0
                ? "-"
                : String.valueOf(numbers.computeIfAbsent(key.getLease(), id -> numbers.size() + 1));
    }

    @Override
    public void load(List<Stored> records) {
        Revisions revisions = new Revisions();
        for (List<Stored> together : Revisions.byCommit(records)) {
            TxnRequest.Builder transaction = TxnRequest.newBuilder();
            for (Stored each : together) {
                transaction.addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8(each.word(2)))
                                .setValue(ByteString.copyFromUtf8(revisions.translate(each.value())))
                                .setLease(leases.computeIfAbsent(each.word(1), number -> grant()))));
            }
            long revision = keys.txn(transaction.build()).getHeader().getRevision();
            revisions.given(together.get(0).number(0), revision);
        }
    }

    private long grant() {
        return leasing.leaseGrant(
                        LeaseGrantRequest.newBuilder().setTTL(LEASE_SECONDS).build())
                .getID();
    }

    @Override
    public void endLeases() {
        leases.values().stream()
                .filter(id -> id != 0)
                .forEach(id -> leasing.leaseRevoke(
                        LeaseRevokeRequest.newBuilder().setID(id).build()));
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
