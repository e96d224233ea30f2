package io.sereno.recipes.value;

import io.sereno.CachedValue;
import io.sereno.Versioned;
import io.sereno.recipes.client.Scope;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The last state of a value, decoded once for each state. */
final class ValueCache<T> extends FeedCache implements CachedValue<T> {
    private record Decoded<T>(List<Entry> from, Optional<Versioned<T>> value) {}

    private final OneForm<T> form;
    private volatile @Nullable Decoded<T> decoded;

    ValueCache(Scope scope, Query query, OneForm<T> form) {
        super(scope, query);
        this.form = form;
    }

    @Override
    public Optional<Versioned<T>> get() {
        List<Entry> now = seen();
        Decoded<T> known = decoded;
        if (known == null || known.from != now) {
            known = new Decoded<>(now, form.decode(form.in(now)));
            decoded = known;
        }
        return known.value;
    }
}
