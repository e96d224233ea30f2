package io.sereno.recipes.value;

import io.sereno.Codec;
import io.sereno.Versioned;
import io.sereno.spi.Entry;
import java.util.List;
import java.util.Optional;

/** A state with the incarnation of its entry, which is 0 if there is no value: what distinguishes it from all other states of one name. */
record ValueVersion(long incarnation, ValueState state) {
    static final ValueVersion NONE = new ValueVersion(0, ValueState.NONE);

    static ValueVersion of(long incarnation, ValueState state) {
        return state.exists() ? new ValueVersion(incarnation, state) : NONE;
    }

    /** What a read of the entry shows; throws UnreadableEntryException. */
    static ValueVersion in(List<Entry> entries) {
        if (entries.isEmpty()) {
            return NONE;
        }
        Entry entry = entries.get(0);
        return of(entry.createRevision(), ValueState.FORMAT.decode(entry.value()));
    }

    boolean isSame(long otherIncarnation, long otherChange) {
        return incarnation == otherIncarnation && state.change() == otherChange;
    }

    <T> Optional<Versioned<T>> decode(Codec<T> codec) {
        return state.exists()
                ? Optional.of(new Versioned<>(codec.decode(state.payload().toArray()), incarnation, state.change()))
                : Optional.empty();
    }
}
