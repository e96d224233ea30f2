package io.sereno.recipes.value;

import io.sereno.Codec;
import io.sereno.Versioned;
import io.sereno.spi.Entry;
import java.util.List;
import java.util.Optional;

/** One value. */
record OneForm<T>(Codec<T> codec) implements Form<ValueVersion, Optional<Versioned<T>>> {
    @Override
    public ValueVersion in(List<Entry> entries) {
        return ValueVersion.in(entries);
    }

    @Override
    public Optional<Versioned<T>> decode(ValueVersion stored) {
        return stored.decode(codec);
    }
}
