package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sereno.spi.Commit;
import java.util.List;

/**
 * How many bytes of paths a session is bound to. ZooKeeper ends a session in one transaction that lists them all, and
 * servers that meet a transaction beyond {@code jute.maxbuffer} fail on it and do not come up again (ZOOKEEPER-4306). So
 * what was ever put is added up, and when the sum becomes too large the server is asked what is still there.
 */
final class LeaseSpace {
    /** As declared: bytes of directories' and entries' names. */
    static final int MOST_NAMED = 512 * 1024;
    /** As ZooKeeper stores them, which is more where characters have to be escaped. Its limit is 1 MiB. */
    static final int MOST_STORED = 960 * 1024;

    /** Of the length that stands before each path. */
    private static final int LENGTH = 4;

    /** All guarded by this. */
    private long named;

    private long stored;
    private long namedSinceRecount;
    private long storedSinceRecount;

    /** Takes the space for what an attempt creates. Of an attempt that fails it stays taken until the next recount. */
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

    /** Asks the server; then the attempt is made again, or refused if it is as it was. */
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
