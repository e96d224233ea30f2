package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.Commit;
import io.sereno.spi.Write;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Client libraries that overlook one kind of request. */
final class OneKind {
    private OneKind() {}

    private enum Kind {
        GRANT,
        RENEWAL,
        REVOCATION,
        WATCH;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static void addTo(Mutants all) {
        Stream.of(Kind.REVOCATION, Kind.WATCH)
                .forEach(kind -> all.library(
                                "LIF-2", "a " + kind.text() + " that is under way is left incomplete by close()")
                        .with((world, below) -> forgotten(below, kind)));
        Stream.of(Kind.GRANT, Kind.RENEWAL, Kind.WATCH)
                .forEach(kind -> all.library("OUT-7", "after a " + kind.text() + " was lost there is no other")
                        .with((world, below) -> broken(below, kind)));
        all.library("OUT-4", "a lost reply to a delete is reported as NOT_APPLIED")
                .in(lost(OneKind::deletes));
        all.library("OUT-4", "a lost reply to a commit with a read is reported as NOT_APPLIED")
                .in(lost(commit -> commit.returning().isPresent()));
        all.library("OUT-4", "a lost reply to a commit with conditions is reported as NOT_APPLIED")
                .in(lost(commit -> !commit.conditions().isEmpty()));
        all.library("OUT-4", "a lost reply to a commit under a lease is reported as NOT_APPLIED")
                .in(lost(commit -> PlainStore.leaseOf(commit) != 0));
        all.library("COM-11", "a delete is sent again")
                .afterFailures((below, commit, failure) ->
                        deletes(commit) && commit.conditions().isEmpty() && Failures.isUnknown(failure)
                                ? below.commit(commit)
                                : failedFuture(failure));
    }

    private static boolean deletes(Commit commit) {
        return commit.writes().stream().allMatch(Write.Delete.class::isInstance)
                && !commit.writes().isEmpty();
    }

    private static Backend forgotten(Backend below, Kind kind) {
        AtomicBoolean closed = new AtomicBoolean();
        return of(below, kind, new Way() {
                    @Override
                    public <T> CompletionStage<T> send(Supplier<CompletionStage<T>> request) {
                        return closed.get() ? request.get() : LifeMutants.unlessClosed(closed, request.get());
                    }
                })
                .closes(() -> {
                    closed.set(true);
                    below.close();
                });
    }

    private static Backend broken(Backend below, Kind kind) {
        AtomicBoolean broken = new AtomicBoolean();
        return of(below, kind, new Way() {
            @Override
            public <T> CompletionStage<T> send(Supplier<CompletionStage<T>> request) {
                return OutcomeMutants.unless(broken, request);
            }
        });
    }

    private static Mutants.Layer lost(Predicate<Commit> which) {
        return (world, network, executor) -> new Hooks(network)
                .commits(commit -> network.commit(commit)
                        .exceptionallyCompose(failure -> failedFuture(
                                which.test(commit) && Failures.isUnknown(failure)
                                        ? Failures.notApplied("no answer", failure)
                                        : failure)));
    }

    /** Handles one kind of request incorrectly. */
    private static Hooks of(Backend below, Kind kind, Way way) {
        return new Hooks(below)
                .grants(ttl -> way.send(kind == Kind.GRANT, () -> below.grantLease(ttl)))
                .leases(lease -> Hooks.lease(
                        lease,
                        () -> way.send(kind == Kind.RENEWAL, lease::renew),
                        () -> way.send(kind == Kind.REVOCATION, lease::revoke)))
                .watches((target, listener) -> way.send(kind == Kind.WATCH, () -> below.watch(target, listener)));
    }

    /** How requests are sent. */
    private interface Way {
        <T> CompletionStage<T> send(Supplier<CompletionStage<T>> request);

        default <T> CompletionStage<T> send(boolean wrongly, Supplier<CompletionStage<T>> request) {
            return wrongly ? send(request) : request.get();
        }
    }
}
