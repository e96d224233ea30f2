package io.sereno.properties;

import io.sereno.spi.Entry;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What always holds for a recipe. */
public abstract class Property {
    private volatile @Nullable String wrong;

    /** Keeps the first thing that is wrong. */
    final synchronized void expect(boolean right, Supplier<String> otherwise) {
        if (!right && wrong == null) {
            wrong = otherwise.get();
        }
    }

    /** What is wrong so far; empty if all is right. */
    public Optional<String> wrong() {
        return Optional.ofNullable(wrong);
    }

    /** The number in the line of an entry that begins with this word. */
    static OptionalLong number(Entry entry, String word) {
        return entry.value()
                .toUtf8()
                .lines()
                .filter(line -> line.startsWith(word + " "))
                .mapToLong(line -> Long.parseLong(line.substring(word.length() + 1)))
                .findFirst();
    }
}
