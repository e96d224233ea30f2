package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.believing;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.Grant;
import io.sereno.LossCause;
import io.sereno.Mutex;
import io.sereno.TopicListener;
import io.sereno.spi.Backend;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Promise;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/** Bugs that show when a store has lost acknowledged writes. */
final class RestoredMutants {
    private RestoredMutants() {}

    static void addTo(Mutants all) {
        seeing(all);
        goingOn(all);
    }

    private static void seeing(Mutants all) {
        all.store("REC-9", "watches continue over a restore without a reset")
                .with(store -> store.restored = watch -> {
                    // The connection was never lost.
                });
        all.backend("REC-9", "entries that a client has deleted are never shown to it again")
                .with(RestoredMutants::hiding);
        all.backend("REC-9", "a revision that falls is reported as the next one")
                .with(RestoredMutants::rising);
        all.recipe("REC-9", "a restored store is reported as an expiry")
                .objects(
                        Mutex.class,
                        mutex -> granting(
                                mutex,
                                grant -> changed(
                                        Grant.class,
                                        grant,
                                        (method, call) -> method.equals("lost")
                                                ? grant.lost().thenApply(cause -> LossCause.SESSION_EXPIRED)
                                                : call.go())));
    }

    private static void goingOn(Mutants all) {
        all.recipe("REC-10", "a grant is held until it is released")
                .objects(Mutex.class, mutex -> granting(mutex, grant -> believing(Grant.class, grant)));
        all.backend("REC-10", "a client has one lease in its life").with(RestoredMutants::oneLease);
        all.client("REC-10", "revisions are promised to continue, and are given again")
                .with((world, below) -> new Promising(below, Promise.REVISIONS_SURVIVE_FAIL_OVER));
        all.topic("REC-10", "messages that the store has lost cause no gap").listeners(ReaderMutants::withoutGaps);
        all.topic("REC-10", "a reader skips new messages at offsets that it has read")
                .listeners(RestoredMutants::remembering);
    }

    private static Mutex granting(Mutex mutex, UnaryOperator<Grant> broken) {
        return changed(Mutex.class, mutex, (method, call) -> {
            Object result = call.go();
            return result instanceof Grant grant ? broken.apply(grant) : result;
        });
    }

    /** Remembers deletions forever, and takes them for the content of the store. */
    private static Backend hiding(Backend below) {
        Set<String> deleted = ConcurrentHashMap.newKeySet();
        return new Hooks(below)
                .commits(commit -> below.commit(commit).whenComplete((result, failure) -> {
                    if (result instanceof CommitResult.Committed) {
                        commit.writes().stream()
                                .filter(Write.Delete.class::isInstance)
                                .forEach(write -> deleted.add(commit.directory() + "/" + write.name()));
                    }
                }))
                .reads(query -> below.read(query).thenApply(read -> {
                    List<Entry> shown = read.entries().stream()
                            .filter(entry -> !deleted.contains(query.directory() + "/" + entry.name()))
                            .toList();
                    return new Snapshot(shown, read.more());
                }));
    }

    /** Reports each commit with a greater revision than those before it, whatever the store says. */
    private static Backend rising(Backend below) {
        AtomicLong newest = new AtomicLong();
        return new Hooks(below)
                .commits(commit -> below.commit(commit)
                        .thenApply(result ->
                                result instanceof CommitResult.Committed committed && committed.revision() > 0
                                        ? new CommitResult.Committed(
                                                newest.updateAndGet(known -> Math.max(known + 1, committed.revision())),
                                                committed.snapshot())
                                        : result));
    }

    /** Grants one lease only: when it has ended, there is no other. */
    private static Backend oneLease(Backend below) {
        AtomicInteger granted = new AtomicInteger();
        return new Hooks(below)
                .grants(ttl -> granted.getAndIncrement() == 0
                        ? below.grantLease(ttl)
                        : failedFuture(Failures.notApplied("the session has expired; connect again")));
    }

    /** Drops messages whose offset is not greater than the greatest so far. */
    private static TopicListener<Object> remembering(TopicListener<Object> right) {
        AtomicLong greatest = new AtomicLong();
        return TopicHooks.listener(right, message -> {
            if (message.offset() > greatest.get()) {
                greatest.set(message.offset());
                right.onMessage(message);
            }
        });
    }
}
