package io.sereno;

import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;

/** A long with AtomicLong's names, linearizable. A call counts once, or NotAppliedException (repeat it), or OutcomeUnknownException. Overflow: ArithmeticException. */
public interface Counter {
    String name();

    long get();

    void set(long value);

    long addAndGet(long delta);

    long getAndAdd(long delta);

    long incrementAndGet();

    long decrementAndGet();

    long getAndIncrement();

    long getAndSet(long value);

    boolean compareAndSet(long expected, long value);

    long updateAndGet(LongUnaryOperator update);

    CompletionStage<Long> addAsync(long delta);
    /** Latest value, in order, some skipped under load. */
    Subscription onChange(LongConsumer callback);
    /** Back to 0 with no entry left. */
    void delete();
}
