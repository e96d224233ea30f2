package io.sereno.tck.history;

import io.sereno.spi.Backend;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A listener that reads what it is notified of. It knows the last change of each name, and whether a read made on a notice has shown that
 * change: an earlier notice does not count if the change was not there yet. Safe for use by multiple threads.
 */
final class ReadingListener implements WatchListener {
    /** The last change of a name, which a watch has to announce. */
    private static final class Due {
        private final AtomicLong shown = new AtomicLong();
        /** Unknown until the change is acknowledged. */
        private volatile long revision = Long.MAX_VALUE;

        /** A read made on a notice showed this revision. */
        void show(long modRevision) {
            shown.accumulateAndGet(modRevision, Math::max);
        }

        boolean isShown() {
            return shown.get() >= revision;
        }
    }

    private final Backend client;
    private final Target target;
    private final Map<String, Due> due = new ConcurrentHashMap<>();
    private final AtomicInteger reading = new AtomicInteger();

    ReadingListener(Backend client, Target target) {
        this.client = client;
        this.target = target;
    }

    Target target() {
        return target;
    }

    /** The last change of this name is about to be made. */
    void isDue(String name) {
        if (target.name().isEmpty() || target.name().get().equals(name)) {
            due.put(name, new Due());
        }
    }

    /** This name was changed at this revision, or later. */
    void isDue(String name, long revision) {
        Due last = due.get(name);
        if (last != null && (last.revision == Long.MAX_VALUE || last.revision < revision)) {
            last.revision = revision;
        }
    }

    void isNotDue(String name) {
        due.remove(name);
    }

    boolean isOwedSomething() {
        return reading.get() > 0 || !due.values().stream().allMatch(Due::isShown);
    }

    @Override
    public void changed(String name, long revision) {
        Due last = due.get(name);
        look(new Query.One(target.directory(), name), last == null ? Map.of() : Map.of(name, last));
    }

    @Override
    public void reset() {
        look(
                target.name()
                        .<Query>map(name -> new Query.One(target.directory(), name))
                        .orElseGet(() -> new Query.All(target.directory())),
                Map.copyOf(due));
    }

    /** Reads. If that fails, the check of the history accepts the notice as it is, so no other one is waited for. */
    private void look(Query query, Map<String, Due> notified) {
        reading.incrementAndGet();
        client.read(query).whenComplete((snapshot, failure) -> {
            if (failure != null) {
                notified.values().forEach(last -> last.show(Long.MAX_VALUE));
            } else {
                for (Entry entry : snapshot.entries()) {
                    notified.getOrDefault(entry.name(), new Due()).show(entry.modRevision());
                }
            }
            reading.decrementAndGet();
        });
    }
}
