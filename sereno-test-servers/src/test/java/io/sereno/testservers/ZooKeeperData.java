package io.sereno.testservers;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/** A session with ZooKeeper, and one node in it. */
final class ZooKeeperData implements AutoCloseable {
    private static final String PATH = "/key";
    private static final List<ACL> EVERYBODY = Collections.singletonList(
            new ACL(ZooDefs.Perms.ALL, new Id("world", "anyone"))); // asked for null by its user

    private final ZooKeeper handle;
    private final CompletableFuture<Void> expired = new CompletableFuture<>();

    ZooKeeperData(String authority) throws Exception {
        CompletableFuture<Void> connected = new CompletableFuture<>();
        handle = new ZooKeeper(authority, 10_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                connected.complete(null);
            } else if (event.getState() == KeeperState.Expired) {
                expired.complete(null);
            }
        });
        connected.get(20, TimeUnit.SECONDS);
    }

    static void write(String authority, String value) throws Exception {
        try (ZooKeeperData data = new ZooKeeperData(authority)) {
            data.create(PATH, CreateMode.PERSISTENT);
            data.handle.setData(PATH, value.getBytes(StandardCharsets.UTF_8), -1);
        }
    }

    static String read(String authority) throws Exception {
        try (ZooKeeperData data = new ZooKeeperData(authority)) {
            data.handle.sync(PATH);
            return new String(data.handle.getData(PATH, false, null), StandardCharsets.UTF_8);
        }
    }

    ZooKeeper handle() {
        return handle;
    }

    /** Completes when the client has learned that its session expired. */
    CompletableFuture<Void> expired() {
        return expired;
    }

    void create(String path, CreateMode mode) throws Exception {
        if (handle.exists(path, false) == null) {
            handle.create(path, new byte[0], EVERYBODY, mode);
        }
    }

    @Override
    public void close() {
        try {
            handle.close();
        } catch (InterruptedException e) {
            throw TestServerException.interrupted("closing a session");
        }
    }
}
