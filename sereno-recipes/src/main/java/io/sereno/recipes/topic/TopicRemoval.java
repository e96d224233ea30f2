package io.sereno.recipes.topic;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Outcome;
import io.sereno.recipes.kernel.Requests;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Deletes a topic: first the header, then all other entries, some at a time.
 *
 * <p>Stored: the entry {@code removal}, from the deletion of the header to the end.
 *
 * <p>Invariant: there is a header, or a removal, or nothing at all. Entries are added only while there is a header, and all are deleted
 * only while there is a removal.
 *
 * <ol>
 *   <li>{@code createRevision(header) == r} -> without header, with removal. The topic is gone: no publisher or reader of that stream can
 *       commit anything any more. r is from the first look, so a retry does not delete a stream that began since.
 *   <li>Page by page, delete what is there, under the condition that this removal exists.
 *   <li>When nothing is left, delete the removal.
 * </ol>
 *
 * <p>Any client may continue a removal that another began. The next publisher does, so that a deleter that died leaves nothing behind.
 * Every commit may be repeated, since the revision in its condition never comes again. Confined to the strand.
 */
public final class TopicRemoval {
    public static final String NAME = "removal";

    private static final long NONE = 0;
    private static final long NOT_LOOKED = -1;

    private static final Bytes VALUE = Bytes.utf8("sereno/1 removal\n");
    /** Every store accepts this many in one commit. */
    private static final int MOST_WRITES = 32;

    private final String directory;
    private final Requests requests;
    private final Runnable onGone;
    private final TopicPages pages = new TopicPages();

    /** The createRevision of the header that the first look found: no other stream is deleted. */
    private long condemned = NOT_LOOKED;

    /** A deletion of the header was sent, and may have been applied, or may be yet. */
    private boolean deletionUnknown;
    /** The header is gone, and more was to be deleted. */
    private boolean begun;

    /** {@code onGone} runs when all that was to be deleted is gone. A failure makes the requests pause; then the owner's step begins again. */
    TopicRemoval(String directory, Requests requests, Runnable onGone) {
        this.directory = directory;
        this.requests = requests;
        this.onGone = onGone;
    }

    /** Retries until nothing is left, at most for the operation timeout. */
    public static CompletableFuture<Void> of(Scope scope) {
        return new Call(scope).start();
    }

    private static final class Call {
        private final Scope scope;
        private final Strand strand = new Strand();
        private final TimedWait<Void> gone;
        private final Requests requests;
        private final TopicRemoval removal;

        Call(Scope scope) {
            Kernel kernel = scope.kernel();
            this.scope = scope;
            this.gone = new TimedWait<>(kernel, strand);
            this.requests = new Requests(
                    kernel, strand, scope.directory(), Requests.OnFailure.first(why -> {}, this::giveUp), this::step);
            this.removal = new TopicRemoval(scope.directory(), requests, () -> gone.complete(null));
        }

        CompletableFuture<Void> start() {
            // Set first, since with a store that answers at once the rest runs right here.
            gone.limit(scope.kernel().operationTimeout(), () -> giveUp(requests.failure()));
            strand.execute(this::step);
            return gone.result();
        }

        private void step() {
            if (requests.isIdle() && !gone.isEnded()) {
                removal.begin();
            }
        }

        /** The outcome has been reported to the caller, so nothing more is sent. */
        private void giveUp(@Nullable BackendException why) {
            requests.forget();
            gone.fail(removal.error(scope, why));
        }
    }

    private RuntimeException error(Scope scope, @Nullable BackendException why) {
        if (deletionUnknown) {
            return new OutcomeUnknownException(
                    scope.about("delete")
                            + ": the topic may have been deleted, or may still be deleted; delete it again",
                    why);
        }
        if (begun) {
            String reason = why == null ? "it took too long" : String.valueOf(why.getMessage());
            return new NotAppliedException(
                    scope.about("delete") + ": " + reason
                            + "; the topic is gone, but some of its entries are left: delete it again",
                    why);
        }
        return scope.notApplied("delete", why);
    }

    // Step 1.
    private void begin() {
        requests.readEntry(TopicHeader.NAME, header -> {
            if (condemned == NOT_LOOKED) {
                condemned = header == null ? NONE : header.createRevision();
            }
            if (header == null) {
                deletionUnknown = false;
                help();
                return;
            }
            if (header.createRevision() != condemned) {
                // Somebody has begun the next stream, which nobody can while a removal is there.
                onGone.run();
                return;
            }
            Commit.Builder commit = Commit.to(directory)
                    .ifCreateRevision(TopicHeader.NAME, header.createRevision())
                    .delete(TopicHeader.NAME)
                    .put(NAME, VALUE);
            boolean unknownBefore = deletionUnknown;
            deletionUnknown = true;
            requests.commit(commit, outcome -> {
                boolean isUnknown = outcome.kind() == Outcome.Kind.UNKNOWN;
                deletionUnknown = isUnknown || (unknownBefore && outcome.kind() == Outcome.Kind.NOT_APPLIED);
                switch (outcome.kind()) {
                    case COMMITTED -> clear(outcome.revision(), "");
                    case CONFLICT -> begin();
                    case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> requests.pause(outcome.failure());
                }
            });
        });
    }

    /** Continues a removal, if there is one. */
    void help() {
        requests.readEntry(NAME, removal -> {
            if (removal == null) {
                onGone.run();
            } else {
                clear(removal.createRevision(), "");
            }
        });
    }

    // Step 2.
    private void clear(long removal, String after) {
        begun = true;
        int limit = Math.min(pages.size(), MOST_WRITES);
        requests.read(new Query.Range(directory, after, limit), page -> clear(removal, page), why -> {
            if (pages.failed()) {
                clear(removal, after);
            }
        });
    }

    private void clear(long removal, Snapshot page) {
        pages.seen(page);
        List<String> names = page.entries().stream()
                .map(Entry::name)
                .filter(name -> !name.equals(NAME) && !name.equals(TopicHeader.NAME))
                .toList();
        if (names.isEmpty() && !page.more()) {
            finish(removal);
            return;
        }
        Commit.Builder commit = Commit.to(directory).ifCreateRevision(NAME, removal);
        names.forEach(commit::delete);
        requests.commitOrPause(commit, outcome -> {
            if (outcome.kind() == Outcome.Kind.COMMITTED) {
                clear(removal, page.entries().get(page.entries().size() - 1).name());
            } else {
                onGone.run();
            }
        });
    }

    // Step 3.
    private void finish(long removal) {
        Commit.Builder commit =
                Commit.to(directory).ifCreateRevision(NAME, removal).delete(NAME);
        requests.commitOrPause(commit, outcome -> onGone.run());
    }
}
