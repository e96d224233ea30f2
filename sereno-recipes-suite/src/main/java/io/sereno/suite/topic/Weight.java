package io.sereno.suite.topic;

import io.sereno.Codec;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.tck.faults.Between;
import io.sereno.tck.run.Bench;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * How much of what a client received is still in memory. Each value that it reads, and each message that it decodes, is
 * a copy of its own, and the garbage collector shows which copies are no longer referenced.
 */
final class Weight {
    private static final int COLLECTIONS = 5;

    private record Given(WeakReference<Object> what, int bytes) {}

    private final List<Given> given = new ArrayList<>();

    /** The same backend, for the client that is measured. */
    Backend of(Backend below) {
        return new Between(below) {
            @Override
            public CompletionStage<Snapshot> read(Query query) {
                return super.read(query).thenApply(Weight.this::copied);
            }

            @Override
            public CompletionStage<CommitResult> commit(Commit commit) {
                return super.commit(commit).thenApply(Weight.this::copied);
            }
        };
    }

    Codec<byte[]> codec() {
        return Codec.of(byte[]::clone, octets -> {
            byte[] message = octets.clone();
            note(message, message.length);
            return message;
        });
    }

    private CommitResult copied(CommitResult result) {
        if (result instanceof CommitResult.Committed committed) {
            return new CommitResult.Committed(
                    committed.revision(), committed.snapshot().map(this::copied));
        }
        return result instanceof CommitResult.Conflict conflict
                ? new CommitResult.Conflict(conflict.snapshot().map(this::copied))
                : result;
    }

    private Snapshot copied(Snapshot snapshot) {
        return new Snapshot(snapshot.entries().stream().map(this::copied).toList(), snapshot.more());
    }

    private Entry copied(Entry entry) {
        Bytes value = Bytes.copyOf(entry.value().toArray());
        note(value, value.size());
        return new Entry(entry.name(), value, entry.createRevision(), entry.modRevision(), entry.leaseId());
    }

    private synchronized void note(Object what, int bytes) {
        given.add(new Given(new WeakReference<>(what), bytes));
    }

    /** The bytes that are still referenced. */
    long kept(Bench bench) {
        WeakReference<Object> nobodys = new WeakReference<>(new Object());
        for (int i = 0; i < COLLECTIONS && nobodys.get() != null; i++) {
            System.gc();
        }
        if (nobodys.get() != null) {
            throw bench.unverified("this virtual machine does not collect garbage when asked to");
        }
        synchronized (this) {
            return given.stream()
                    .filter(one -> one.what().get() != null)
                    .mapToLong(Given::bytes)
                    .sum();
        }
    }
}
