package io.sereno.backend.zookeeper;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.KeeperException.Code;

/**
 * Lists the directories of a namespace: ZooKeeper lists all children of a node at once. They are counted first, since an answer
 * that is too large for the client's buffer would break the connection, and leave the outcome of all other calls on it unknown.
 */
final class Directories {
    private static final String WHAT = "listing the directories";

    private final Paths paths;
    private final ForeignNodes foreign;

    Directories(Paths paths, ForeignNodes foreign) {
        this.paths = paths;
        this.foreign = foreign;
    }

    /** All of them, in no order; also those that were emptied and that the server has not removed yet. */
    CompletableFuture<List<String>> all(Handle handle) {
        String namespace = paths.namespace();
        return handle.numberOfChildren(namespace).thenCompose(counted -> {
            if (counted.isOk() && counted.get() > Limits.MOST_LISTED) {
                return CompletableFuture.failedFuture(Failures.refused("the namespace has " + counted.get()
                        + " directories; ZooKeeper lists all names at once, so at most " + Limits.MOST_LISTED
                        + " are accepted"));
            }
            return counted.isOk() ? list(handle, namespace) : failed(counted.code());
        });
    }

    private CompletableFuture<List<String>> list(Handle handle, String namespace) {
        return handle.children(namespace).thenCompose(answer -> {
            if (!answer.isOk()) {
                return failed(answer.code());
            }
            List<String> all = new ArrayList<>(answer.get().size());
            for (String child : answer.get()) {
                // The other children are the namespace's own nodes, and parts of other namespaces.
                if (child.startsWith("=")) {
                    String path = Paths.decode(child.substring(1));
                    if (path == null) {
                        foreign.skipped(namespace + "/" + child);
                    } else {
                        all.add(path);
                    }
                }
            }
            return CompletableFuture.completedFuture(all);
        });
    }

    private static <T> CompletableFuture<T> failed(Code code) {
        return CompletableFuture.failedFuture(Failures.ofRead(WHAT, code));
    }
}
