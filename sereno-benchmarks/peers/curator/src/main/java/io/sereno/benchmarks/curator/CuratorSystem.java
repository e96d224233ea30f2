package io.sereno.benchmarks.curator;

import io.sereno.benchmarks.worker.Peer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessLock;
import org.apache.curator.framework.recipes.locks.InterProcessMultiLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.shared.VersionedValue;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.jspecify.annotations.Nullable;

/** Curator's recipes. */
public final class CuratorSystem implements Peer.Connector {
    private static final int CONNECT_MILLIS = 15_000;

    @Override
    public Peer connect(Peer.Target target) throws InterruptedException {
        CuratorFramework client = CuratorFrameworkFactory.newClient(
                target.authority(),
                (int) target.ttl().toMillis(),
                CONNECT_MILLIS,
                new ExponentialBackoffRetry(50, 10, 1_000));
        client.start();
        client.blockUntilConnected();
        return new Client(client, target.subject());
    }

    private record Client(CuratorFramework client, String subject) implements Peer {
        private InterProcessLock named(String path) {
            return switch (subject) {
                case "InterProcessReadWriteLock" -> new InterProcessReadWriteLock(client, path).writeLock();
                case "InterProcessMultiLock" ->
                    new InterProcessMultiLock(client, List.of(path + "/a", path + "/b", path + "/c"));
                default -> new InterProcessMutex(client, path);
            };
        }

        @Override
        public Lock lock(String name) {
            if (subject.equals("InterProcessSemaphoreV2")) {
                return permit(name, 1);
            }
            InterProcessLock lock = named("/" + name);
            return new Lock() {
                @Override
                public long acquire() throws Exception {
                    lock.acquire();
                    return 0;
                }

                @Override
                public void release() throws Exception {
                    lock.release();
                }

                @Override
                public boolean held() {
                    return lock.isAcquiredInThisProcess();
                }
            };
        }

        @Override
        public Lock permit(String name, int limit) {
            return new OneLease(new InterProcessSemaphoreV2(client, "/" + name, limit));
        }

        @Override
        public Candidate candidate(String election) {
            return new Latch(client, "/" + election);
        }

        @Override
        public Tally tally(String name) throws Exception {
            if (subject.equals("SharedCount")) {
                return shared(new SharedCount(client, "/" + name, 0));
            }
            // Optimistic; it gives up after 20 attempts, between which it pauses for 1 to 100 ms.
            DistributedAtomicLong value =
                    new DistributedAtomicLong(client, "/" + name, new ExponentialBackoffRetry(1, 20, 100));
            return new Tally() {
                @Override
                public boolean add() throws Exception {
                    return value.increment().succeeded();
                }

                @Override
                public long sum() throws Exception {
                    return value.get().postValue();
                }
            };
        }

        private static Tally shared(SharedCount count) throws Exception {
            count.start();
            return new Tally() {
                @Override
                public boolean add() throws Exception {
                    // A failed attempt has read the value again.
                    while (true) {
                        VersionedValue<Integer> before = count.getVersionedValue();
                        if (count.trySetCount(before, before.getValue() + 1)) {
                            return true;
                        }
                    }
                }

                @Override
                public long sum() throws Exception {
                    // What it knows may be old. An attempt to set it shows the present one.
                    VersionedValue<Integer> before = count.getVersionedValue();
                    while (!count.trySetCount(before, before.getValue())) {
                        before = count.getVersionedValue();
                    }
                    return before.getValue();
                }
            };
        }

        @Override
        public Channel channel(String name, int kept) throws Exception {
            try {
                client.create().creatingParentsIfNeeded().forPath("/" + name);
            } catch (KeeperException.NodeExistsException e) {
                // another client's, or made before
            }
            return new Children(client, "/" + name);
        }

