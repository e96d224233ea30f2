package io.sereno.recipes.value;

import io.sereno.CachedValue;
import io.sereno.Codec;
import io.sereno.NotAppliedException;
import io.sereno.SerenoException;
import io.sereno.SharedValue;
import io.sereno.Subscription;
import io.sereno.Versioned;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.AsyncCalls;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Cells;
import io.sereno.recipes.kernel.Change;
import io.sereno.recipes.kernel.EntryRemoval;
import io.sereno.recipes.kernel.HeadRemoval;
import io.sereno.recipes.kernel.InUse;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Removal;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The shared value as its users call it; also one value of a {@link SharedMapRecipe}.
 *
 * <p>Stored: a {@link ValueState}, in entry {@code v}, or in an entry of the map, from shortly before the first change until {@link #delete}; and what the {@link Cells cell}
 * keeps beside it.
 *
 * <p>Invariant: each change makes another version, which is the createRevision of the entry and the number of changes since.
 *
 * <ol>
 *   <li>Every change goes through the one {@link Cells cell} that this client has for the entry, together with those of other callers.
 *   <li>{@link #get} reads from the store, past the cell: no change that is under way delays it.
 *   <li>{@link #updateAndGet} runs the caller's function in the caller's thread, and compares and sets the version; retries if it has changed.
 *   <li>What follows the value, {@link ValueCache}, {@link ValueListening} and {@link ValueWait}, shares the one {@link ValueFeed} of the entry. If
 *       there is one, a call that has changed the value returns when the feed shows the change; so does that of the whole map.
 *   <li>{@link #delete} removes everything; of a map, the one entry. A later change creates the value again.
 * </ol>
 */
public final class SharedValueRecipe<T> implements SharedValue<T> {
    public static final String VALUE = "v";
    static final Shared<Cells<ValueState>> CELLS =
            new Shared<>(client -> new Cells<>(client.sessions(), ValueState.FORMAT), Cells::close);

    private static final String RECIPE = "value";

    private final Cells<ValueState> cells;
    private final Scope scope;
    private final String name;
    private final Query.One entry;
    private final OneForm<T> form;
    /** All values of the map that this is one of; empty if it is none. */
    private final Optional<Query> map;

    public SharedValueRecipe(Client client, String name, String directory, Codec<T> codec) {
        this(new Scope(client, RECIPE, name, directory), name, VALUE, codec, Optional.empty());
    }

    /** For one of several values of a directory. */
    SharedValueRecipe(Scope scope, String name, String entry, Codec<T> codec, Optional<Query> map) {
        this.cells = scope.client().shared(CELLS);
        this.scope = scope;
        this.name = name;
        this.entry = scope.one(entry);
        this.form = new OneForm<>(Objects.requireNonNull(codec, "codec is null"));
        this.map = map;
    }

    @Override
    public String name() {
        return name;
    }

    // Step 2.
    @Override
    public Optional<Versioned<T>> get() {
        return read("get", scope.client().deadline()).decode(form.codec());
    }

    private ValueVersion read(String operation, long deadline) {
        return ValueVersion.in(scope.read(operation, entry, deadline).entries());
    }

    @Override
    public void set(T value) {
        var unused = change("set", null, encode("set", value));
    }

    @Override
    public boolean setIfAbsent(T value) {
        return change("setIfAbsent", ValueVersion.NONE, encode("setIfAbsent", value))
                .isMade();
    }

    @Override
    public boolean compareAndSet(Versioned<T> expected, T value) {
        Objects.requireNonNull(expected, "expected is null");
        ValueVersion version = new ValueVersion(expected.incarnation(), new ValueState(expected.change(), Bytes.EMPTY));
        return change("compareAndSet", version, encode("compareAndSet", value)).isMade();
    }

    // Step 3.
    @Override
    public T updateAndGet(Function<? super Optional<T>, ? extends T> update) {
        Objects.requireNonNull(update, "update is null");
        long deadline = scope.client().deadline();
        ValueVersion before = read("updateAndGet", deadline);
        while (true) {
            T value = update.apply(before.decode(form.codec()).map(Versioned::value));
            scope.requireOpen("updateAndGet");
            Update exchange = new Update("updateAndGet", before, encode("updateAndGet", value));
            cells.submit(scope, entry, exchange, deadline);
            finish(exchange, deadline);
            if (exchange.isMade()) {
                return value;
            }
            if (scope.kernel().until(deadline).isZero()) {
                throw new NotAppliedException(scope.about("updateAndGet")
                        + ": other clients changed the value before each attempt; nothing was changed");
            }
            before = exchange.before;
        }
    }

    @Override
    public CompletionStage<Void> setAsync(T value) {
        Bytes payload = encode("setAsync", value);
        Kernel kernel = scope.kernel();
        AsyncCalls calls = kernel.calls();
        try {
            scope.requireOpen("setAsync");
            calls.begin(scope, "setAsync");
        } catch (SerenoException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        long deadline = scope.client().deadline();
        CompletableFuture<Void> result = new CompletableFuture<>();
        Update update = new Update("setAsync", null, payload) {
            @Override
            protected boolean isPublic() {
                return true;
            }
        };
        cells.submit(scope, entry, update);
        var unused = update.whenComplete((made, failure) -> {
            CompletableFuture<Void> shown = failure == null ? shown(update) : CompletableFuture.completedFuture(null);
            Runnable end = () -> {
                calls.end();
                if (failure == null) {
                    result.complete(null);
                } else {
                    result.completeExceptionally(failure);
                }
            };
            if (shown.isDone()) {
                end.run();
            } else {
                var unused2 = kernel.atMost(kernel.until(deadline), shown).thenRun(() -> kernel.offStrand(end));
            }
        });
        return result;
    }

    // Step 4.
    @Override
    public CachedValue<T> cached() {
        scope.requireOpen("cached");
        long deadline = scope.client().deadline();
        return FeedCache.opened(new ValueCache<>(scope, entry, form), deadline);
    }

    @Override
    public boolean await(Predicate<? super T> condition, Duration timeout) throws InterruptedException {
        Objects.requireNonNull(condition, "condition is null");
        return ValueWait.until(
                scope,
                entry,
                form,
                state -> state.isPresent() && condition.test(state.get().value()),
                timeout);
    }

    @Override
    public Subscription onChange(Consumer<? super Optional<Versioned<T>>> callback) {
        Objects.requireNonNull(callback, "callback is null");
        scope.requireOpen("onChange");
        return new ValueListening<>(scope, entry, form, callback).start();
    }

    // Step 5.
    @Override
    public void delete() {
        scope.requireOpen("delete");
        long deadline = scope.client().deadline();
        Removal removal = map.isPresent()
                ? EntryRemoval.of(scope.kernel(), scope, "delete", entry)
                : new HeadRemoval(scope.kernel(), scope, "delete", scope.directory(), VALUE);
        Await.uninterruptibly(removal.start());
        show(all(feed -> feed.deleted(entry)), deadline);
    }

    @Override
    public String toString() {
        return scope.toString();
    }

    private Bytes encode(String operation, T value) {
        byte[] octets = Objects.requireNonNull(
                form.codec().encode(Objects.requireNonNull(value, "value is null")), "codec.encode returned null");
        if (octets.length > MAX_BYTES) {
            throw new IllegalArgumentException(scope.about(operation) + ": the value takes " + octets.length
                    + " bytes, at most " + MAX_BYTES + " are accepted");
        }
        return Bytes.copyOf(octets);
    }

    private Update change(String operation, @Nullable ValueVersion expected, Bytes payload) {
        scope.requireOpen(operation);
        long deadline = scope.client().deadline();
        Update update = new Update(operation, expected, payload);
        cells.submit(scope, entry, update);
        finish(update, deadline);
        return update;
    }

    private void finish(Update update, long deadline) {
        Await.uninterruptibly(update);
        show(shown(update), deadline);
    }

    /** Completes when each feed that shows this value has done its part. */
    private CompletableFuture<Void> all(Function<ValueFeed, CompletableFuture<Void>> part) {
        InUse<Query, ValueFeed> feeds = scope.client().shared(ValueFeed.FEEDS);
        List<CompletableFuture<Void>> parts = new ArrayList<>();
        for (Query followed : map.isPresent() ? List.of(entry, map.get()) : List.of(entry)) {
            ValueFeed feed = feeds.find(followed);
            if (feed != null) {
                parts.add(part.apply(feed));
            }
        }
        return CompletableFuture.allOf(parts.toArray(new CompletableFuture<?>[0]));
    }

    private CompletableFuture<Void> shown(Update update) {
        return update.revision == 0 ? CompletableFuture.completedFuture(null) : all(feed -> feed.made(update.entry()));
    }

    private void show(CompletableFuture<Void> shown, long deadline) {
        Kernel kernel = scope.kernel();
        if (!shown.isDone()) {
            Await.uninterruptibly(kernel.atMost(kernel.until(deadline), shown));
        }
    }

    /** Sets the payload, if this is the version before; null for any. Completed with the revision of the commit; 0 if nothing was changed. */
    private class Update extends Change<ValueState, Long> {
        private final @Nullable ValueVersion expected;
        private final Bytes payload;
        private ValueVersion before = ValueVersion.NONE;
        private ValueState after = ValueState.NONE;
        private long incarnation;
        private long revision;

        Update(String operation, @Nullable ValueVersion expected, Bytes payload) {
            super(operation, scope.kernel());
            this.expected = expected;
            this.payload = payload;
        }

        @Override
        protected ValueState apply(ValueState state, long incarnationNow) {
            incarnation = incarnationNow;
            before = ValueVersion.of(incarnationNow, state);
            boolean applies = expected == null
                    || before.isSame(expected.incarnation(), expected.state().change());
            after = applies ? state.with(payload) : state;
            return after;
        }

        @Override
        protected Long result(long commitRevision) {
            revision = isMade() ? commitRevision : 0;
            return revision;
        }

        boolean isMade() {
            return after.change() != before.state().change();
        }

        Entry entry() {
            return new Entry(entry.name(), ValueState.FORMAT.encode(after), incarnation, revision, 0);
        }
    }
}
