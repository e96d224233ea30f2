package io.sereno.recipes.kernel;

import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The live entries of a directory, or one of them, by createRevision, as the successive reads of one reader show them: such reads never go back.
 * An entry that comes and goes between two reads is not seen.
 *
 * <p>Confined to the strand. At most one read is under way; a change meanwhile causes one more. Once a ttl the view reads without being asked, so
 * that a watch that died in silence does not freeze it.
 */
public final class View {
    private final Kernel kernel;
    private final Strand strand;
    private final Query query;
    private final Duration period;
    private final Function<Snapshot, List<Entry>> selection;
    private final Runnable onChange;
    private final RearmingWatch watch;

    private @Nullable List<Entry> entries;
    private boolean failing;
    /** A read is wanted. Set to false when the read is sent, so that a change during the read causes another read. */
    private boolean due;
    /** The read under way may be older than the entries that are known. */
    private boolean stale;

    /** Run before the entries of the next read that is not stale are reported. */
    private final List<Runnable> afterRead = new ArrayList<>();

    private boolean closed;
    private final Requests requests;
    private final Timer timer = new Timer();

    public View(Kernel kernel, Strand strand, Query query, Duration period, Runnable onChange) {
        this(kernel, strand, query, period, View::live, onChange);
    }

    private View(
            Kernel kernel,
            Strand strand,
            Query query,
            Duration period,
            Function<Snapshot, List<Entry>> selection,
            Runnable onChange) {
        this.kernel = kernel;
        this.strand = strand;
        this.query = query;
        this.period = period;
        this.selection = selection;
        this.onChange = onChange;
        this.requests =
                new Requests(kernel, strand, query.directory(), Requests.OnFailure.first(why -> {}), this::step);
        this.watch = new RearmingWatch(kernel, strand, new Target(query.directory(), name(query)), this::look);
    }

    /** A view of the places in a directory, as {@link #queue} selects them. */
    public static View ofQueue(Kernel kernel, Strand strand, String directory, Duration period, Runnable onChange) {
        return new View(kernel, strand, new Query.All(directory), period, View::queue, onChange);
    }

    public void open() {
        watch.open();
        look();
    }

    public void close() {
        closed = true;
        requests.forget();
        timer.cancel();
        watch.close();
    }

    /**
     * Reads once more. When a read that began after this call has succeeded, runs the task, then reports the entries, also if they have not changed. They
     * show all that the caller has seen or done.
     */
    public void lookAgain(Runnable task) {
        stale = true;
        afterRead.add(task);
        look();
    }

    /**
     * Takes over the entries that another read of the whole showed, if one of them is newer than all that this view knows. A read under way may be
     * older, so it is repeated.
     */
    public void seed(List<Entry> seen) {
        if (entries == null || newest(seen) > newest(entries)) {
            entries = seen;
            stale = true;
        }
    }

    /** Entries before this createRevision are known to be gone. A read under way may still show them, so it is repeated. */
    public void dropBefore(long createRevision) {
        if (entries != null) {
            entries = entries.stream()
                    .filter(entry -> entry.createRevision() >= createRevision)
                    .toList();
            stale = true;
        }
    }

    private static long newest(List<Entry> queue) {
        return queue.isEmpty() ? 0 : queue.get(queue.size() - 1).createRevision();
    }

    /** Null before the first read. */
    public @Nullable List<Entry> entries() {
        return entries;
    }

    /** Whether the last read succeeded. */
    public boolean isCurrent() {
        return entries != null && !failing;
    }

    /** The entry that a read of one entry showed; null if there is none. */
    public static @Nullable Entry first(Snapshot snapshot) {
        return snapshot.entries().isEmpty() ? null : snapshot.entries().get(0);
    }

    public static List<Entry> live(Snapshot snapshot) {
        List<Entry> entries = snapshot.entries();
        if (entries.size() == 1 && Card.isLive(entries.get(0))) {
            return entries;
        }
        return entries.stream()
                .filter(Card::isLive)
                .sorted(Comparator.comparingLong(Entry::createRevision))
                .toList();
    }

    /** The live places, in the order of the queue; other entries of the directory do not concern a queue. */
    public static List<Entry> queue(Snapshot snapshot) {
        List<Entry> live = live(snapshot);
        for (Entry entry : live) {
            if (!Place.isPlace(entry)) {
                return live.stream().filter(Place::isPlace).toList();
            }
        }
        return live;
    }

    private static Optional<String> name(Query query) {
        return query instanceof Query.One one ? Optional.of(one.name()) : Optional.empty();
    }

    private void look() {
        due = true;
        requests.endPause();
        step();
    }

    private void step() {
        if (due && !closed && requests.isIdle()) {
            due = false;
            stale = false;
            timer.cancel();
            requests.read(query, this::seen, why -> missed());
        }
    }

    private void seen(Snapshot snapshot) {
        if (stale) {
            due = true;
            return;
        }
        List<Entry> now = selection.apply(snapshot);
        boolean changed = failing || !now.equals(entries);
        entries = now;
        failing = false;
        timer.set(kernel.time(), kernel.jittered(period), strand, this::look);
        boolean wanted = !afterRead.isEmpty();
        afterRead.forEach(Runnable::run);
        afterRead.clear();
        if (changed || wanted) {
            onChange.run();
        }
    }

    private void missed() {
        due = true;
        if (!failing) {
            failing = true;
            onChange.run();
        }
    }
}
