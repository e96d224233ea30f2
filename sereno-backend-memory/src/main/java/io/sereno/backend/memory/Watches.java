package io.sereno.backend.memory;

import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The watches of a store, indexed by their targets, so that a thousand waiters for one lock cost nothing but each
 * other's entries. Guarded by the store's lock, under which notices are added; they are delivered after it was
 * released.
 */
final class Watches {
    /** Stands for the whole directory, in place of an entry's name. No entry has this name. */
    private static final String WHOLE = "";

    /**
     * By directory, then by entry. No empty map and no empty set is kept; in order of insertion, so that a run can be
     * repeated.
     */
    private final Map<String, Map<String, Set<NoticeQueue>>> byDirectory = new LinkedHashMap<>();

    private List<NoticeQueue> awake = new ArrayList<>();

    void add(NoticeQueue watch) {
        byDirectory
                .computeIfAbsent(watch.target().directory(), directory -> new LinkedHashMap<>())
                .computeIfAbsent(nameIn(watch.target()), name -> new LinkedHashSet<>())
                .add(watch);
    }

    /** Nothing that is announced later reaches the watch. */
    void remove(NoticeQueue watch) {
        byDirectory.computeIfPresent(watch.target().directory(), (directory, inDirectory) -> {
            inDirectory.computeIfPresent(nameIn(watch.target()), (name, same) -> {
                same.remove(watch);
                return same.isEmpty() ? null : same;
            });
            return inDirectory.isEmpty() ? null : inDirectory;
        });
    }

    void announce(String directory, String name, long revision) {
        Map<String, Set<NoticeQueue>> inDirectory = byDirectory.get(directory);
        if (inDirectory != null) {
            announce(inDirectory.get(WHOLE), name, revision);
            announce(inDirectory.get(name), name, revision);
        }
    }

    private void announce(@Nullable Set<NoticeQueue> watching, String name, long revision) {
        if (watching != null) {
            for (NoticeQueue watch : watching) {
                if (watch.add(name, revision)) {
                    awake.add(watch);
                }
            }
        }
    }

    /** Resets all watches, since anything may have changed. */
    void resetAll() {
        for (Map<String, Set<NoticeQueue>> inDirectory : byDirectory.values()) {
            for (Set<NoticeQueue> watching : inDirectory.values()) {
                for (NoticeQueue watch : watching) {
                    if (watch.addReset()) {
                        awake.add(watch);
                    }
                }
            }
        }
    }

    /** Returns each watch that has notices to deliver and is not delivering; each of them once. */
    List<NoticeQueue> takeAwake() {
        if (awake.isEmpty()) {
            return List.of();
        }
        List<NoticeQueue> taken = awake;
        awake = new ArrayList<>();
        return taken;
    }

    boolean isEmpty() {
        return byDirectory.isEmpty();
    }

    private static String nameIn(Target target) {
        return target.name().orElse(WHOLE);
    }
}
