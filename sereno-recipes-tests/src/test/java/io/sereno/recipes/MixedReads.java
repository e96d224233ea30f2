package io.sereno.recipes;

import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;

/**
 * Reads of several entries mix moments as far as the rules allow. An entry that was put or deleted during the call is
 * shown or not; in a read of a whole directory, an entry that changed is shown with its old or its new value.
 */
public final class MixedReads implements Backend {
    /** Not by name: names begin with ids of sessions, which are random in each run of a schedule. */
    private static final Comparator<Entry> BY_AGE =
            Comparator.comparingLong(Entry::createRevision).thenComparing(Entry::name);

    private final Backend store;
    private final SplittableRandom chance;

    public MixedReads(Backend store, SplittableRandom chance) {
        this.store = store;
        this.chance = chance;
    }

    @Override
    public CompletionStage<Snapshot> read(Query query) {
        if (query instanceof Query.Range range) {
            return store.read(range)
                    .thenCompose(before -> store.read(range).thenApply(after -> mix(before, after, range.limit())));
        }
        if (query instanceof Query.All all) {
            return store.read(all).thenCompose(before -> store.read(all).thenApply(after -> mix(before, after)));
        }
        return store.read(query);
    }

    private Snapshot mix(Snapshot before, Snapshot after) {
        List<Entry> all = new ArrayList<>(before.entries());
        after.entries().stream()
                .filter(entry -> createdIn(before, entry.name()) != entry.createRevision())
                .forEach(all::add);
        all.sort(BY_AGE);
        TreeMap<String, Entry> shown = new TreeMap<>();
        for (Entry entry : all) {
            boolean wasThere = createdIn(before, entry.name()) == entry.createRevision();
            boolean isThere = createdIn(after, entry.name()) == entry.createRevision();
            boolean earlier = chance.nextInt(2) == 0;
            if (wasThere && isThere) {
                shown.put(entry.name(), earlier ? entry : named(after, entry.name()));
            } else if (wasThere == earlier) {
                shown.put(entry.name(), entry);
            }
        }
        return new Snapshot(List.copyOf(shown.values()), false);
    }

    private Snapshot mix(Snapshot before, Snapshot after, int limit) {
        TreeMap<String, Entry> mixed = new TreeMap<>();
        before.entries().forEach(entry -> mixed.put(entry.name(), entry));
        after.entries().forEach(entry -> mixed.put(entry.name(), entry));
        List<Entry> shown = new ArrayList<>();
        boolean more = before.more() || after.more();
        for (Entry entry : mixed.values()) {
            boolean throughout = createdIn(before, entry.name()) != 0 && createdIn(after, entry.name()) != 0;
            // Entries that are missing behind the end of a page may have lived throughout.
            boolean beyondAPage =
                    (before.more() && isBehind(before, entry)) || (after.more() && isBehind(after, entry));
            if (shown.size() == limit || beyondAPage) {
                more = true;
                break;
            }
            if (throughout || chance.nextInt(2) == 0) {
                shown.add(entry);
            }
        }
        return new Snapshot(shown, more);
    }

    private static Entry named(Snapshot page, String name) {
        return page.entries().stream()
                .filter(entry -> entry.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** 0 if it is not there. */
    private static long createdIn(Snapshot page, String name) {
        return page.entries().stream()
                .filter(entry -> entry.name().equals(name))
                .mapToLong(Entry::createRevision)
                .sum();
    }

    private static boolean isBehind(Snapshot page, Entry entry) {
        return page.entries().get(page.entries().size() - 1).name().compareTo(entry.name()) < 0;
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        return store.commit(commit);
    }

    @Override
    public CompletionStage<Lease> grantLease(Duration ttl) {
        return store.grantLease(ttl);
    }

    @Override
    public CompletionStage<Watch> watch(Target target, WatchListener listener) {
        return store.watch(target, listener);
    }

    @Override
    public CompletionStage<DirectoryPage> directories(Optional<String> cursor, int limit) {
        return store.directories(cursor, limit);
    }

    @Override
    public Guarantees guarantees() {
        return store.guarantees();
    }

    @Override
    public void close() {
        store.close();
    }
}
