package io.sereno.recipes.kernel;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a place of a pool waits for: until there is room for it beside all places in front. So several places are granted at the same time.
 *
 * <p>Stored: in each granted place a <em>mark</em>; and entry {@code limit} of the directory, which stays, if the pool keeps one.
 *
 * <p>Invariant: a place is granted only if a look after its enqueue showed that there is room for it beside all places in front. A place that has had to
 * wait is granted only while the limit of that look is stored. Places in front only become fewer, so the places that are granted never exceed the limit,
 * unless the limit was lowered.
 *
 * <ol>
 *   <li>If the pool keeps a limit and none is stored: {@code createRevision(own), absent(limit) -> put(limit)}, and look again.
 *   <li><b>First look.</b> If there is room for the place, it is granted at once, and marked after that.
 *   <li>If a place in front has no mark: <b>watch</b> the last such, and look when it is marked or gone. It is granted before this one.
 *   <li>If all in front are marked: watch the directory, and look when one of them or the limit changes. If there is room for the place,
 *       {@code modRevision(own), modRevision(limit) -> put(own, marked)} is the grant. In doubt, the next look shows the mark.
 * </ol>
 *
 * <p>No granted place stays without a mark: its first look may have shown a release that the look of the next place missed, and nobody else wakes that one.
 * Once a ttl the place looks without a notice. Confined to the strand.
 */
public final class Room implements Waiting {
    /** The name of the entry with the limit. */
    public static final String LIMIT = "limit";

    /** What a look at the places in front means for a place. */
    public enum Answer {
        FITS,
        /** It has to wait until others leave. */
        FULL,
        /** It depends on the marks that places in front are about to get. */
        NOT_KNOWN
    }

    /** What the places mean. Called on the strand. */
    public interface Terms {
        /**
         * Whether there is room for the place. Throws an exception if it can never be granted.
         *
         * @param inFront the places in front, in their order
         * @param limit the entry that has the limit; null if there is none
         */
        Answer look(List<Entry> inFront, @Nullable Entry limit);

        boolean isMarked(Entry place);

        /** The content of the own place with its mark, after a look that has found room. */
        String markedLines();

        /** The own place was found marked: an earlier copy of its grant was applied. */
        void marked(Entry own);

        /** The limit to store, if the pool keeps one and none is stored; else null. */
        @Nullable
        Bytes firstLimit(@Nullable Entry limit);

        /** The place can never be granted, and is to be given back. */
        void refused(RuntimeException why);
    }

    private enum Next {
        LOOK,
        LOOK_AT_LAST,
        CREATE_LIMIT,
        TAKE,
        NOTHING
    }

    private final Requests requests;
    private final Session under;
    private final OwnEntry own;
    private final Terms terms;
    private final Function<String, Bytes> card;
    private final Runnable onWaiting;
    private final Runnable onGranted;
    private final Runnable onTick;

    private Next next = Next.LOOK;
    private boolean behindOthers;
    /** The limit entry that the last look showed. */
    private @Nullable Entry limit;
    /** To be stored, since that look showed none. */
    private @Nullable Bytes firstLimit;
    /** The last place in front without a mark. */
    private @Nullable Place last;
    /** What the watch is on: a place; or null for the directory. */
    private @Nullable Place watched;

    private @Nullable RearmingWatch watch;
    private final Timer tick = new Timer();
    private boolean closed;

    Room(
            Requests requests,
            Session under,
            OwnEntry own,
            Terms terms,
            Function<String, Bytes> card,
            Runnable onWaiting,
            Runnable onGranted,
            Runnable onTick) {
        this.requests = requests;
        this.under = under;
        this.own = own;
        this.terms = terms;
        this.card = card;
        this.onWaiting = onWaiting;
        this.onGranted = onGranted;
        this.onTick = onTick;
        tick();
    }

    @Override
    public boolean isBehindOthers() {
        return behindOthers;
    }

    /** Takes in the first look. */
    void first(List<Entry> inFront, Snapshot all) {
        next = Next.NOTHING;
        look(inFront, all, () -> {
            onGranted.run();
            own.rewrite();
        });
    }

    @Override
    public void step() {
        switch (next) {
            case LOOK -> {
                next = Next.NOTHING;
                requests.read(new Query.All(requests.directory()), this::lookAgain, why -> lookLater());
            }
            case LOOK_AT_LAST -> lookAtLast();
            case CREATE_LIMIT -> createLimit();
            case TAKE -> take();
            case NOTHING -> {
                // A notice or the tick comes next.
            }
        }
    }

