package io.sereno.tck.history;

import java.util.Optional;

/** A counter. What a call was told is empty where nobody heard it. */
public final class CounterModel implements Model<Long, CounterModel.Action> {
    /** What a client did, and was told. */
    public sealed interface Action {}

    /** It added, and was told the sum. */
    public record Add(long delta, Optional<Long> sum) implements Action {}

    /** It looked. */
    public record Get(long value) implements Action {}

    /** It set a value, and was told the one before. */
    public record Set(long value, Optional<Long> before) implements Action {}

    /** It set a value if there was another, and was told whether it did. */
    public record CompareAndSet(long expected, long value, Optional<Boolean> done) implements Action {}

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
        return action instanceof Get get && get.value() == value ? Optional.of(value) : Optional.empty();
    }
}
