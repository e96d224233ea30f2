package io.sereno.recipes.kernel;

import io.sereno.spi.BackendException;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a directory, or all whose names begin with a prefix, however many they are.
 *
 * <p>Invariant: what it shows of an entry never goes back. It says nothing about two entries together: they may be of different moments.
 *
 * <ol>
 *   <li>Read <b>all</b>, in pages: at the beginning, after a reset of the watch or a failure, and once a ttl, so that a watch that died in silence
 *       does not freeze the view.
 *   <li>A notice names an entry: read <b>that one</b>, or all if that takes fewer requests.
 *   <li>The owner may know a later state of an entry by a commit of this client, which the view <b>takes over</b>. The read under way may be older; so
 *       what it shows of that entry is dropped, and the entry is read once more.
 * </ol>
 *
 * <p>Confined to the strand. At most one read is under way, so each is newer than the one before. An entry that comes and goes between two reads is
 * not seen.
 */
public final class PagedView {
    /** As many of the largest values of shared values as every store returns at once. */
    public static final int PAGE = 50;

    /** Stands for all entries, among those to be read. No entry has this name. */
    public static final String ALL = "";

    private final Kernel kernel;
    private final Strand strand;
    private final Query first;
    private final String prefix;
    private final Duration period;
    private final Runnable onChange;
    private final RearmingWatch watch;
    private final Requests requests;
    private final Timer timer = new Timer();

    /** Null before the first read of all. */
    private @Nullable TreeMap<String, Entry> known;

    private @Nullable List<Entry> entries;
    private boolean failing;
    private boolean closed;
    /** What is to be read, and what waits for that. */
    private Map<String, List<Runnable>> wanted = new LinkedHashMap<>();
    /** What the read under way answers. */
    private Map<String, List<Runnable>> answering = new LinkedHashMap<>();

    private TreeMap<String, Entry> pages = new TreeMap<>();
    /** The entries that were taken over while the read is under way. */
    private final Set<String> taken = new HashSet<>();

    private PagedView(Kernel kernel, Strand strand, Query first, String prefix, Duration period, Runnable onChange) {
        this.kernel = kernel;
        this.strand = strand;
        this.first = first;
        this.prefix = prefix;
        this.period = period;
        this.onChange = onChange;
        this.requests =
                new Requests(kernel, strand, first.directory(), Requests.OnFailure.first(why -> {}), this::step);
        Optional<String> name = first instanceof Query.One ? Optional.of(prefix) : Optional.empty();
        this.watch = new RearmingWatch(
                kernel,
                strand,
                new Target(first.directory(), name),
                changed -> changed.startsWith(prefix),
                () -> want(ALL),
                this::want);
    }

    public static PagedView of(Kernel kernel, Strand strand, Query.One entry, Duration period, Runnable onChange) {
        return new PagedView(kernel, strand, entry, entry.name(), period, onChange);
    }

    /** Of all entries whose names begin with the prefix and are longer. */
    public static PagedView ofAll(
            Kernel kernel, Strand strand, String directory, String prefix, Duration period, Runnable onChange) {
        return new PagedView(kernel, strand, new Query.Range(directory, prefix, PAGE), prefix, period, onChange);
    }

    public void open() {
        watch.open();
        want(ALL);
    }

    public void close() {
        closed = true;
        requests.forget();
        timer.cancel();
        watch.close();
    }

    /** In the order of {@link String#compareTo}; null before the first read of all. */
    public @Nullable List<Entry> entries() {
        return entries;
    }

    /** Null if it is not there, or nothing was read yet. */
    public @Nullable Entry entry(String name) {
        return known == null ? null : known.get(name);
    }

    /** Whether the last read succeeded. */
    public boolean isCurrent() {
        return entries != null && !failing;
    }

    /** Why the last read failed; null if it did not. */
    public @Nullable BackendException failure() {
        return requests.failure();
    }

