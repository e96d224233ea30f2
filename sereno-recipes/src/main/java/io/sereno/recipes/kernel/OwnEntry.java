package io.sereno.recipes.kernel;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The entry of a {@link Turn}'s place, while there is one: checks that it still exists, and that it has the right content.
 *
 * <p>Confined to the strand, on which it calls {@code onNews} when {@link #step} has something to do, and {@code onGone} once.
 */
final class OwnEntry {
    private final Kernel kernel;
    private final Strand strand;
    private final String directory;
    private final Requests requests;
    private final Session session;
    private final Place place;
    private final Supplier<Bytes> card;
    private final Runnable onNews;
    private final Runnable onGone;

    /**
     * There is a reason to doubt that the entry exists. Set to false when a check is sent, so that a notice during the check causes another check.
     */
    private boolean suspect;

    private boolean rewrite;
    private long modRevision;
    private boolean closed;
    private @Nullable Lookout lookout;

    /** {@code card} supplies the content that the entry should have. */
    OwnEntry(
            Kernel kernel,
            Strand strand,
            String directory,
            Requests requests,
            Session session,
            Place place,
            Supplier<Bytes> card,
            Runnable onNews,
            Runnable onGone) {
        this.kernel = kernel;
        this.strand = strand;
        this.directory = directory;
        this.requests = requests;
        this.session = session;
        this.place = place;
        this.card = card;
        this.onNews = onNews;
        this.onGone = onGone;
        this.modRevision = place.createRevision();
    }

    Place place() {
        return place;
    }

    void suspect() {
        suspect = true;
    }

    /** The content that the entry should have has changed. */
    void rewrite() {
        rewrite = true;
    }

    /** From now on a notice is enough to detect that the entry is gone. */
    void watch() {
        if (lookout == null) {
            lookout = new Lookout(kernel, strand, new Target(directory, Optional.of(place.name())), () -> {
                suspect = true;
                onNews.run();
            });
            lookout.open();
        }
    }

    /** Sends the request that is due; false if none is. */
    boolean step() {
        if (suspect) {
            check();
        } else if (rewrite) {
            put();
        } else {
            return false;
        }
        return true;
    }

    private void check() {
        suspect = false;
        Commit.Builder check = Commit.to(directory).ifCreateRevision(place.name(), place.createRevision());
        if (modRevision != place.createRevision()) {
            check.returningOne(place.name()); // It was overwritten, and a store that goes back may have undone that.
        }
        requests.commit(check, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> {
                    if (outcome.snapshot() != null) {
                        compare(outcome.snapshot());
                    }
                }
                case CONFLICT -> gone();
                case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> {
                    suspect = true;
                    requests.pause(outcome.failure());
                }
            }
        });
    }

    /**
     * Overwrites the entry, keeping the turn. Copies of this put exclude each other by modRevision, so an unknown outcome is settled by sending
     * the put again.
     */
    private void put() {
        rewrite = false;
        Commit.Builder put = Commit.to(directory)
                .ifModRevision(place.name(), modRevision)
                .put(place.name(), card.get(), session.leaseId())
                .returningOne(place.name());
        requests.commit(put, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> modRevision = outcome.revision();
                case CONFLICT -> {
                    rewrite = true;
                    requests.read(place.name(), this::compare, () -> {});
                }
                case LEASE_DEAD -> requests.leaseDead(session);
                case NOT_APPLIED, UNKNOWN -> {
                    rewrite = true;
                    requests.pause(outcome.failure());
                }
            }
        });
    }

    private void compare(Snapshot snapshot) {
        Entry found = Place.entryOf(place.name(), snapshot);
        if (found == null || !Place.of(found).equals(place)) {
            gone();
        } else {
            modRevision = found.modRevision();
            rewrite = !found.value().equals(card.get());
        }
    }

    /** Somebody removed the entry, or the session is over and we have not been told yet. */
    void gone() {
        if (!closed) {
            onGone.run();
        }
    }

    /** The entry is given back, or gone; further notices do not matter. */
    void close() {
        closed = true;
        if (lookout != null) {
            lookout.close();
        }
    }
}
