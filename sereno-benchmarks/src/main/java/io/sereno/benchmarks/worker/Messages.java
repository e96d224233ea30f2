package io.sereno.benchmarks.worker;

import io.sereno.benchmarks.worker.Peer.Channel;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

/** One client publishes messages of 128 bytes; others, a client each, have to receive every one in order. */
final class Messages implements Workload {
    private static final int BYTES = 128;
    private static final int KEPT = 5_000_000;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Clients clients;
    private final int subscribers;
    private final int inFlight;
    private final int rate;
    private final int stored;
    private final Checks checks = new Checks();
    private final List<Peer> peers = new ArrayList<>();
    private int windows;

    /**
     * @param inFlight messages that the publisher sends without waiting for their confirmation
     * @param rate messages per second; 0 for as many as possible
     * @param stored how many messages are in the stream before the first window, and stay; 0 for a new stream in each window
     */
    Messages(Clients clients, int subscribers, int inFlight, int rate, int stored) {
        this.clients = clients;
        this.subscribers = subscribers;
        this.inFlight = inFlight;
        this.rate = rate;
        this.stored = stored;
    }

    @Override
    public void open() throws Exception {
        peers.addAll(clients.connect(1 + subscribers));
    }

    @Override
    public void fill() throws Exception {
        Channel channel = channel(0);
        Semaphore room = new Semaphore(64);
        for (int i = 0; i < stored; i++) {
            room.acquire();
            CompletionStage<?> unused = channel.publish(new byte[BYTES]).whenComplete((done, failure) -> {
                if (failure != null) {
                    checks.fault("a message was not stored: " + failure);
                }
                room.release();
            });
        }
        room.acquire(64);
    }

    private Channel channel(int peer) throws Exception {
        return peers.get(peer)
                .channel(clients.name(stored > 0 ? "kept" : "topic" + windows), stored > 0 ? stored : KEPT);
    }

    @Override
    public Window window(Duration length) throws Exception {
        windows++;
        Channel channel = channel(0);
        List<Receiver> receivers = new ArrayList<>();
        List<AutoCloseable> subscriptions = new ArrayList<>();
        for (int i = 1; i <= subscribers; i++) {
            Receiver receiver = new Receiver();
            receivers.add(receiver);
            subscriptions.add(channel(i).subscribe(receiver));
        }
        long start = System.nanoTime();
        long published = publish(channel, start, length);
        double publishing = (System.nanoTime() - start) / 1e9;
        long patience = System.nanoTime() + PATIENCE.toNanos();
        boolean all = true;
        for (Receiver receiver : receivers) {
            all &= receiver.await(published, patience);
        }
        double delivering = all ? (System.nanoTime() - start) / 1e9 : PATIENCE.toNanos() / 1e9 + publishing;
        for (AutoCloseable subscription : subscriptions) {
            subscription.close();
        }
        long received = published;
        for (Receiver receiver : receivers) {
            received = Math.min(received, receiver.report(published, checks));
        }
        if (stored == 0) {
            channel.delete();
        }
        // If the publisher waits for each message, its own rate counts; otherwise that of the slowest subscriber.
        boolean waits = inFlight == 1;
        return Window.of(waits ? published : received, waits ? publishing : delivering, checks)
                .with(receivers.get(0).nanos())
                .with("behind", (delivering - publishing) * 1e3);
    }

    private long publish(Channel channel, long start, Duration length) throws InterruptedException {
        Semaphore room = new Semaphore(inFlight);
        long published = 0;
        do {
            long due = System.nanoTime();
            if (rate > 0) {
                due = start + published * 1_000_000_000L / rate;
                for (long early = due - System.nanoTime(); early > 0; early = due - System.nanoTime()) {
                    LockSupport.parkNanos(early);
                }
            }
            room.acquire();
            byte[] payload = new byte[BYTES];
            ByteBuffer.wrap(payload).putLong(published).putLong(due);
            CompletionStage<?> unused = channel.publish(payload).whenComplete((done, failure) -> {
                if (failure != null) {
                    checks.fault("a message was refused: " + failure);
                }
                room.release();
            });
            published++;
        } while (System.nanoTime() - start < length.toNanos());
        room.acquire(inFlight);
        return published;
    }
}
