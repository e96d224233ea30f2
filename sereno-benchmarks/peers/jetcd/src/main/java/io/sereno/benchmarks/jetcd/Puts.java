package io.sereno.benchmarks.jetcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchResponse;
import io.sereno.benchmarks.worker.Peer;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** A message is a key of its own; subscribers watch the prefix. */
final class Puts implements Peer.Channel {
    private final Client client;
    private final String prefix;
    private final String publisher = UUID.randomUUID().toString();
    private final AtomicLong next = new AtomicLong();

    Puts(Client client, String prefix) {
        this.client = client;
        this.prefix = prefix;
    }

    @Override
    public CompletionStage<?> publish(byte[] payload) {
        ByteSequence key = JetcdSystem.bytes(prefix + publisher + String.format("%019d", next.getAndIncrement()));
        return client.getKVClient().put(key, ByteSequence.from(payload));
    }

    @Override
    public AutoCloseable subscribe(Consumer<byte[]> listener) throws ExecutionException, InterruptedException {
        CompletableFuture<Void> live = new CompletableFuture<>();
        WatchOption option =
                WatchOption.builder().isPrefix(true).withCreateNotify(true).build();
        Watch.Watcher watcher = client.getWatchClient().watch(JetcdSystem.bytes(prefix), option, new Watch.Listener() {
            @Override
            public void onNext(WatchResponse response) {
                if (response.isCreatedNotify()) {
                    live.complete(null);
                }
                response.getEvents()
                        .forEach(event ->
                                listener.accept(event.getKeyValue().getValue().getBytes()));
            }

            @Override
            public void onError(Throwable failure) {
                live.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {
                live.completeExceptionally(new IllegalStateException("the watch has ended"));
            }
        });
        live.get();
        return watcher;
    }

    @Override
    public void delete() throws ExecutionException, InterruptedException {
        client.getKVClient()
                .delete(JetcdSystem.bytes(prefix), JetcdSystem.prefix())
                .get();
    }
}
