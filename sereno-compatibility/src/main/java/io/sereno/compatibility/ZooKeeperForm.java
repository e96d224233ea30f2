package io.sereno.compatibility;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * The nodes of a ZooKeeper. A record is: czxid, {@code -} or the number of a session or {@code container}, path. All sessions are
 * loaded as one.
 */
final class ZooKeeperForm implements StoreForm {
    private static final int SESSION_MILLIS = 60_000;
    private static final String CONTAINER = "container";

    private final String authority;
    private final ZooKeeper client;
    private final List<ZooKeeper> sessions = new ArrayList<>();

    ZooKeeperForm(String authority) {
        this.authority = authority;
        this.client = connect();
    }

    private ZooKeeper connect() {
        CountDownLatch connected = new CountDownLatch(1);
        try {
            ZooKeeper handle = new ZooKeeper(authority, SESSION_MILLIS, event -> {
                if (event.getState() == KeeperState.SyncConnected) {
                    connected.countDown();
                }
            });
            sessions.add(handle);
            if (!connected.await(SESSION_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("no connection to " + authority);
            }
            return handle;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public List<Stored> dump() {
        List<Stored> records = new ArrayList<>();
        try {
            collect("/", records, new HashMap<>());
        } catch (KeeperException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        // A parent and its children may be of one transaction.
        records.sort(Comparator.<Stored>comparingLong(node -> node.number(0)).thenComparing(node -> node.word(2)));
        return records;
    }

    private void collect(String path, List<Stored> records, Map<Long, Integer> numbers)
            throws KeeperException, InterruptedException {
        for (String child : client.getChildren(path, false)) {
            String node = (path.equals("/") ? "" : path) + "/" + child;
            if (node.equals("/zookeeper")) {
                continue;
            }
            Stat stat = new Stat();
            byte[] data = client.getData(node, false, stat);
            long owner = stat.getEphemeralOwner();
            // A directory; the server does not report that it is a container.
            String kind = child.startsWith("=")
                    ? CONTAINER
                    : owner == 0 ? "-" : String.valueOf(numbers.computeIfAbsent(owner, id -> numbers.size() + 1));
            records.add(new Stored(
                    List.of(String.valueOf(stat.getCzxid()), kind, node), data == null ? "" : new String(data, UTF_8)));
            collect(node, records, numbers);
        }
    }

    @Override
    public void load(List<Stored> records) {
        ZooKeeper leased = connect();
        Revisions revisions = new Revisions();
        try {
            for (List<Stored> together : Revisions.byCommit(records)) {
                List<Op> creations = together.stream()
                        .map(node -> Op.create(
                                node.word(2),
                                revisions.translate(node.value()).getBytes(UTF_8),
                                ZooDefs.Ids.OPEN_ACL_UNSAFE,
                                modeOf(node.word(1))))
                        .toList();
                leased.multi(creations);
                Stat stat = leased.exists(together.get(0).word(2), false);
                revisions.given(together.get(0).number(0), stat.getCzxid());
            }
        } catch (KeeperException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static CreateMode modeOf(String kind) {
        return switch (kind) {
            case "-" -> CreateMode.PERSISTENT;
            case CONTAINER -> CreateMode.CONTAINER;
            default -> CreateMode.EPHEMERAL;
        };
    }

    @Override
    public void endLeases() {
        close();
    }

    @Override
    public void close() {
        try {
            for (ZooKeeper session : sessions) {
                session.close();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
