package io.sereno.tck.history;

import java.util.Optional;

/** A counter. The answer of a call is empty if no client received it. */
public final class CounterModel implements Model<Long, CounterModel.Action> {
    /** A call of a client, with its answer. */
    public sealed interface Action {}

    /** Added a delta; the answer is the sum. */
    public record Add(long delta, Optional<Long> sum) implements Action {}

    /** Read the value. */
    public record Get(long value) implements Action {}

    /** Set a value; the answer is the value before. */
    public record Set(long value, Optional<Long> before) implements Action {}

    /** Set a value if the current one was as expected; the answer is whether it did. */
    public record CompareAndSet(long expected, long value, Optional<Boolean> done) implements Action {}

    /** Deleted the counter, which then counts from 0. */
    public record Delete() implements Action {}

    @Override
    public Long initial() {
        return 0L;
    }

    @Override
    public Optional<Long> step(Long value, Action action) {
        if (action instanceof Add add) {
            long sum = value + add.delta();
            return add.sum().orElse(sum) == sum ? Optional.of(sum) : Optional.empty();
        }
        if (action instanceof Set set) {
            return set.before().orElse(value).equals(value) ? Optional.of(set.value()) : Optional.empty();
        }
        if (action instanceof CompareAndSet swap) {
            boolean does = swap.expected() == value;
            return swap.done().orElse(does) == does ? Optional.of(does ? swap.value() : value) : Optional.empty();
        }
        if (action instanceof Delete) {
            return Optional.of(0L);
        }
        return action instanceof Get get && get.value() == value ? Optional.of(value) : Optional.empty();
    }
}
