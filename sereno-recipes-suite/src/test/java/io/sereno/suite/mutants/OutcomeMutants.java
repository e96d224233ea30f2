package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Write;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Outcomes of calls that are reported incorrectly. */
final class OutcomeMutants {
    private OutcomeMutants() {}

    static void addTo(Mutants all) {
        commits(all);
        failures(all);
        texts(all);
    }

    private static void commits(Mutants all) {
        all.library("OUT-1", "a timeout is reported as NOT_APPLIED")
                .with((world, network) -> failing(network, OutcomeMutants::notApplied));
        all.client("OUT-1", "one commit in twenty is reported as NOT_APPLIED and applied later")
                .commits((world, below, commit) -> {
                    if (commit.writes().isEmpty() || !world.chance(50)) {
                        return below.commit(commit);
                    }
                    world.later(Duration.ofMillis(10), () -> below.commit(commit));
                    return failedFuture(Failures.notApplied("not sent"));
                });
        all.store("OUT-2", "a commit is reported before it is stored").with(OutcomeMutants::writeBehind);
        all.library("OUT-2", "the exception of a lost connection is swallowed")
                .commits((world, below, commit) -> below.commit(commit)
                        .exceptionally(swallowed -> new CommitResult.Committed(1_000_000, Optional.empty())));
        all.library("OUT-3", "a commit of unknown outcome is resent in the background")
                .in((world, below, executor) -> new Hooks(below)
                        .commits(commit -> below.commit(commit).whenComplete((result, failure) -> {
                            if (failure != null && Failures.isUnknown(failure)) {
                                world.later(Duration.ofMillis(5), executor, () -> below.commit(Commits.bare(commit)));
                            }
                        })));
        all.library("OUT-3", "a request that may still arrive is reported as NOT_APPLIED")
                .with((world, network) -> failing(network, OutcomeMutants::notApplied));
        all.library("OUT-4", "a lost reply is reported as NOT_APPLIED")
                .with((world, network) -> failing(network, OutcomeMutants::notApplied));
        all.library("OUT-4", "after a lost reply the conditions are checked once more, and do not hold")
                .afterFailures((below, commit, lost) -> Failures.isUnknown(lost)
                        ? CompletableFuture.completedFuture(new CommitResult.Conflict(Optional.empty()))
                        : failedFuture(lost));
    }

    private static void failures(Mutants all) {
        all.library("OUT-5", "a commit that could not be sent is reported as UNKNOWN")
                .failures((commit, lost) -> Failures.unknown("who knows", lost));
        all.library("OUT-6a", "a lost read is reported as UNKNOWN")
                .reads((world, below, query) -> below.read(query)
                        .exceptionallyCompose(lost -> failedFuture(Failures.unknown("timeout", lost))));
        all.library("OUT-6a", "a lost grant is reported as UNKNOWN")
                .grants((world, below, ttl) -> below.grantLease(ttl)
                        .exceptionallyCompose(lost -> failedFuture(Failures.unknown("timeout", lost))));
        all.library("OUT-6a", "a lost watch is reported as UNKNOWN")
                .with((world, below) -> new Hooks(below)
                        .watches((target, listener) -> below.watch(target, listener)
                                .exceptionallyCompose(lost -> failedFuture(Failures.unknown("timeout", lost)))));
        all.client("OUT-6b", "a refused call is sent, and reported as a lost connection")
                .with((world, below) -> new Hooks(below)
                        .commits(commit -> below.commit(commit).exceptionallyCompose(OutcomeMutants::lost))
                        .grants(ttl -> below.grantLease(ttl).exceptionallyCompose(OutcomeMutants::lost)));
        all.client("OUT-6c", "stages fail with exceptions of the client library")
                .reads((world, below, query) -> below.read(query)
                        .exceptionallyCompose(failure -> failedFuture(new IllegalStateException("channel closed"))));
        all.client("OUT-6c", "a public method shows a class of the client library")
                .with((world, below) -> new Leaky(below));
    }

    private static void texts(Mutants all) {
        all.connected("OUT-6d", "toString() shows the password")
                .by((world, config) -> new PlainClient(world.store(config), config) {
                    @Override
                    public String toString() {
                        return "client of " + config.user().orElse("nobody") + ":"
                                + config.password().map(String::new).orElse("");
                    }
                });
        all.connected("OUT-6d", "a refused login repeats the password").by((world, config) -> {
            config.password().ifPresent(password -> {
                throw new BackendException(Outcome.NOT_APPLIED, true, "login refused: " + new String(password), null);
            });
            return new PlainClient(world.store(config), config);
        });
        all.library("OUT-7", "after a lost connection no call works").with(OutcomeMutants::broken);
        all.library("OUT-7", "after a lost commit a client reads, but cannot write")
                .with((world, below) -> {
                    AtomicBoolean lost = new AtomicBoolean();
                    return new Hooks(below)
                            .commits(commit -> lost.get()
                                    ? failedFuture(Failures.notApplied("suspended"))
                                    : below.commit(commit)
                                            .whenComplete(
                                                    (result, failure) -> lost.compareAndSet(false, failure != null)));
                });
    }

    private static Backend failing(Backend network, UnaryOperator<Throwable> change) {
        return new Hooks(network)
                .commits(commit ->
                        network.commit(commit).exceptionallyCompose(failure -> failedFuture(change.apply(failure))));
    }

    private static Throwable notApplied(Throwable failure) {
        return Failures.notApplied("timeout", failure);
    }

    private static <T> CompletionStage<T> lost(Throwable refused) {
        return refused instanceof CompletionException && refused.getCause() != null
                ? lost(refused.getCause())
                : CompletableFuture.failedFuture(Failures.notApplied("connection lost", refused));
    }

    /** Has a method that cannot be called without one of our classes. */
    public static final class Leaky extends Hooks {
        Leaky(Backend below) {
            super(below);
        }

        /** Returns a class of another library. */
        public com.tngtech.archunit.core.importer.ClassFileImporter library() {
            return new com.tngtech.archunit.core.importer.ClassFileImporter();
        }
    }

    /** Remembers its first failure forever. */
    private static Backend broken(Backend below) {
        AtomicBoolean broken = new AtomicBoolean();
        return new Hooks(below)
                .reads(query -> unless(broken, () -> below.read(query)))
                .commits(commit -> unless(broken, () -> below.commit(commit)))
                .watches((target, listener) -> unless(broken, () -> below.watch(target, listener)));
    }

    /** After a failure there are no more calls. */
    static <T> CompletionStage<T> unless(AtomicBoolean broken, Supplier<CompletionStage<T>> call) {
        return broken.get()
                ? failedFuture(Failures.notApplied("not connected"))
                : call.get().whenComplete((result, failure) -> broken.compareAndSet(false, failure != null));
    }

    /** Stores entries a little later if nothing depends on them yet. */
    private static void writeBehind(World world, PlainStore store) {
        store.apply = commit -> {
            boolean isNew = commit.writes().stream()
                    .allMatch(write -> write instanceof Write.Put
                            && store.entry(commit.directory(), write.name()).isEmpty());
            if (!isNew || !commit.conditions().isEmpty() || PlainStore.leaseOf(commit) != 0) {
                return store.apply(commit);
            }
            long at = store.next(commit.directory());
            store.later(
                    Duration.ofMillis(20),
                    () -> commit.writes().forEach(write -> store.write(commit.directory(), write, at)));
            return at;
        };
    }
}
