package io.sereno.tck;

import io.sereno.spi.Backend;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * One read of a directory mixes moments, as READ-3 allows: entries of one kind are shown as they were before something
 * happened, all others as they are after it.
 */
final class MixedReads extends Between {
    private final String directory;
    private final String before;
    private final String after;
    private final Supplier<CompletableFuture<Boolean>> happens;
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger mixed = new AtomicInteger();

    MixedReads(
            Backend below,
            String directory,
            String before,
            String after,
            Supplier<CompletableFuture<Boolean>> happens) {
        super(below);
        this.directory = directory;
        this.before = before;
        this.after = after;
        this.happens = happens;
    }

    /** How many reads have mixed. */
    int mixed() {
        return mixed.get();
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        if (query instanceof Query.One || !query.directory().equals(directory)) {
            return super.read(query);
        }
        return super.read(query).thenCompose(first -> {
            if (!has(first, before) || !has(first, after) || begun.getAndIncrement() > 0) {
                return CompletableFuture.completedFuture(first);
            }
            return happens.get().thenCompose(done -> super.read(query)).thenApply(second -> mix(first, second));
        });
    }

    private Snapshot mix(Snapshot first, Snapshot second) {
        mixed.incrementAndGet();
        List<Entry> shown = java.util.stream.Stream.concat(
                        first.entries().stream().filter(entry -> entry.name().startsWith(before)),
                        second.entries().stream().filter(entry -> !entry.name().startsWith(before)))
                .sorted(java.util.Comparator.comparing(Entry::name))
                .toList();
        return new Snapshot(shown, second.more());
    }

    private static boolean has(Snapshot snapshot, String prefix) {
        return snapshot.entries().stream().anyMatch(entry -> entry.name().startsWith(prefix));
    }
}
