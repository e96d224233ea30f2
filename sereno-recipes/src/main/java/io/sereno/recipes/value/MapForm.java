package io.sereno.recipes.value;

import io.sereno.Codec;
import io.sereno.Versioned;
import io.sereno.spi.Entry;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** All values of a map, each in an entry named after its key. */
record MapForm<T>(Codec<T> codec) implements Form<SortedMap<String, ValueVersion>, Map<String, Versioned<T>>> {
    /** Begins the name of an entry; the key follows. */
    static final String PREFIX = "k-";

    static String key(Entry entry) {
        return entry.name().substring(PREFIX.length());
    }

    @Override
    public SortedMap<String, ValueVersion> in(List<Entry> entries) {
        SortedMap<String, ValueVersion> values = new TreeMap<>();
        for (Entry entry : entries) {
            ValueVersion version = ValueVersion.in(List.of(entry));
            if (version.state().exists()) {
                values.put(key(entry), version);
            }
        }
        return values;
    }

    @Override
    public Map<String, Versioned<T>> decode(SortedMap<String, ValueVersion> stored) {
        SortedMap<String, Versioned<T>> values = new TreeMap<>();
        stored.forEach((key, version) -> version.decode(codec).ifPresent(value -> values.put(key, value)));
        return Collections.unmodifiableMap(values);
    }
}
