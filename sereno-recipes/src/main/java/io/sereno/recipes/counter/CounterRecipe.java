package io.sereno.recipes.counter;

import io.sereno.Counter;
import io.sereno.NotAppliedException;
import io.sereno.Subscription;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Cells;
import io.sereno.recipes.kernel.Change;
import io.sereno.recipes.kernel.Quote;
import io.sereno.recipes.kernel.Removal;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;

/**
 * The counter as its users call it.
 *
 * <p>Stored: the value, in entry {@code v}, from the first change until {@link #delete}; and what the {@link Cells cell} keeps beside it.
 *
 * <p>Invariant: the value is the result of all changes since the entry was created, starting from 0, each applied once.
 *
 * <ol>
 *   <li>Every change goes through the one {@link Cells cell} that this client has for the name, together with those of other callers.
 *   <li>{@link #get} reads from the store, past the cell: no change that is under way delays it.
 *   <li>{@link #updateAndGet} runs the caller's function in the caller's thread, and compare-and-sets the result; retries if the value has changed.
 *   <li>{@link #delete} removes everything. A later change creates the counter again.
 * </ol>
 */
public final class CounterRecipe implements Counter {
    public static final String VALUE = "v";
    static final Cells.Format<Long> FORMAT = new Format();
    static final Shared<Cells<Long>> CELLS =
            new Shared<>(client -> new Cells<>(client.sessions(), VALUE, FORMAT), Cells::close);

    private static final String RECIPE = "counter";

    private final Cells<Long> cells;
    private final Scope scope;

    public CounterRecipe(Client client, String name, String directory) {
        this.cells = client.shared(CELLS);
        this.scope = new Scope(client, RECIPE, name, directory);
    }

    @Override
    public String name() {
        return scope.name();
    }

    // Step 2.
    @Override
    public long get() {
        return valueIn(
                scope.read("get", new Query.One(scope.directory(), VALUE)).entries());
    }

    @Override
    public void set(long value) {
        var unused = change("set", before -> value);
    }

    @Override
    public long addAndGet(long delta) {
        return add("addAndGet", delta).after;
    }

    @Override
    public long getAndAdd(long delta) {
        return add("getAndAdd", delta).before;
    }

    @Override
    public long incrementAndGet() {
        return add("incrementAndGet", 1).after;
    }

    @Override
    public long decrementAndGet() {
        return add("decrementAndGet", -1).after;
    }

    @Override
    public long getAndIncrement() {
        return add("getAndIncrement", 1).before;
    }

    @Override
    public long getAndSet(long value) {
        return change("getAndSet", before -> value).before;
    }

    @Override
    public boolean compareAndSet(long expected, long value) {
        return change("compareAndSet", exchange(expected, value)).before == expected;
    }

    // Step 3.
    @Override
    public long updateAndGet(LongUnaryOperator update) {
        Objects.requireNonNull(update, "update is null");
        long deadline = scope.client().deadline();
        long expected = get();
        while (true) {
            long value = update.applyAsLong(expected);
            scope.requireOpen("updateAndGet");
            Update exchange = new Update("updateAndGet", exchange(expected, value));
            cells.submit(scope, scope.directory(), exchange, deadline);
            Await.uninterruptibly(exchange);
            long found = exchange.before;
            if (found == expected) {
                return value;
            }
            if (scope.kernel().until(deadline).isZero()) {
                throw new NotAppliedException(scope.about("updateAndGet")
                        + ": other clients changed the counter before each attempt; nothing was changed");
            }
            expected = found;
        }
    }

    @Override
    public CompletionStage<Long> addAsync(long delta) {
        if (scope.client().isClosed()) {
            return CompletableFuture.failedFuture(scope.closed("addAsync"));
        }
        Update addition = new Update("addAsync", value -> sum("addAsync", value, delta)) {
            @Override
            protected boolean isPublic() {
                return true;
            }
        };
        cells.submit(scope, scope.directory(), addition);
        return addition;
    }

    @Override
    public Subscription onChange(LongConsumer callback) {
        Objects.requireNonNull(callback, "callback is null");
        scope.requireOpen("onChange");
        return new CounterListening(scope, callback).start();
    }

    // Step 4.
    @Override
    public void delete() {
        scope.requireOpen("delete");
        Await.uninterruptibly(new Removal(scope.kernel(), scope, "delete", scope.directory(), VALUE).start());
    }

    @Override
    public String toString() {
        return scope.toString();
    }

    /** The value that a read of the entry shows. */
    static long valueIn(List<Entry> entries) {
        return entries.isEmpty()
                ? FORMAT.initial()
                : FORMAT.decode(entries.get(0).value());
    }

    private Update add(String operation, long delta) {
        return change(operation, value -> sum(operation, value, delta));
    }

    private Update change(String operation, LongUnaryOperator next) {
        scope.requireOpen(operation);
        Update update = new Update(operation, next);
        cells.submit(scope, scope.directory(), update);
        Await.uninterruptibly(update);
        return update;
    }

    private long sum(String operation, long value, long delta) {
        long sum = value + delta;
        if (((value ^ sum) & (delta ^ sum)) < 0) {
            throw new ArithmeticException(scope.about(operation) + ": " + value + " and " + delta
                    + " make a sum outside the range of a long; nothing was changed");
        }
        return sum;
    }

    private static LongUnaryOperator exchange(long expected, long value) {
        return before -> before == expected ? value : before;
    }

    /** Completed with the value after the change. */
    private class Update extends Change<Long, Long> {
        private final LongUnaryOperator next;
        private long before;
        private long after;

        Update(String operation, LongUnaryOperator next) {
            super(operation, scope.kernel());
            this.next = next;
        }

        @Override
        protected Long apply(Long state, long incarnation) {
            before = state;
            after = next.applyAsLong(before);
            return after;
        }

        @Override
        protected Long result(long revision) {
            return after;
        }
    }

    private static final class Format implements Cells.Format<Long> {
        private static final String HEADER = "sereno/1 counter\n";
        private static final String KEY = "value ";

        @Override
        public Long initial() {
            return 0L;
        }

        @Override
        public Bytes encode(Long value) {
            return Bytes.utf8(HEADER + KEY + value + "\n");
        }

        @Override
        public Long decode(Bytes value) {
            for (String line : value.toUtf8().split("\n", -1)) {
                if (line.startsWith(KEY)) {
                    try {
                        return Long.valueOf(line.substring(KEY.length()));
                    } catch (NumberFormatException unreadable) {
                        break;
                    }
                }
            }
            throw new UnreadableEntryException(
                    "an entry that should hold a counter holds " + Quote.of(value.toUtf8()), null);
        }
    }
}
