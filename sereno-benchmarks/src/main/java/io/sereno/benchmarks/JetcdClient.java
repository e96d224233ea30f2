package io.sereno.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchResponse;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;

/** jetcd's own client, {@code io.etcd:jetcd-core}, unchanged. */
final class JetcdClient implements EtcdClient {
    private final Client client;

    JetcdClient(InetSocketAddress endpoint) {
        client = Client.builder()
                .endpoints("http://" + endpoint.getHostString() + ":" + endpoint.getPort())
                .build();
    }

    private static ByteSequence key(String name) {
        return ByteSequence.from("jetcd:entries:" + name, UTF_8);
    }

    @Override
    public CompletableFuture<?> create(String name) {
        ByteSequence key = key(name);
        return client.getKVClient()
                .txn()
                .If(new Cmp(key, Cmp.Op.EQUAL, CmpTarget.createRevision(0)))
                .Then(Op.put(key, ByteSequence.EMPTY, PutOption.DEFAULT))
                .commit();
    }

    @Override
    public CompletableFuture<?> watch(String name, Runnable notice) {
        CompletableFuture<Void> live = new CompletableFuture<>();
        WatchOption option = WatchOption.builder().withCreateNotify(true).build();
        client.getWatchClient().watch(key(name), option, new Watch.Listener() {
            @Override
            public void onNext(WatchResponse response) {
                if (response.isCreatedNotify()) {
                    live.complete(null);
                } else {
                    notice.run();
                }
            }

            @Override
            public void onError(Throwable thrown) {
                live.completeExceptionally(thrown);
            }

            @Override
            public void onCompleted() {
                live.completeExceptionally(new IllegalStateException("the watch has ended"));
            }
        });
        return live;
    }

    @Override
    public CompletableFuture<Long> grant() {
        return client.getLeaseClient().grant(30).thenApply(grant -> grant.getID());
    }

    @Override
    public CompletableFuture<?> renew(long lease) {
        return client.getLeaseClient().keepAliveOnce(lease);
    }

    @Override
    public void close() {
        client.close();
    }
}
