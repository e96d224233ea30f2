package io.sereno.recipes.membership;

import io.sereno.DuplicateMemberException;
import io.sereno.KeepAlive;
import io.sereno.Membership.IfPresent;
import io.sereno.OutcomeUnknownException;
import io.sereno.SessionState;
import io.sereno.Subscription;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Metadata;
import io.sereno.recipes.client.Open;
import io.sereno.recipes.client.OpenSubscription;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Strand;
import io.sereno.recipes.kernel.TimedWait;
import io.sereno.spi.BackendException;
import io.sereno.spi.Names;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A member as its user sees it, from {@code join()} to {@code close()}: what is wanted, which calls wait for it, and for how long.
 * {@link Listing} does its work in the store.
 *
 * <p>A join has one limit at a time: first the operation timeout; if another member has the id and the join has to wait, the time that the
 * entry of a dead member can last; and then once more the operation timeout, for a last look.
 *
 * <p>Safe for use by multiple threads.
 */
final class ListedMember implements KeepAlive, Open, Listing.Owner {
    private final Client client;
    private final Kernel kernel;
    private final Scope scope;
    private final String id;
    private final Duration ttl;
    private final IfPresent ifPresent;
    private final Strand strand = new Strand();
    private final Listing listing;
    private final TimedWait<Void> joined;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    private volatile long incarnation;
    private volatile boolean closed;

    // Confined to the strand.
    private final Map<OpenSubscription, Consumer<State>> onState = new LinkedHashMap<>();
    private Map<String, String> metadata;
    private State reported = State.LOST;
    private boolean waits;
    private boolean lastLook;
    /** The session of the member that was removed to take the id over; null if none was. */
    private @Nullable String removed;

    private boolean takenReported;

    ListedMember(Scope scope, String id, Duration ttl, Map<String, String> metadata, IfPresent ifPresent) {
        this.client = scope.client();
        this.kernel = scope.kernel();
        this.scope = scope;
        this.id = id;
        this.ttl = ttl;
        this.metadata = metadata;
        this.ifPresent = ifPresent;
        this.joined = new TimedWait<>(kernel, strand);
        this.listing = new Listing(scope, strand, id, ttl, this);
    }

    /** Completes when the member is listed, or fails when it is known that it will not be. */
    CompletableFuture<Void> join() {
        client.opened(this);
        strand.execute(() -> {
            if (!closed) {
                joined.limit(kernel.operationTimeout(), this::joinRunsOut);
                listing.enter();
            }
        });
        return joined.result();
    }

    private void joinRunsOut() {
        BackendException why = listing.failure();
        refuse(
                listing.isUnknown()
                        ? new OutcomeUnknownException(
                                about("join") + ": " + Scope.reason(why)
                                        + "; the member is withdrawn, and until that is settled, others may see it"
                                        + " listed",
                                why)
                        : scope.notApplied(operation("join"), why));
    }

    private void refuse(RuntimeException why) {
        joined.fail(why);
        var unused = leave();
    }

    @Override
    public void listed(long createRevision) {
        incarnation = createRevision;
        takenReported = false;
        joined.complete(null);
        changed();
    }

    @Override
    public void taken(MemberCard by, long createRevision, boolean isRemnant) {
        boolean waitsForIt = isRemnant || ifPresent == IfPresent.WAIT;
        if (joined.isEnded()) {
            if (!takenReported && !isRemnant && !closed) {
                takenReported = true;
                scope.retrying(operation("listing"), duplicate("listing", by));
            }
        } else if (ifPresent == IfPresent.TAKE_OVER && (removed == null || by.isUnder(removed))) {
            // The removed member may be listed again before this one. A third member is not removed.
            removed = by.session();
            listing.takeOver(createRevision);
        } else if (!waitsForIt || lastLook) {
            refuse(duplicate("join", by));
        } else if (!waits) {
            waits = true;
            joined.limit(longestRemnant(by), () -> {
                lastLook = true;
                joined.limit(kernel.operationTimeout(), this::joinRunsOut);
                listing.lookAgain();
            });
        }
    }

    /** How long the entry of a dead member can still exist. */
    private Duration longestRemnant(MemberCard card) {
        Duration longest = client.backend().guarantees().greatestTtl();
        Duration theirs = card.ttl().compareTo(longest) > 0 ? longest : card.ttl();
        return (theirs.compareTo(ttl) > 0 ? theirs : ttl)
                .plus(client.backend().guarantees().expiryLateness());
    }

    private DuplicateMemberException duplicate(String operation, MemberCard other) {
        return new DuplicateMemberException(about(operation) + ": another live member has this id, put by node '"
                + other.card().nodeId() + "' at " + other.card().since());
    }

    @Override
    public void update(Map<String, String> described) {
        Map<String, String> copy = Metadata.checked(described);
        scope.requireOpen(operation("update"));
        if (closed) {
            throw closed("update");
        }
        strand.execute(() -> {
            metadata = copy;
            listing.describe();
        });
    }

    @Override
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public void failed(BackendException why) {
        scope.retrying(operation("listing"), why);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public long incarnation() {
        return incarnation;
    }

    @Override
    public State state() {
        if (closed || client.isClosed()) {
            return State.CLOSED;
        }
        if (!listing.isListed()) {
            return State.LOST;
        }
        return listing.sessions().state() == SessionState.SUSPENDED ? State.SUSPENDED : State.LISTED;
    }

    @Override
    public Subscription onState(Consumer<State> callback) {
        Objects.requireNonNull(callback, "callback is null");
        scope.requireOpen(operation("onState"));
        if (closed) {
            throw closed("onState");
        }
        OpenSubscription subscription =
                new OpenSubscription(scope, operation("onState"), ended -> strand.execute(() -> onState.remove(ended)));
        strand.execute(() -> {
            if (closed) {
                report(subscription, callback, State.CLOSED); // All others have been notified since the call began.
            } else if (!subscription.isEnding()) {
                onState.put(subscription, callback);
            }
        });
        return subscription;
    }

    @Override
    public void changed() {
        State now = state();
        if (now == reported || (now == State.LOST && incarnation == 0)) {
            return;
        }
        reported = now;
        onState.forEach((subscription, callback) -> report(subscription, callback, now));
    }

    private static void report(OpenSubscription to, Consumer<State> callback, State state) {
        to.report(state, now -> {
            try {
                callback.accept(now);
            } finally {
                if (now == State.CLOSED) {
                    to.close();
                }
            }
        });
    }

    @Override
    public String toString() {
        return "member '" + Names.printable(id) + "' of " + scope + ", " + state();
    }

    /** Completes when nothing of the member is left in the store. */
    CompletableFuture<Void> leave() {
        return end(this::closed, listing::leave);
    }

    @Override
    public CompletableFuture<Void> shutDown() {
        return end(operation -> scope.closed(operation(operation)), () -> {
            listing.abandon();
            gone.complete(null);
        });
    }

    private CompletableFuture<Void> end(Function<String, RuntimeException> why, Runnable ending) {
        client.closed(this);
        strand.execute(() -> {
            if (!closed) {
                closed = true;
                joined.fail(why.apply("join"));
                changed();
            }
            ending.run();
        });
        return gone;
    }

    @Override
    public void rested() {
        gone.complete(null);
    }

    @Override
    public void close() {
        Await.uninterruptibly(kernel.atMost(kernel.operationTimeout(), leave()));
    }

    private IllegalStateException closed(String operation) {
        return new IllegalStateException(about(operation) + ": this member was closed; join again");
    }

    private String about(String operation) {
        return scope.about(operation(operation));
    }

    private String operation(String operation) {
        return operation + " as '" + id + "'";
    }
}
