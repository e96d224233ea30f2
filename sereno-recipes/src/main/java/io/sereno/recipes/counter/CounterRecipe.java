package io.sereno.recipes.counter;

import io.sereno.Counter;
import io.sereno.NotAppliedException;
import io.sereno.SerenoException;
import io.sereno.Subscription;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.AsyncCalls;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Cells;
import io.sereno.recipes.kernel.Change;
import io.sereno.recipes.kernel.HeadRemoval;
import io.sereno.recipes.kernel.Quote;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;
import java.util.function.UnaryOperator;

/**
 * The counter as its users call it.
 *
 * <p>Stored: the value, in entry {@code v}, from shortly before the first change until {@link #delete}; and what the {@link Cells cell} keeps beside it.
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
    static final Cells.Format<Count> FORMAT = new Format();
    static final Shared<Cells<Count>> CELLS =
            new Shared<>(client -> new Cells<>(client.sessions(), FORMAT), Cells::close);

    private static final String RECIPE = "counter";

    /** The value, and whether any change has made it. The cell creates the entry before the first change; that does not count as one. */
    record Count(boolean exists, long value) {
        static final Count NONE = new Count(false, 0);

        Count with(long next) {
            return new Count(true, next);
        }
    }

    private final Cells<Count> cells;
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
        return read("get").value();
    }

    @Override
    public boolean exists() {
        return read("exists").exists();
    }

    private Count read(String operation) {
        return countIn(scope.read(operation, scope.one(VALUE)).entries());
    }

    @Override
    public void set(long value) {
        var unused = change("set", before -> before.with(value));
    }

    @Override
    public boolean setIfAbsent(long value) {
        return !change("setIfAbsent", before -> before.exists() ? before : before.with(value))
                .before
                .exists();
    }

    @Override
    public long addAndGet(long delta) {
        return add("addAndGet", delta).after.value();
    }

    @Override
    public long getAndAdd(long delta) {
        return add("getAndAdd", delta).before.value();
    }

    @Override
    public long incrementAndGet() {
        return add("incrementAndGet", 1).after.value();
    }

    @Override
    public long decrementAndGet() {
        return add("decrementAndGet", -1).after.value();
    }

    @Override
    public long getAndIncrement() {
        return add("getAndIncrement", 1).before.value();
    }

    @Override
    public long getAndSet(long value) {
        return change("getAndSet", before -> before.with(value)).before.value();
    }

    @Override
    public boolean compareAndSet(long expected, long value) {
        return change("compareAndSet", exchange(expected, value)).before.value() == expected;
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
            cells.submit(scope, scope.one(VALUE), exchange, deadline);
            Await.uninterruptibly(exchange);
            long found = exchange.before.value();
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
        AsyncCalls calls = scope.kernel().calls();
        try {
            scope.requireOpen("addAsync");
            calls.begin(scope, "addAsync");
        } catch (SerenoException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        Update addition = new Update("addAsync", before -> sum("addAsync", before, delta)) {
            @Override
            protected boolean isPublic() {
                return true;
            }

            @Override
            protected void reporting() {
                calls.end();
            }
        };
        cells.submit(scope, scope.one(VALUE), addition);
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
        Await.uninterruptibly(new HeadRemoval(scope.kernel(), scope, "delete", scope.directory(), VALUE).start());
    }

    @Override
    public String toString() {
        return scope.toString();
    }

    /** What a read of the entry shows. */
    static Count countIn(List<Entry> entries) {
        return entries.isEmpty()
                ? FORMAT.initial()
                : FORMAT.decode(entries.get(0).value());
    }

    private Update add(String operation, long delta) {
        return change(operation, before -> sum(operation, before, delta));
    }

    private Update change(String operation, UnaryOperator<Count> next) {
        scope.requireOpen(operation);
        Update update = new Update(operation, next);
        cells.submit(scope, scope.one(VALUE), update);
        Await.uninterruptibly(update);
        return update;
    }

    private Count sum(String operation, Count before, long delta) {
        long value = before.value();
        long sum = value + delta;
        if (((value ^ sum) & (delta ^ sum)) < 0) {
            throw new ArithmeticException(scope.about(operation) + ": " + value + " and " + delta
                    + " make a sum outside the range of a long; nothing was changed");
        }
        return delta == 0 ? before : before.with(sum);
    }

    private static UnaryOperator<Count> exchange(long expected, long value) {
        return before -> before.value() == expected ? before.with(value) : before;
    }

    /** Completed with the value after the change. */
    private class Update extends Change<Count, Long> {
        private final UnaryOperator<Count> next;
        private Count before = Count.NONE;
        private Count after = Count.NONE;

        Update(String operation, UnaryOperator<Count> next) {
            super(operation, scope.kernel());
            this.next = next;
        }

        @Override
        protected Count apply(Count state, long incarnation) {
            before = state;
            after = next.apply(before);
            return after;
        }

        @Override
        protected Long result(long revision) {
            return after.value();
        }
    }

    private static final class Format implements Cells.Format<Count> {
        private static final String HEADER = "sereno/1 counter\n";
        private static final String KEY = "value ";
        /** Readers that do not know this line see the value 0, which they may take for the same as none. */
        private static final String UNSET = "unset";

        @Override
        public Count initial() {
            return Count.NONE;
        }

        @Override
        public Bytes encode(Count count) {
            return Bytes.utf8(HEADER + KEY + count.value() + "\n" + (count.exists() ? "" : UNSET + "\n"));
        }

        @Override
        public Count decode(Bytes value) {
            List<String> lines = List.of(value.toUtf8().split("\n", -1));
            for (String line : lines) {
                if (line.startsWith(KEY)) {
                    try {
                        return new Count(!lines.contains(UNSET), Long.parseLong(line.substring(KEY.length())));
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
