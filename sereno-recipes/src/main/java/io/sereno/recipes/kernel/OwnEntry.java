package io.sereno.recipes.kernel;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The entry of a {@link Turn}'s place, while there is one: checks that it still exists, and that it has the right content.
 *
 * <p>Confined to the strand. The owner of the requests calls {@link #step}; {@code onGone} is called once.
 */
final class OwnEntry {
    private final Requests requests;
    private final String directory;
    private final Session session;
    private final Place place;
    private final Supplier<Bytes> card;
    private final Runnable onGone;

    /**
     * The entry may be gone, and must be checked. Set to false when a check is sent, so that a notice during the check
     * causes another check.
     */
    private boolean suspect;

    private boolean rewrite;
    private long modRevision;
    private boolean closed;
    private @Nullable RearmingWatch watch;

    /** {@code card} supplies the content that the entry should have. */
    OwnEntry(Requests requests, Session session, Place place, Supplier<Bytes> card, Runnable onGone) {
        this.requests = requests;
        this.directory = requests.directory();
        this.session = session;
        this.place = place;
        this.card = card;
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
        if (watch == null) {
            watch = requests.watch(place.name(), () -> {
                suspect = true;
                requests.step();
            });
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
        Commit.Builder put = overwrite(card.get()).returningOne(place.name());
        requests.commit(put, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED -> modRevision = outcome.revision();
                case CONFLICT -> {
                    rewrite = true;
                    requests.read(place.name(), this::compare);
                }
                case LEASE_DEAD -> requests.leaseDead(session);
                case NOT_APPLIED, UNKNOWN -> {
                    rewrite = true;
                    requests.pause(outcome.failure());
                }
            }
        });
    }

    /** A commit that overwrites the entry; copies of it exclude each other. */
    Commit.Builder overwrite(Bytes value) {
        return Commit.to(directory)
                .ifModRevision(place.name(), modRevision)
                .put(place.name(), value, session.leaseId());
    }

    /** The entry was overwritten at this revision. */
    void overwritten(long revision) {
        modRevision = revision;
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

    /** Somebody removed the entry, or the session is over and the sessions have not reported that yet. */
    void gone() {
        if (!closed) {
            onGone.run();
        }
    }

    /** The entry is given back, or gone; further notices do not matter. */
    void close() {
        closed = true;
        if (watch != null) {
            watch.close();
        }
    }
}
