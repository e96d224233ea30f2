package io.sereno.benchmarks.jetcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchResponse;
import io.sereno.benchmarks.worker.Peer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * The usual queue of keys in the order of their creation. A waiter watches the key in front from now on, and reads once more when the
 * watch is live, since etcd delivers the past to a watch that begins there every 100 ms only.
 */
final class TransactionMutex implements Peer.Lock {
    private final Client client;
    private final ByteSequence prefix;
    private final ByteSequence own;
    private final long lease;

    TransactionMutex(Client client, String prefix, long lease) {
        this.client = client;
        this.prefix = JetcdSystem.bytes(prefix);
        this.own = JetcdSystem.bytes(prefix + Long.toHexString(lease));
        this.lease = lease;
    }

    private static GetOption.Builder one(GetOption.SortOrder order) {
        return GetOption.builder()
                .isPrefix(true)
                .withSortField(GetOption.SortTarget.CREATE)
                .withSortOrder(order)
                .withLimit(1);
    }

    @Override
    public long acquire() throws ExecutionException, InterruptedException {
        TxnResponse response = client.getKVClient()
                .txn()
                .If(new Cmp(own, Cmp.Op.EQUAL, CmpTarget.createRevision(0)))
                .Then(
                        Op.put(
                                own,
                                ByteSequence.EMPTY,
                                PutOption.builder().withLeaseId(lease).build()),
                        Op.get(prefix, one(GetOption.SortOrder.ASCEND).build()))
                .commit()
                .get();
        if (!response.isSucceeded()) {
            throw new IllegalStateException("the key of this caller is there already");
        }
        long place = response.getHeader().getRevision();
        if (response.getGetResponses().get(0).getKvs().get(0).getCreateRevision() == place) {
            return place;
        }
        GetOption inFront = one(GetOption.SortOrder.DESCEND)
                .withMaxCreateRevision(place - 1)
                .build();
        while (true) {
            List<KeyValue> next =
                    client.getKVClient().get(prefix, inFront).get().getKvs();
            if (next.isEmpty()) {
                return place;
            }
            awaitDeletion(next.get(0));
        }
    }

    /** Its owner may have put the same key again, behind this caller's. */
    private void awaitDeletion(KeyValue inFront) throws ExecutionException, InterruptedException {
        CompletableFuture<Void> live = new CompletableFuture<>();
        CompletableFuture<Void> deleted = new CompletableFuture<>();
        WatchOption option =
                WatchOption.builder().withCreateNotify(true).withNoPut(true).build();
        Watch.Watcher watcher = client.getWatchClient().watch(inFront.getKey(), option, new Watch.Listener() {
            @Override
            public void onNext(WatchResponse response) {
                if (response.isCreatedNotify()) {
                    live.complete(null);
                }
                if (response.getEvents().stream()
                        .anyMatch(event -> event.getEventType() == WatchEvent.EventType.DELETE)) {
                    deleted.complete(null);
                }
            }

            @Override
            public void onError(Throwable failure) {
                live.completeExceptionally(failure);
                deleted.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {
                onError(new IllegalStateException("the watch has ended"));
            }
        });
        try {
            live.get();
            if (client.getKVClient().get(inFront.getKey()).get().getKvs().stream()
                    .anyMatch(found -> found.getCreateRevision() == inFront.getCreateRevision())) {
                deleted.get();
            }
        } finally {
            watcher.close();
        }
    }

    @Override
    public void release() throws ExecutionException, InterruptedException {
        client.getKVClient().delete(own).get();
    }

    @Override
    public boolean held() throws ExecutionException, InterruptedException {
        return client.getKVClient().get(own).get().getCount() == 1;
    }
}
