package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import io.sereno.spi.Names;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;

/** Reads on one handle. The result is as fresh as the handle is: a barrier before the read makes it linearizable. */
final class Reader {
    /**
     * The number of values in one answer: this many of the greatest size are still less than what the client accepts.
     */
    static final int CHUNK = 128;
    /** A directory that had no more entries than this the last time is not counted before it is listed. */
    private static final int FEW = 1_000;

    private final Paths paths;
    private final RememberedEntries remembered;
    private final ForeignNodes foreign;
    private final BiFunction<String, Code, BackendException> guardFailure;
    private final int mostListed;

    /**
     * Reads in one namespace.
     *
     * @param guardFailure the failure for a guard that could not be read
     * @param mostListed see {@link Limits#MOST_LISTED}
     */
    Reader(
            Paths paths,
            RememberedEntries remembered,
            ForeignNodes foreign,
            BiFunction<String, Code, BackendException> guardFailure,
            int mostListed) {
        this.mostListed = mostListed;
        this.paths = paths;
        this.remembered = remembered;
        this.guardFailure = guardFailure;
        this.foreign = foreign;
    }

    /**
     * Reads what the query asks for. Fails with a {@link BackendException}.
     *
     * @param guards their known versions before the barrier or the transaction that precedes this read
     */
    CompletableFuture<Snapshot> read(Handle handle, Query query, int[] guards) {
        if (query instanceof Query.One one) {
            return look(handle, one.directory(), Set.of(one.name()))
                    .thenApply(seen -> new Snapshot(List.copyOf(seen.entries.values()), false));
        }
        return remembered.lastCount(query.directory()) <= FEW
                ? list(handle, query, guards)
                : count(handle, query, guards);
    }

    /**
     * Counts the entries first: a listing that is too large for the client's buffer would break the connection, and leave the
     * outcome of all other calls on it unknown.
     */
    private CompletableFuture<Snapshot> count(Handle handle, Query query, int[] guards) {
        return handle.numberOfChildren(paths.directory(query.directory())).thenCompose(answer -> {
            if (answer.isOk() && answer.get() > mostListed) {
                return CompletableFuture.failedFuture(
                        Failures.refused("directory '" + query.directory() + "' has " + answer.get()
                                + " entries; ZooKeeper lists all names at once, so at most " + mostListed
                                + " are accepted where several are read, also page by page"));
            }
            return answer.isOk() || answer.code() == Code.NONODE
                    ? list(handle, query, guards)
                    : failed("reading directory '" + query.directory() + "'", answer.code());
        });
    }

    private CompletableFuture<Snapshot> list(Handle handle, Query query, int[] guards) {
        String directoryPath = paths.directory(query.directory());
        return handle.children(directoryPath).thenCompose(answer -> {
            if (answer.code() == Code.NONODE) {
                remembered.gone(query.directory());
                remembered.counted(query.directory(), 0);
                return CompletableFuture.completedFuture(new Snapshot(List.of(), false));
            }
            if (!answer.isOk()) {
                // The listing may have failed because of its size.
                remembered.notCounted(query.directory());
                return failed("reading directory '" + query.directory() + "'", answer.code());
            }
            remembered.counted(query.directory(), answer.get().size());
            return new Listing(handle, query, guards, directoryPath, answer.get()).next();
        });
    }

    /** The entries that exist, and for each name the state to remember. */
    record Seen(Map<String, Entry> entries, Map<String, RememberedEntry> remembered) {}

    /** Reads guards first, then entries, in this order: see {@link RememberedEntry}. */
    CompletableFuture<Seen> look(Handle handle, String directory, Set<String> names) {
        String directoryPath = paths.directory(directory);
        List<Op> operations = new ArrayList<>();
        Map<Integer, Integer> guards = new TreeMap<>();
        for (String name : names) {
            int shard = Paths.shard(directory, name);
            if (guards.putIfAbsent(shard, operations.size()) == null) {
                operations.add(Op.getData(paths.guard(shard)));
            }
        }
        int firstEntry = operations.size();
        names.forEach(name -> operations.add(Op.getData(Paths.entry(directoryPath, name))));
        return handle.transact(operations).thenCompose(answer -> {
            List<OpResult> results = answer.value();
            if (results == null || results.size() != operations.size()) {
                return failed("reading in directory '" + directory + "'", answer.code());
            }
            for (Map.Entry<Integer, Integer> guard : guards.entrySet()) {
                OpResult result = results.get(guard.getValue());
                if (!(result instanceof OpResult.GetDataResult data)) {
                    return CompletableFuture.failedFuture(
                            guardFailure.apply("reading in directory '" + directory + "'", codeOf(result)));
                }
                remembered.madeAt(data.getStat().getCzxid());
                remembered.guard(guard.getKey(), data.getStat().getVersion());
                guard.setValue(data.getStat().getVersion());
            }
            Map<String, Entry> entries = new LinkedHashMap<>();
            Map<String, RememberedEntry> seen = new LinkedHashMap<>();
            int index = firstEntry;
            for (String name : names) {
                OpResult result = results.get(index++);
                int guard = guards.getOrDefault(Paths.shard(directory, name), 0);
                RememberedEntry current;
                if (result instanceof OpResult.GetDataResult data) {
                    entries.put(name, entry(name, data.getData(), data.getStat()));
                    remembered.presumeExists(directory);
                    current = RememberedEntry.of(guard, data.getStat());
                } else if (codeOf(result) == Code.NONODE) {
                    current = RememberedEntry.absent(guard);
                    remembered.removed(directory, Set.of(name));
                } else {
                    return failed("reading entry '" + name + "' in directory '" + directory + "'", codeOf(result));
                }
                seen.put(name, current);
                remembered.put(Paths.entry(directoryPath, name), current);
            }
            return CompletableFuture.completedFuture(new Seen(entries, seen));
        });
    }