    private void lookLater() {
        next = Next.LOOK;
    }

    private void lookAgain(Snapshot all) {
        if (closed) {
            return; // Given back meanwhile.
        }
        Entry self = Place.entryOf(own.place().name(), all);
        if (self == null || !Place.of(self).equals(own.place())) {
            own.suspect();
            return;
        }
        own.overwritten(self.modRevision());
        if (terms.isMarked(self)) {
            terms.marked(self);
            onGranted.run();
            return;
        }
        List<Entry> inFront = new ArrayList<>();
        for (Entry other : View.queue(all)) {
            if (other.createRevision() < self.createRevision()) {
                inFront.add(other);
            }
        }
        look(inFront, all, () -> next = Next.TAKE);
    }

    private void look(List<Entry> inFront, Snapshot all, Runnable onFit) {
        limit = Place.entryOf(LIMIT, all);
        Answer answer;
        try {
            answer = terms.look(inFront, limit);
        } catch (RuntimeException never) {
            terms.refused(never);
            return;
        }
        firstLimit = terms.firstLimit(limit);
        if (firstLimit != null) {
            next = Next.CREATE_LIMIT;
            return;
        }
        if (answer == Answer.FITS) {
            onFit.run();
            return;
        }
        Entry unmarked = null;
        for (Entry other : inFront) {
            unmarked = terms.isMarked(other) ? unmarked : other;
        }
        last = unmarked == null ? null : Place.of(unmarked);
        watch(inFront);
        behindOthers = true;
        if (answer == Answer.FULL) {
            onWaiting.run();
        }
    }

    // Step 3.
    private void lookAtLast() {
        next = Next.NOTHING;
        Place looked = last;
        if (looked == null) {
            lookLater();
            step();
            return;
        }
        requests.read(
                looked.name(),
                snapshot -> {
                    Entry found = Place.entryOf(looked.name(), snapshot);
                    if (found == null || !Place.of(found).equals(looked) || terms.isMarked(found)) {
                        lookLater();
                    }
                },
                why -> lookLater());
    }

    /** Watches the last place in front without a mark; or all that are in front, and the limit. */
    private void watch(List<Entry> inFront) {
        if (watch != null && (last == null ? watched == null : last.equals(watched))) {
            return;
        }
        closeWatch();
        watched = last;
        if (last != null) {
            watch = requests.watch(last.name(), () -> noticed(Next.LOOK_AT_LAST));
        } else {
            Set<String> names = new HashSet<>(Set.of(LIMIT));
            inFront.forEach(entry -> names.add(entry.name()));
            watch = requests.watch(Set.copyOf(names), () -> noticed(Next.LOOK));
        }
    }

    private void noticed(Next look) {
        if (next == Next.NOTHING || next == Next.LOOK_AT_LAST) {
            next = look;
        }
        requests.step();
    }

    // Step 1.
    private void createLimit() {
        Bytes first = firstLimit;
        if (first != null) {
            Commit.Builder commit = Commit.to(requests.directory())
                    .ifCreateRevision(own.place().name(), own.place().createRevision())
                    .put(LIMIT, first);
            send(
                    limit == null ? commit.ifAbsent(LIMIT) : commit.ifModRevision(LIMIT, limit.modRevision()),
                    revision -> lookLater());
        }
    }

    // Step 4.
    private void take() {
        Commit.Builder commit = own.overwrite(card.apply(terms.markedLines()));
        if (limit != null) {
            commit.ifModRevision(LIMIT, limit.modRevision());
        }
        send(commit, revision -> {
            own.overwritten(revision);
            onGranted.run();
        });
    }

    private void send(Commit.Builder commit, Consumer<Long> then) {
        next = Next.LOOK;
        requests.commit(commit, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> then.accept(outcome.revision());
                case CONFLICT -> {
                    // The next look shows why.
                }
                case LEASE_DEAD -> requests.leaseDead(under);
                case NOT_APPLIED, UNKNOWN -> requests.pause(outcome.failure());
            }
        });
    }

    private void tick() {
        Kernel kernel = requests.kernel();
        tick.set(kernel.time(), kernel.jittered(under.ttl()), requests.strand(), () -> {
            tick();
            if (next == Next.NOTHING) {
                next = last != null ? Next.LOOK_AT_LAST : Next.LOOK;
            }
            onTick.run();
        });
    }

    @Override
    public void close() {
        closed = true;
        tick.cancel();
        closeWatch();
    }

    private void closeWatch() {
        if (watch != null) {
            watch.close();
        }
    }
}
