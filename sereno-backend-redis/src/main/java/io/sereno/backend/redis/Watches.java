package io.sereno.backend.redis;

import io.sereno.spi.NoticeQueue;
import io.sereno.spi.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which watches exist for which targets. No callback runs under its lock. */
final class Watches {
    private static final String WHOLE = "";

    /** By directory, then name; WHOLE for the whole directory. Guarded by this. */
    private final Map<String, Map<String, Set<NoticeQueue>>> byTarget = new HashMap<>();

    synchronized void add(NoticeQueue watch) {
        byTarget.computeIfAbsent(watch.target().directory(), d -> new HashMap<>())
                .computeIfAbsent(nameIn(watch.target()), n -> new LinkedHashSet<>())
                .add(watch);
    }

    synchronized void remove(NoticeQueue watch) {
        byTarget.computeIfPresent(watch.target().directory(), (d, inDirectory) -> {
            inDirectory.computeIfPresent(nameIn(watch.target()), (n, same) -> {
                same.remove(watch);
                return same.isEmpty() ? null : same;
            });
            return inDirectory.isEmpty() ? null : inDirectory;
        });
    }

    void changed(String directory, String name, long revision) {
        of(directory, name).forEach(watch -> watch.changed(name, revision));
    }

    void reset() {
        all().forEach(NoticeQueue::reset);
    }

    /** Starts no more notices. */
    void end() {
        all().forEach(NoticeQueue::end);
    }

    private synchronized List<NoticeQueue> of(String directory, String name) {
        Map<String, Set<NoticeQueue>> inDirectory = byTarget.get(directory);
        if (inDirectory == null) {
            return List.of();
        }
        List<NoticeQueue> watching = new ArrayList<>(inDirectory.getOrDefault(WHOLE, Set.of()));
        watching.addAll(inDirectory.getOrDefault(name, Set.of()));
        return watching;
    }

    private synchronized List<NoticeQueue> all() {
        List<NoticeQueue> all = new ArrayList<>();
        byTarget.values().forEach(inDirectory -> inDirectory.values().forEach(all::addAll));
        return all;
    }

    private static String nameIn(Target target) {
        return target.name().orElse(WHOLE);
    }
}
