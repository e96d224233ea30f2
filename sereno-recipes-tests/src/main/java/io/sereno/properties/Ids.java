package io.sereno.properties;

import io.sereno.IdLayout;
import io.sereno.spi.Entry;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * IDS-1, IDS-2 and IDS-6: ids of one name are unique, ids of one generator rise, and each id is of a reserved tick. A slot's mark, up to which its
 * ticks are reserved, never goes back. Safe for use by multiple threads.
 */
public final class Ids extends Property {
    private static final String MARK = "hw-";

    private final IdLayout layout;
    private final Map<Long, String> generators = new HashMap<>();
    private final Map<String, Long> last = new HashMap<>();
    /** For each mark: the first tick that is after all ids of its slot. */
    private final Map<String, Long> used = new HashMap<>();

    private final Map<String, Long> marks = new HashMap<>();

    public Ids(IdLayout layout) {
        this.layout = layout;
    }

    /** A generator returned this id after all its ids so far. Returns what is wrong; empty if all is right. */
    public synchronized Optional<String> made(String generator, long id) {
        String other = generators.put(id, generator);
        expect(other == null, () -> generator + " made " + id + ", which " + other + " had made");
        Long before = last.put(generator, id);
        expect(before == null || before < id, () -> generator + " made " + id + " after " + before);
        used.merge(MARK + layout.decode(id).slot(), tick(id) + 1, Math::max);
        return wrong();
    }

    /**
     * What is wrong with the ids so far and the entries that are stored now; empty if all is right. For one thread at a time.
     *
     * @param store reads the directory of the name
     */
    public Optional<String> wrong(Supplier<List<Entry>> store) {
        Map<String, Long> before;
        synchronized (this) {
            before = Map.copyOf(used);
        }
        // The read may wait, and ids that are made meanwhile may be of ticks that are reserved after it.
        Set<String> there = new HashSet<>();
        for (Entry entry : store.get()) {
            if (entry.name().startsWith(MARK)) {
                there.add(entry.name());
                long to = mark(entry);
                Long from = marks.put(entry.name(), to);
                expect(from == null || from <= to, () -> entry.name() + " went back from " + from + " to " + to);
            }
        }
        marks.keySet().forEach(mark -> expect(there.contains(mark), () -> mark + " is gone"));
        before.forEach((mark, ticks) -> {
            long to = marks.getOrDefault(mark, 0L);
            expect(ticks <= to, () -> "tick " + (ticks - 1) + " is used, and " + mark + " reserves those before " + to);
        });
        return wrong();
    }

    /** The tick of an id. */
    public long tick(long id) {
        return id >> (layout.sequenceBits() + layout.slotBits());
    }

    /** The first tick that is not reserved; 0 if the entry is no mark. */
    public static long mark(Entry entry) {
        return number(entry, "to").orElse(0);
    }
}
