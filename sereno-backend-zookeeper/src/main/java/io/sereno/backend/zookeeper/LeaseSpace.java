package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.Commit;
import java.util.List;

/**
 * How many bytes of paths are bound to a session. ZooKeeper ends a session in one transaction that lists all these
 * paths. A server that meets a transaction larger than {@code jute.maxbuffer} fails on it and does not start again
 * (ZOOKEEPER-4306). So every put is added to a sum, and when the sum becomes too large the server is asked what still
 * exists.
 */
final class LeaseSpace {
    /** The declared limit: bytes of the names of directories and entries. */
    static final int MOST_NAMED = 512 * 1024;
    /** The limit on paths as ZooKeeper stores them, longer where characters are escaped. ZooKeeper's is 1 MiB. */
    static final int MOST_STORED = 960 * 1024;

    /** Size of the length field before each path. */
    private static final int LENGTH = 4;

    /** All guarded by this. */
    private long named;

    private long stored;
    private long namedSinceRecount;
    private long storedSinceRecount;

    /** Reserves space for what an attempt creates. If it fails, the space stays reserved until the next recount. */
    synchronized boolean take(Commit commit, Attempt attempt) {
        long moreNamed = 0;
        long moreStored = 0;
        int directory = bytes(commit.directory());
        for (String name : attempt.created()) {
            moreNamed += directory + bytes(name);
            moreStored += bytes(attempt.path(name)) + LENGTH;
        }
        if (moreNamed > 0 && (named + moreNamed > MOST_NAMED || stored + moreStored > MOST_STORED)) {
            return false;
        }
        named += moreNamed;
        stored += moreStored;
        namedSinceRecount += moreNamed;
        storedSinceRecount += moreStored;
        return true;
    }

    /** Asks the server. Then the attempt is made again, or refused if no space was freed. */
    void recount(Handle handle, Call<?> call, Runnable again) {
        long before;
        synchronized (this) {
            before = named;
            namedSinceRecount = 0;
            storedSinceRecount = 0;
        }
        call.follow(handle.ephemerals().thenAccept(answer -> {
            List<String> paths = answer.value();
            if (!answer.isOk() || paths == null) {
                call.fail(Failures.ofRead(call.what(), answer.code()));
            } else if (count(paths) < before) {
                again.run();
            } else {
                call.fail(Failures.refused(call.what() + ": the lease has entries of " + before
                        + " bytes of names already; at most " + MOST_NAMED
                        + " are accepted for one lease, since ZooKeeper ends it in one transaction. Use shorter names, or"
                        + " several clients"));
            }
        }));
    }

    private synchronized long count(List<String> paths) {
        named = namedSinceRecount;
        stored = storedSinceRecount;
        for (String path : paths) {
            int name = path.lastIndexOf('/');
            int directory = path.lastIndexOf('/', name - 1) + "/=".length();
            named += named(path.substring(directory, name)) + named(path.substring(name + 1));
            stored += bytes(path) + LENGTH;
        }
        return named;
    }

    private static int named(String encoded) {
        String name = Paths.decode(encoded);
        return bytes(name == null ? encoded : name);
    }

    private static int bytes(String text) {
        return text.getBytes(UTF_8).length;
    }
}
