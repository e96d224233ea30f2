package io.sereno.recipes.topic;

import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Backoff;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Outcome;
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
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
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
 *       commit anything any more.
 *   <li>Page by page, delete what is there, under the condition that this removal exists.
 *   <li>When nothing is left, delete the removal.
 * </ol>
 *
 * <p>Any client may continue a removal that another began. The next publisher does, so that a deleter that died leaves nothing behind.
 * Every commit may be repeated, since the revision in its condition never comes again. Makes one attempt, and reports a failure to the
 * caller. Confined to the strand.
 */
public final class TopicRemoval {
    public static final String NAME = "removal";

    private static final Bytes VALUE = Bytes.utf8("sereno/1 removal\n");
    /** Every store accepts this many in one commit. */
    private static final int MOST_WRITES = 32;

    private final Kernel kernel;
    private final Strand strand;
    private final String directory;
    private final Runnable onGone;
    private final TopicPages pages = new TopicPages();
    private Consumer<@Nullable BackendException> onFailure = why -> {};

    /** A deletion of the header was sent, and may have been applied, or may be yet. */
    private boolean inDoubt;
    /** The header is gone, and more was to be deleted. */
    private boolean begun;
    /** The caller has been told the outcome: nothing more is sent. */
    private boolean stopped;

    /** {@code onGone} runs when all that was to be deleted is gone. */
    public TopicRemoval(Kernel kernel, Strand strand, String directory, Runnable onGone) {
        this.kernel = kernel;
        this.strand = strand;
        this.directory = directory;
        this.onGone = onGone;
    }

    /** Retries until nothing is left, at most for the operation timeout. */
    public static CompletableFuture<Void> of(Scope scope, String directory) {
        Kernel kernel = scope.kernel();
        Strand strand = new Strand();
        TimedWait<Void> gone = new TimedWait<>(kernel, strand);
        TopicRemoval removal = new TopicRemoval(kernel, strand, directory, () -> gone.complete(null));
        var unused = gone.result().whenComplete((done, failure) -> removal.stopped = true);
        Backoff backoff = kernel.backoff();
        AtomicReference<@Nullable BackendException> last = new AtomicReference<>();
        // Scheduled first, since with a store that answers at once the rest runs right here.
        gone.limit(kernel.operationTimeout(), () -> gone.fail(removal.error(scope, last.get())));
        strand.execute(() -> removal.begin(new Consumer<>() {
            @Override
            public void accept(@Nullable BackendException why) {
                last.set(why);
                if (why != null && why.permanent()) {
                    gone.fail(removal.error(scope, why));
                } else {
                    kernel.time().schedule(backoff.next(), strand, () -> removal.begin(this));
                }
            }
        }));
        return gone.result();
    }

    private RuntimeException error(Scope scope, @Nullable BackendException why) {
        if (inDoubt) {
            return new OutcomeUnknownException(
                    scope.about("delete") + ": the topic may have been deleted, or may be yet; delete it again", why);
        }
        if (begun) {
            String reason = why == null ? "it took too long" : String.valueOf(why.getMessage());
            return new NotAppliedException(
                    scope.about("delete") + ": " + reason
                            + "; the topic is gone, not all that it stored: delete it again",
                    why);
        }
        return scope.notApplied("delete", why);
    }

    // Step 1.
    void begin(Consumer<@Nullable BackendException> failed) {
        if (stopped) {
            return;
        }
        onFailure = failed;
        read(TopicHeader.NAME, header -> {
            if (header == null) {
                inDoubt = false;
                help(failed);
                return;
            }
            Commit.Builder commit = Commit.to(directory)
                    .ifCreateRevision(TopicHeader.NAME, header.createRevision())
                    .delete(TopicHeader.NAME)
                    .put(NAME, VALUE);
            boolean inDoubtBefore = inDoubt;
            inDoubt = true;
            commit(commit, outcome -> {
                boolean isUnknown = outcome.kind() == Outcome.Kind.UNKNOWN;
                inDoubt = isUnknown || (inDoubtBefore && outcome.kind() == Outcome.Kind.NOT_APPLIED);
                switch (outcome.kind()) {
                    case COMMITTED -> clear(outcome.revision(), "");
                    case CONFLICT -> begin(failed);
                    case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> failed.accept(outcome.failure());
                }
            });
        });
    }

    /** Continues a removal, if there is one. */
    void help(Consumer<@Nullable BackendException> failed) {
        onFailure = failed;
        read(NAME, removal -> {
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
        read(new Query.Range(directory, after, limit), (page, why) -> {
            if (page == null && pages.failed()) {
                clear(removal, after);
                return;
            }
            if (page == null) {
                onFailure.accept(why);
                return;
            }
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
            commit(commit, outcome -> {
                switch (outcome.kind()) {
                    case COMMITTED ->
                        clear(
                                removal,
                                page.entries().get(page.entries().size() - 1).name());
                    case CONFLICT -> onGone.run();
                    case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> onFailure.accept(outcome.failure());
                }
            });
        });
    }

    // Step 3.
    private void finish(long removal) {
        Commit.Builder commit =
                Commit.to(directory).ifCreateRevision(NAME, removal).delete(NAME);
        commit(commit, outcome -> {
            switch (outcome.kind()) {
                case COMMITTED, CONFLICT -> onGone.run();
                case LEASE_DEAD, NOT_APPLIED, UNKNOWN -> onFailure.accept(outcome.failure());
            }
        });
    }

    private void read(String name, Consumer<@Nullable Entry> then) {
        read(new Query.One(directory, name), (snapshot, why) -> {
            if (snapshot == null) {
                onFailure.accept(why);
            } else {
                then.accept(
                        snapshot.entries().isEmpty() ? null : snapshot.entries().get(0));
            }
        });
    }

    private void read(Query query, BiConsumer<@Nullable Snapshot, @Nullable BackendException> then) {
        kernel.store().read(query, strand, (snapshot, why) -> {
            if (!stopped) {
                then.accept(snapshot, why);
            }
        });
    }

    private void commit(Commit.Builder commit, Consumer<Outcome> then) {
        kernel.store().commit(commit.build(), strand, outcome -> {
            if (!stopped) {
                then.accept(outcome);
            }
        });
    }
}
