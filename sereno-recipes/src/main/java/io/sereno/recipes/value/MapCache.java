package io.sereno.recipes.value;

import io.sereno.CachedMap;
import io.sereno.Versioned;
import io.sereno.recipes.client.Scope;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The last state of a map. Each value is decoded when it is asked for, once for each state; so one that cannot be read spoils no other. */
final class MapCache<T> extends FeedCache implements CachedMap<T> {
    /** One state, and what of it was decoded. */
    private record State<T>(List<Entry> from, Map<String, Entry> byKey, Map<String, Optional<Versioned<T>>> decoded) {
        static <T> State<T> of(List<Entry> entries) {
            Map<String, Entry> byKey = new HashMap<>();
            entries.forEach(entry -> byKey.put(MapForm.key(entry), entry));
            return new State<>(entries, byKey, new ConcurrentHashMap<>());
        }
    }

    private final MapForm<T> form;
    private volatile @Nullable State<T> state;

    MapCache(Scope scope, Query query, MapForm<T> form) {
        super(scope, query);
        this.form = form;
    }

    @Override
    public Optional<Versioned<T>> get(String key) {
        State<T> now = state();
        Entry entry = now.byKey.get(Objects.requireNonNull(key, "key is null"));
        return entry == null
                ? Optional.empty()
                : now.decoded.computeIfAbsent(
                        key, same -> ValueVersion.in(List.of(entry)).decode(form.codec()));
    }

    @Override
    public Map<String, Versioned<T>> getAll() {
        return form.decode(form.in(seen()));
    }

    private State<T> state() {
        List<Entry> now = seen();
        State<T> known = state;
        if (known == null || known.from != now) {
            known = State.of(now);
            state = known;
        }
        return known;
    }
}