        @Override
        public Meeting meeting(String name) {
            return new Meeting() {
                private @Nullable DistributedDoubleBarrier barrier;

                @Override
                public void open(int parties, int round) {}

                @Override
                public void meet(int parties, int round) throws Exception {
                    if (barrier == null) {
                        barrier = new DistributedDoubleBarrier(client, "/" + name, parties);
                    }
                    barrier.enter();
                    barrier.leave();
                }
            };
        }

        @Override
        public Group group(String name) {
            return new Group() {
                @Override
                public AutoCloseable join(String id) throws Exception {
                    PersistentNode node =
                            new PersistentNode(client, CreateMode.EPHEMERAL, false, "/" + name + "/" + id, new byte[0]);
                    node.start();
                    if (!node.waitForInitialCreate(1, TimeUnit.MINUTES)) {
                        throw new IllegalStateException("the node was not created");
                    }
                    return node;
                }

                @Override
                public int size() throws Exception {
                    return client.getChildren().forPath("/" + name).size();
                }
            };
        }
    }

    /** A latch cannot be used again after it was closed, and closing it is its way to resign. */
    private static final class OneLease implements Peer.Lock {
        private final InterProcessSemaphoreV2 semaphore;
        private @Nullable Lease lease;

        OneLease(InterProcessSemaphoreV2 semaphore) {
            this.semaphore = semaphore;
        }

        @Override
        public long acquire() throws Exception {
            lease = semaphore.acquire();
            return 0;
        }

        @Override
        public void release() {
            semaphore.returnLease(lease);
            lease = null;
        }

        @Override
        public boolean held() {
            return lease != null;
        }
    }

    private static final class Latch implements Peer.Candidate {
        private final CuratorFramework client;
        private final String path;
        private @Nullable LeaderLatch latch;

        Latch(CuratorFramework client, String path) {
            this.client = client;
            this.path = path;
        }

        @Override
        public void lead() throws Exception {
            latch = new LeaderLatch(client, path);
            latch.start();
            latch.await();
        }

        @Override
        public void resign() throws Exception {
            Objects.requireNonNull(latch).close();
        }
    }

    /** A message is a sequential node; subscribers have a cache of the nodes. */
    private record Children(CuratorFramework client, String path) implements Peer.Channel {
        @Override
        public CompletionStage<?> publish(byte[] payload) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            try {
                client.create()
                        .withMode(CreateMode.PERSISTENT_SEQUENTIAL)
                        .inBackground((unused, event) -> end(done, event))
                        .forPath(path + "/m", payload);
            } catch (Exception e) {
                done.completeExceptionally(e);
            }
            return done;
        }

        private static void end(CompletableFuture<Void> done, CuratorEvent event) {
            if (event.getResultCode() == KeeperException.Code.OK.intValue()) {
                done.complete(null);
            } else {
                done.completeExceptionally(
                        KeeperException.create(KeeperException.Code.get(event.getResultCode()), event.getPath()));
            }
        }

        @Override
        public AutoCloseable subscribe(Consumer<byte[]> listener) throws InterruptedException {
            CountDownLatch live = new CountDownLatch(1);
            CuratorCache cache = CuratorCache.build(client, path);
            cache.listenable()
                    .addListener(CuratorCacheListener.builder()
                            .forInitialized(live::countDown)
                            .forCreates(node -> {
                                // What was there before is no news.
                                if (live.getCount() == 0 && node.getPath().length() > path.length()) {
                                    listener.accept(node.getData());
                                }
                            })
                            .build());
            cache.start();
            live.await();
            return cache;
        }

        @Override
        public void delete() throws Exception {
            CompletableFuture<?> all = CompletableFuture.completedFuture(null);
            for (String child : client.getChildren().forPath(path)) {
                CompletableFuture<Void> done = new CompletableFuture<>();
                client.delete()
                        .inBackground((unused, event) -> end(done, event))
                        .forPath(path + "/" + child);
                all = done;
            }
            all.get();
        }
    }
}
