package io.sereno.recipes.value;

import io.sereno.CachedMap;
import io.sereno.Codec;
import io.sereno.SharedMap;
import io.sereno.SharedValue;
import io.sereno.Subscription;
import io.sereno.Versioned;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Directories;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.EntryRemoval;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.PagedView;
import io.sereno.spi.Entry;
import io.sereno.spi.Names;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The shared map as its users call it.
 *
 * <p>Stored: each value as a shared value, in entry {@code k-<key>}, all in one directory; and what the cells keep beside them.
 *
 * <p>Invariant: each entry is changed and removed under conditions on itself alone. So what happens to one key cannot harm another.
 *
 * <ol>
 *   <li>{@link #at}: a {@link SharedValueRecipe} over the entry.
 *   <li>{@link #getAll} reads the entries, page by page.
 *   <li>What follows the whole map shares one {@link ValueFeed}, beside those of single values.
 *   <li>{@link #delete} removes each entry that it finds, by its createRevision. The records of clients that change values stay: without its record, a
 *       client could not find out whether a change was made. They go when their clients rest.
 * </ol>
 */
public final class SharedMapRecipe<T> implements SharedMap<T> {
    private static final String RECIPE = "map";

    private final Scope scope;
    private final Query all;
    private final MapForm<T> form;

    public SharedMapRecipe(Client client, String name, String directory, Codec<T> codec) {
        this.scope = new Scope(client, RECIPE, name, directory);
        this.all = new Query.Range(directory, MapForm.PREFIX, PagedView.PAGE);
        this.form = new MapForm<>(Objects.requireNonNull(codec, "codec is null"));
    }

    @Override
    public String name() {
        return scope.name();
    }

    /** What a feed of the whole map reads. */
    Query all() {
        return all;
    }

    // Step 1.
    @Override
    public SharedValue<T> at(String key) {
        Names.check("key of map '" + Names.printable(scope.name()) + "'", key, MAX_KEY_BYTES);
        Scope one = new Scope(scope.client(), RECIPE, Directories.pair(scope.name(), key), scope.directory());
        return new SharedValueRecipe<>(one, key, MapForm.PREFIX + key, form.codec(), Optional.of(all));
    }

    // Step 2.
    @Override
    public Map<String, Versioned<T>> getAll() {
        long deadline = scope.client().deadline();
        List<Entry> entries = new ArrayList<>();
        Query page = all;
        while (true) {
            Snapshot snapshot = scope.read("getAll", page, deadline);
            List<Entry> found = snapshot.entries().stream()
                    .filter(entry -> entry.name().startsWith(MapForm.PREFIX))
                    .toList();
            entries.addAll(found);
            if (!snapshot.more() || found.size() < snapshot.entries().size()) {
                return form.decode(form.in(entries));
            }
            page = new Query.Range(
                    scope.directory(), found.get(found.size() - 1).name(), PagedView.PAGE);
        }
    }

    // Step 3.
    @Override
    public CachedMap<T> cached() {
        scope.requireOpen("cached");
        long deadline = scope.client().deadline();
        return FeedCache.opened(new MapCache<>(scope, all, form), deadline);
    }

    @Override
    public boolean await(Predicate<? super Map<String, Versioned<T>>> condition, Duration timeout)
            throws InterruptedException {
        return ValueWait.until(scope, all, form, Objects.requireNonNull(condition, "condition is null"), timeout);
    }

    @Override
    public Subscription onChange(Consumer<? super Map<String, Versioned<T>>> callback) {
        Objects.requireNonNull(callback, "callback is null");
        scope.requireOpen("onChange");
        return new ValueListening<>(scope, all, form, callback).start();
    }

    // Step 4.
    @Override
    public void delete() {
        scope.requireOpen("delete");
        long deadline = scope.client().deadline();
        Kernel kernel = scope.kernel();
        Await.uninterruptibly(EntryRemoval.ofAll(kernel, scope, "delete", scope.directory(), MapForm.PREFIX)
                .start());
        CompletableFuture<Void> shown = ValueFeed.deletedAll(scope, all);
        if (!shown.isDone()) {
            Await.uninterruptibly(kernel.atMost(kernel.until(deadline), shown));
        }
    }

    @Override
    public String toString() {
        return scope.toString();
    }
}
