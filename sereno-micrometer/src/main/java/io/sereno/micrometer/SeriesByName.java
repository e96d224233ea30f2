package io.sereno.micrometer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The series of a limited number of names, and one for all other names.
 *
 * <p>A name has the same series at all times. So the sums of a series stay right: a name that has no series of its own
 * when it is first seen never gets one, since no series is ever removed.
 */
final class SeriesByName<S> {
    static final String OTHER = "other";

    private static final System.Logger LOGGER = System.getLogger("io.sereno.micrometer");

    private final String recipe;
    private final UnaryOperator<String> naming;
    private final int maxNames;
    private final Function<String, S> create;
    private final Map<String, S> byName = new ConcurrentHashMap<>();
    private final AtomicBoolean namingFailed = new AtomicBoolean();
    private volatile boolean full;
    private volatile @Nullable S others;

    SeriesByName(String recipe, UnaryOperator<String> naming, int maxNames, Function<String, S> create) {
        this.recipe = recipe;
        this.naming = naming;
        this.maxNames = maxNames;
        this.create = create;
        this.full = maxNames == 0;
    }

    S of(String name) {
        String value = value(name);
        S found = byName.get(value);
        if (found != null) {
            return found;
        }
        return full ? others() : add(value);
    }

    private synchronized S add(String value) {
        S found = byName.get(value);
        if (found != null) {
            return found;
        }
        if (byName.size() >= maxNames || value.equals(OTHER)) {
            return others();
        }
        S added = create.apply(value);
        byName.put(value, added);
        full = byName.size() >= maxNames;
        return added;
    }

    private S others() {
        S found = others;
        return found != null ? found : createOthers();
    }

    private synchronized S createOthers() {
        S found = others;
        if (found == null) {
            found = create.apply(OTHER);
            others = found;
        }
        return found;
    }

    private String value(String name) {
        String reason;
        try {
            @Nullable String value = naming.apply(name);
            if (value != null && !value.isEmpty()) {
                return value;
            }
            reason = "it returned " + (value == null ? "null" : "an empty value");
        } catch (RuntimeException e) {
            reason = e.toString();
        }
        if (namingFailed.compareAndSet(false, true)) {
            LOGGER.log(
                    System.Logger.Level.WARNING,
                    "the function for names of meters failed for a {0}, which counts under the name other: {1}",
                    recipe,
                    reason);
        }
        return OTHER;
    }
}
