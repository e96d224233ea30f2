package io.sereno.recipes.value;

import io.sereno.spi.Entry;
import java.util.List;

/**
 * How the entries that a feed shows become the state that its followers get.
 *
 * @param <V> the state as it is stored; different states are not equal
 * @param <S> the state as the application gets it
 */
interface Form<V, S> {
    /** Throws UnreadableEntryException. */
    V in(List<Entry> entries);

    /** Throws what the codec throws. */
    S decode(V stored);
}
