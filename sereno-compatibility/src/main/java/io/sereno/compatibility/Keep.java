package io.sereno.compatibility;

import io.sereno.testservers.EtcdServer;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import io.sereno.testservers.ZooKeeperServer;
import java.nio.file.Path;
import java.util.function.Function;

/** Runs {@link Tour} with the jars of a build, on each store, and keeps what the stores hold then; see the script {@code keep}. */
final class Keep {
    /** The tour prints nothing more when the store is filled. */
    private static final FormerBuild.Output UNHEARD = new FormerBuild.Output() {
        @Override
        public void line(String line) {}

        @Override
        public void ended(String log) {}
    };

    private final Path folder;

    private Keep(Path folder) {
        this.folder = folder;
    }

    /** The folder, which has the jars. */
    public static void main(String[] arguments) {
        Keep keep = new Keep(Path.of(arguments[0]).toAbsolutePath());
        keep.tour("memory:/tour", folderFile(keep, "spi.txt")).close();
        try (EtcdServer server = EtcdServer.start()) {
            keep.keep("etcd", server.authority(), EtcdForm::new, "createRevision, lease, key");
        }
        try (RedisServer server = RedisServer.start(Persistence.NONE)) {
            keep.keep("redis", server.authority(), RedisForm::new, "the commands that make it");
        }
        try (ZooKeeperServer server = ZooKeeperServer.start()) {
            keep.keep("zookeeper", server.authority(), ZooKeeperForm::new, "czxid, session or kind, path");
        }
    }

    private static String folderFile(Keep keep, String name) {
        return keep.folder.resolve(name).toString();
    }

    private FormerBuild tour(String... arguments) {
        return FormerBuild.start(folder, Tour.class, "filled", UNHEARD, arguments);
    }

    private void keep(String store, String authority, Function<String, StoreForm> form, String words) {
        // Killed before the store is read: the next request of a live client could change it meanwhile.
        tour(store + "://" + authority + "/tour").close();
        try (StoreForm raw = form.apply(authority)) {
            KeptText.write(
                    folder.resolve(store + ".txt"),
                    "What " + store + "'s own client shows: " + words + ".",
                    raw.dump());
        }
    }
}
