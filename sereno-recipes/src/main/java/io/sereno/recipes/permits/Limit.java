package io.sereno.recipes.permits;

import io.sereno.UnreadableEntryException;
import io.sereno.recipes.client.Shared;
import io.sereno.recipes.kernel.Cells;
import io.sereno.recipes.kernel.Quote;
import io.sereno.recipes.kernel.Room;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * How the limit of a pool is stored: a line {@code limit N} in entry {@code limit}. Before the first change the {@link Cells cell} may put the line {@code
 * unset}, which equals no entry.
 */
final class Limit implements Cells.Format<OptionalInt> {
    static final Limit FORMAT = new Limit();
    static final Shared<Cells<OptionalInt>> CELLS =
            new Shared<>(client -> new Cells<>(client.sessions(), FORMAT), Cells::close);

    private static final String HEADER = "sereno/1 limit\n";
    private static final String KEY = "limit ";
    private static final String UNSET = "unset";

    private Limit() {}

    /** What is stored; null if there is no entry. */
    static OptionalInt of(@Nullable Entry stored) {
        return stored == null ? FORMAT.initial() : FORMAT.decode(stored.value());
    }

    /** What a read of the directory, or of the entry, shows. */
    static OptionalInt in(List<Entry> entries) {
        return of(entries.stream()
                .filter(entry -> entry.name().equals(Room.LIMIT))
                .findFirst()
                .orElse(null));
    }

    @Override
    public OptionalInt initial() {
        return OptionalInt.empty();
    }

    @Override
    public Bytes encode(OptionalInt limit) {
        return Bytes.utf8(HEADER + (limit.isPresent() ? KEY + limit.getAsInt() : UNSET) + "\n");
    }

    @Override
    public OptionalInt decode(Bytes value) {
        List<String> lines = List.of(value.toUtf8().split("\n", -1));
        for (String line : lines) {
            if (line.matches(KEY + "[0-9]{1,10}")) {
                long limit = Long.parseLong(line.substring(KEY.length()));
                return OptionalInt.of((int) Math.min(limit, Integer.MAX_VALUE));
            }
        }
        if (lines.contains(UNSET)) {
            return initial();
        }
        throw new UnreadableEntryException(
                "an entry that should hold the limit of a permit pool holds " + Quote.of(value.toUtf8()), null);
    }
}
