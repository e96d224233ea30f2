package io.sereno.benchmarks.systems;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.benchmarks.worker.Peer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** ZooKeeper's own client alone: what the requests of an operation cost at least. */
public final class RawZooKeeper implements Peer.Connector {
    @Override
    public Peer connect(Peer.Target target) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper zooKeeper =
                new ZooKeeper(target.authority(), (int) target.ttl().toMillis(), event -> {
                    if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                        connected.countDown();
                    }
                });
        connected.await();
        return new Client(zooKeeper);
    }

    private record Client(ZooKeeper zooKeeper) implements Peer {
        private String directory(String name) throws KeeperException, InterruptedException {
            try {
                return zooKeeper.create("/" + name, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            } catch (KeeperException.NodeExistsException e) {
                return "/" + name;
            }
        }

        @Override
        public Lock lock(String name) throws KeeperException, InterruptedException {
            String directory = directory(name);
            return new Lock() {
                private String held = "";

                @Override
                public long acquire() throws KeeperException, InterruptedException {
                    held = zooKeeper.create(
                            directory + "/", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL);
                    return 1 + Long.parseLong(held.substring(directory.length() + 1));
                }

                @Override
                public void release() throws KeeperException, InterruptedException {
                    zooKeeper.delete(held, 0);
                    held = "";
                }

                @Override
                public boolean held() {
                    return !held.isEmpty();
                }
            };
        }

        @Override
        public Tally tally(String name) throws KeeperException, InterruptedException {
            String node = directory(name);
            return new Tally() {
                private long sum;
                private int version;

                @Override
                public boolean add() throws KeeperException, InterruptedException {
                    version = zooKeeper
                            .setData(node, String.valueOf(++sum).getBytes(UTF_8), version)
                            .getVersion();
                    return true;
                }

                @Override
                public long sum() throws KeeperException, InterruptedException {
                    return Long.parseLong(new String(zooKeeper.getData(node, false, new Stat()), UTF_8));
                }
            };
        }

        @Override
        public Channel channel(String name, int kept) throws KeeperException, InterruptedException {
            return new Nodes(zooKeeper, directory(name));
        }
    }

    private record Nodes(ZooKeeper zooKeeper, String directory) implements Peer.Channel {
        @Override
        public CompletionStage<?> publish(byte[] payload) {
            CompletableFuture<String> done = new CompletableFuture<>();
            zooKeeper.create(
                    directory + "/",
                    payload,
                    ZooDefs.Ids.OPEN_ACL_UNSAFE,
                    CreateMode.PERSISTENT_SEQUENTIAL,
                    (code, path, context, created) -> end(done, code, path, created),
                    null);
            return done;
        }

        private static <T> void end(CompletableFuture<T> future, int code, String path, T result) {
            if (code == KeeperException.Code.OK.intValue()) {
                future.complete(result);
            } else {
                future.completeExceptionally(KeeperException.create(KeeperException.Code.get(code), path));
            }
        }

        @Override
        public AutoCloseable subscribe(Consumer<byte[]> listener) throws KeeperException, InterruptedException {
            Watcher watcher = event -> {
                if (event.getType() == Watcher.Event.EventType.NodeCreated) {
                    zooKeeper.getData(
                            event.getPath(), false, (code, path, context, data, stat) -> listener.accept(data), null);
                }
            };
            zooKeeper.addWatch(directory, watcher, AddWatchMode.PERSISTENT_RECURSIVE);
            return () -> zooKeeper.removeWatches(directory, watcher, Watcher.WatcherType.Any, true);
        }

        @Override
        public void delete() throws Exception {
            CompletableFuture<?> last = CompletableFuture.completedFuture(null);
            for (String child : zooKeeper.getChildren(directory, false)) {
                CompletableFuture<String> deleted = new CompletableFuture<>();
                zooKeeper.delete(
                        directory + "/" + child, 0, (code, path, context) -> end(deleted, code, path, path), null);
                last = deleted;
            }
            last.get();
        }
    }
}