    /**
     * Runs a task once, when a read of this entry, or of {@link #ALL}, that begins from now on has been answered; never if the view is closed before.
     */
    public void afterLook(String name, Runnable task) {
        add(name, List.of(task));
        want(name);
    }

    // Step 3.
    /** Takes over an entry that is newer than the known one. */
    public void take(Entry newer) {
        if (known != null) {
            known.put(newer.name(), newer);
            taken.add(newer.name());
            publish();
        }
    }

    private void add(String name, List<Runnable> tasks) {
        wanted.computeIfAbsent(name, same -> new ArrayList<>()).addAll(tasks);
    }

    private void want(String name) {
        add(name, List.of());
        requests.endPause();
        step();
    }

    private void step() {
        if (closed || wanted.isEmpty() || !requests.isIdle()) {
            return;
        }
        taken.clear();
        if (readsAll()) {
            answering = wanted;
            wanted = new LinkedHashMap<>();
            timer.cancel();
            pages = new TreeMap<>();
            readPage(first);
        } else {
            String name = wanted.keySet().iterator().next();
            answering = new LinkedHashMap<>(Map.of(name, wanted.remove(name)));
            requests.read(name, snapshot -> seenOne(name, snapshot), why -> missed());
        }
    }

    /** Also if the pages are fewer than the entries to be read. */
    private boolean readsAll() {
        return known == null
                || failing
                || wanted.containsKey(ALL)
                || first instanceof Query.One
                || wanted.size() > known.size() / PAGE + 1;
    }

    // Step 1.
    private void readPage(Query page) {
        requests.read(page, this::seenPage, why -> missed());
    }

    private void seenPage(Snapshot snapshot) {
        String last = "";
        for (Entry entry : snapshot.entries()) {
            last = entry.name();
            if (last.startsWith(prefix) && Card.isLive(entry)) {
                pages.put(last, entry);
            }
        }
        if (snapshot.more() && last.startsWith(prefix)) {
            readPage(new Query.Range(first.directory(), last, PAGE));
        } else {
            seenAll();
        }
    }

    private void seenAll() {
        TreeMap<String, Entry> before = known;
        if (before != null) {
            taken.forEach(name -> pages.put(name, before.get(name)));
        }
        timer.set(kernel.time(), kernel.jittered(period), strand, () -> want(ALL));
        boolean changed = !pages.equals(before);
        known = pages;
        seen(changed);
    }

    // Step 2.
    private void seenOne(String name, Snapshot snapshot) {
        TreeMap<String, Entry> all = known;
        Entry found = View.first(snapshot);
        taken.retainAll(Set.of(name));
        if (all == null || !taken.isEmpty()) {
            seen(false);
        } else if (found != null && Card.isLive(found)) {
            seen(!found.equals(all.put(name, found)));
        } else {
            seen(all.remove(name) != null);
        }
    }

    private void seen(boolean changed) {
        Map<String, List<Runnable>> answered = answering;
        answering = new LinkedHashMap<>();
        taken.forEach(name -> add(name, from(answered, name)));
        // Entries are read in the order in which they are wanted. So what waits for all waits for the last of those.
        wanted.keySet().stream()
                .filter(taken::contains)
                .reduce((one, next) -> next)
                .ifPresent(last -> add(last, from(answered, ALL)));
        if (changed || failing || entries == null) {
            failing = false;
            publish();
            onChange.run();
        }
        answered.values().forEach(tasks -> tasks.forEach(Runnable::run));
    }

    private static List<Runnable> from(Map<String, List<Runnable>> answered, String name) {
        List<Runnable> tasks = answered.remove(name);
        return tasks == null ? List.of() : tasks;
    }

    private void missed() {
        add(ALL, List.of());
        answering.forEach(this::add);
        answering = new LinkedHashMap<>();
        if (!failing) {
            failing = true;
            onChange.run();
        }
    }

    private void publish() {
        entries = known == null ? null : List.copyOf(known.values());
    }
}