    static Entry entry(String name, byte @Nullable [] value, Stat stat) {
        return new Entry(
                name,
                value == null ? Bytes.EMPTY : Bytes.copyOf(value),
                stat.getCzxid(),
                stat.getMzxid(),
                stat.getEphemeralOwner());
    }

    static Code codeOf(OpResult result) {
        Code code = result instanceof OpResult.ErrorResult error ? Code.get(error.getErr()) : Code.OK;
        return code == null ? Code.SYSTEMERROR : code;
    }

    private static <T> CompletableFuture<T> failed(String what, Code code) {
        return CompletableFuture.failedFuture(Failures.ofRead(what, code));
    }

    /**
     * Reads the names first, then their values in portions, so that no answer is too large, until there are enough
     * entries.
     */
    private final class Listing {
        private final Handle handle;
        private final Query query;
        private final int[] guards;
        private final String directoryPath;
        private final List<String> names;
        private final int limit;
        private final List<Entry> entries = new ArrayList<>();
        private int read;
        private long bytes;

        Listing(Handle handle, Query query, int[] guards, String directoryPath, List<String> children) {
            this.handle = handle;
            this.query = query;
            this.guards = guards;
            this.directoryPath = directoryPath;
            List<String> all = new ArrayList<>(children.size());
            String after = query instanceof Query.Range range ? range.after() : "";
            for (String child : children) {
                String name = Paths.decode(child);
                if (name == null) {
                    foreign.skipped(directoryPath + "/" + child);
                } else if (after.isEmpty() || Names.ORDER.compare(name, after) > 0) {
                    all.add(name);
                }
            }
            all.sort(Names.ORDER);
            this.names = all;
            this.limit = query instanceof Query.Range range ? range.limit() : Integer.MAX_VALUE;
            if (query instanceof Query.All) {
                remembered.directory(query.directory(), all);
            }
        }

        CompletableFuture<Snapshot> next() {
            int wanted = Math.min(CHUNK, limit - entries.size());
            List<String> portion = names.subList(read, Math.min(names.size(), read + wanted));
            if (portion.isEmpty()) {
                return CompletableFuture.completedFuture(new Snapshot(entries, read < names.size()));
            }
            read += portion.size();
            List<Op> operations = portion.stream()
                    .map(name -> Op.getData(Paths.entry(directoryPath, name)))
                    .toList();
            return handle.transact(operations).thenCompose(answer -> {
                List<OpResult> results = answer.value();
                if (results == null || results.size() != portion.size()) {
                    return failed("reading directory '" + query.directory() + "'", answer.code());
                }
                for (int i = 0; i < results.size(); i++) {
                    Code code = codeOf(results.get(i));
                    if (results.get(i) instanceof OpResult.GetDataResult data) {
                        add(portion.get(i), data);
                    } else if (code != Code.NONODE) {
                        return failed("reading directory '" + query.directory() + "'", code);
                    }
                }
                if (bytes > Limits.MAX_LISTING_BYTES) {
                    return CompletableFuture.failedFuture(Failures.refused(
                            "the entries read from directory '" + query.directory() + "' have more than "
                                    + Limits.MAX_LISTING_BYTES
                                    + " bytes of names and values; one read answers no more; read page by page"));
                }
                return next();
            });
        }

        private void add(String name, OpResult.GetDataResult data) {
            Entry entry = entry(name, data.getData(), data.getStat());
            entries.add(entry);
            bytes += name.getBytes(UTF_8).length + entry.value().size();
            int guard = guards[Paths.shard(query.directory(), name)];
            remembered.put(Paths.entry(directoryPath, name), guard, data.getStat());
        }
    }
}
