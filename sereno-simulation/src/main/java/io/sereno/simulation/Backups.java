package io.sereno.simulation;

import io.sereno.backend.memory.MemoryBackup;
import io.sereno.backend.memory.MemoryStore;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Backups of a store at random moments, and a way to restore one of them. */
final class Backups {
    private static final int EVENTS_PER_BACKUP = 6;
    private static final int MOST = 200;

    private final MemoryStore store;
    private final SplittableRandom random;
    private final List<MemoryBackup> made = new ArrayList<>();

    Backups(MemoryStore store, SplittableRandom random) {
        this.store = store;
        this.random = random;
        made.add(store.backup());
    }

    /** Called before an event. */
    void perhapsMakeOne() {
        if (random.nextInt(EVENTS_PER_BACKUP) == 0 && made.size() < MOST) {
            made.add(store.backup());
        }
    }

    /**
     * Restores a random backup; half of the times one of the newest. Newer backups are kept: a second restore may go
     * forward again.
     */
    void restoreOne(MemoryBackup.Revisions revisions) {
        int newest = Math.min(made.size(), 4);
        int back = random.nextBoolean() ? random.nextInt(newest) : random.nextInt(made.size());
        store.restore(made.get(made.size() - 1 - back), revisions);
    }
}
