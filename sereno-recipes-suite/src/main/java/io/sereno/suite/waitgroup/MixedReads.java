package io.sereno.suite.waitgroup;

import io.sereno.spi.Backend;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.tck.faults.Between;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Makes one read of a directory mix two moments, as READ-3 allows: entries of one kind are shown as before a change,
 * all others as after it.
 */
public final class MixedReads extends Between {
    private final String directory;
    private final Predicate<Snapshot> begins;
    private final String before;
    private final Supplier<CompletableFuture<Boolean>> happens;
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger mixed = new AtomicInteger();

    /**
     * Creates the mixing backend.
     *
     * @param begins what the first read to be mixed has to show
     * @param before the prefix of the names that are shown as before
     * @param happens the change between the two moments
     */
    public MixedReads(
            Backend below,
            String directory,
            Predicate<Snapshot> begins,
            String before,
            Supplier<CompletableFuture<Boolean>> happens) {
        super(below);
        this.directory = directory;
        this.begins = begins;
        this.before = before;
        this.happens = happens;
    }

    /** How many reads were mixed. */
    public int mixed() {
        return mixed.get();
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        if (query instanceof Query.One || !query.directory().equals(directory)) {
            return super.read(query);
        }
        return super.read(query).thenCompose(first -> {
            if (!begins.test(first) || begun.getAndIncrement() > 0) {
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

    public static boolean has(Snapshot snapshot, String prefix) {
        return snapshot.entries().stream().anyMatch(entry -> entry.name().startsWith(prefix));
    }
}
