package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;
import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.GrantLostException;
import io.sereno.LossCause;
import io.sereno.Sereno;
import io.sereno.WaitGroup;
import io.sereno.Worker;
import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Write;
import io.sereno.suite.mutants.RecipeMutants.Call;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Wait groups that count incorrectly, wait too long or not at all, and lose workers or invent them. */
final class WaitGroupMutants {
    private WaitGroupMutants() {}

    static void addTo(Mutants all) {
        waiting(all);
        losses(all);
        workers(all);
        generations(all);
    }

    private static void waiting(Mutants all) {
        all.recipe("WGP-1", "await returns at once")
                .in(group((group, method, call) -> method.equals("await") ? finished(call) : call.go()));
        all.recipe("WGP-1", "await() before the first add() returns at once")
                .in(group((group, method, call) ->
                        method.equals("await") && group.inspect().generation() == 0 ? finished(call) : call.go()));
        all.recipe("WGP-1", "await returns true at its timeout").in(group((group, method, call) -> {
            Object ended = call.go();
            return method.equals("await") && !call.returnsNothing() ? true : ended;
        }));
        all.recipe("WGP-2", "done() counts twice")
                .objects(
                        WaitGroup.class,
                        group -> changed(WaitGroup.class, group, (method, call) -> {
                            Object result = call.go();
                            if (method.equals("done")) {
                                group.done();
                            }
                            return result instanceof Worker worker
                                    ? changed(Worker.class, worker, (step, work) -> {
                                        Object done = work.go();
                                        if (step.equals("done")) {
                                            group.done();
                                        }
                                        return done;
                                    })
                                    : result;
                        }));
        all.recipe("WGP-2", "one done() too many is ignored").in(group((group, method, call) -> {
            try {
                return call.go();
            } catch (IllegalStateException tooMany) {
                if (method.equals("done")) {
                    return null;
                }
                throw tooMany;
            }
        }));
    }

    private static void losses(Mutants all) {
        all.backend("WGP-3", "a worker is settled as lost without a condition on its lease entry")
                .in(unconditional(
                        condition -> condition.name().startsWith("l-") && condition instanceof Condition.Absent));
        all.recipe("WGP-3", "inspect() reports lost workers from one read")
                .with((store, settings) -> inspectingOnce(store, settings));
        all.recipe("WGP-4", "the policy is not stored: each generation fails that loses a worker")
                .in(group((group, method, call) -> {
                    if (method.equals("add")) {
                        group.add(call.given(0, Integer.class));
                        return null;
                    }
                    return call.go();
                }));
        all.backend("WGP-4", "the loss of a worker wakes no waiter")
                .listeners((target, listener) -> Hooks.listener(
                        (name, revision) -> {
                            if (!name.startsWith("l-")) {
                                listener.changed(name, revision);
                            }
                        },
                        listener::reset));
        all.backend("WGP-4", "each client that notices the loss of a worker settles it")
                .in(unconditional(condition -> condition.name().startsWith("c-")));
    }

    private static void workers(Mutants all) {
        all.recipe("WGP-5", "a place that is closed stays until its session ends")
                .in(worker((group, method, call) -> method.equals("close") ? null : call.go()));
        all.recipe("WGP-5", "a place that is closed counts as done").calls(WaitGroup.class, (method, call) -> {
            Object result = call.go();
            return result instanceof Worker worker
                    ? changed(Worker.class, worker, (step, work) -> {
                        if (step.equals("close")) {
                            worker.done();
                            return null;
                        }
                        return work.go();
                    })
                    : result;
        });
        all.recipe("WGP-6", "a worker that was lost counts a place of another").in(worker((group, method, call) -> {
            try {
                return call.go();
            } catch (GrantLostException lost) {
                group.done();
                return null;
            }
        }));
        all.recipe("WGP-6", "done() of a lost worker does not fail").in(worker((group, method, call) -> {
            try {
                return call.go();
            } catch (GrantLostException lost) {
                return null;
            }
        }));
        all.recipe("WGP-6", "a worker does not watch its place")
                .in(worker((group, method, call) ->
                        method.equals("lost") ? new CompletableFuture<LossCause>() : call.go()));
    }

    private static void generations(Mutants all) {
        all.recipe("WGP-7", "a waiter waits for the end of the generation that is open then")
                .in((world, backend, settings) -> groups(
                        backend,
                        settings,
                        (group, method, call) -> method.equals("await") ? polling(world, group, call) : call.go()));
        all.backend("WGP-7", "add() opens the finished generation once more")
                .in(header(value -> value.replaceAll("generation \\d+", "generation 1")));
        all.backend("WGP-7", "a failed generation is forgotten when the next one opens")
                .in(header(value -> value.contains("stage open") ? value.replaceAll("failed [^\n]*\n", "") : value));
        all.backend("WGP-8", "a place taken by a join of unknown outcome is forgotten")
                .with(WaitGroupMutants::forgetting);
        all.backend("WGP-10", "a number that was given back is not given again")
                .in(header(value -> value.replaceAll("(numbers \\d+)[^\n]*\n", "$1\n")));
        all.recipe("WGP-10", "a worker's number is the number of workers at work")
                .in(worker((group, method, call) -> method.equals("number")
                        ? (Object) group.inspect().joined().size()
                        : call.go()));
        all.recipe("WGP-9", "delete() removes the header alone")
                .with((store, settings) -> groups(store, settings, (group, method, call) -> {
                    if (method.equals("delete")) {
                        Commit deletion = Commit.to("waitgroup/" + group.name())
                                .delete("h")
                                .build();
                        store.commit(deletion).toCompletableFuture().join();
                        return null;
                    }
                    return call.go();
                }));
        all.recipe("WGP-9", "await() of a deleted group returns true").in(group((group, method, call) -> {
            try {
                return call.go();
            } catch (IllegalStateException deleted) {
                if (method.equals("await")) {
                    return finished(call);
                }
                throw deleted;
            }
        }));
    }

    private static @Nullable Object finished(Call call) {
        return call.returnsNothing() ? null : Boolean.TRUE;
    }

    private interface Broken {
        @Nullable
        Object of(WaitGroup group, String method, Call call) throws Throwable;
    }

    private static Mutants.Client group(Broken broken) {
        return (world, store, settings) -> groups(store, settings, broken);
    }

    private static Sereno groups(Backend store, UnaryOperator<Sereno.Builder> settings, Broken broken) {
        Sereno sereno = settings.apply(Sereno.builder().backend(store)).connect();
        return changed(Sereno.class, sereno, (make, made) -> {
            Object result = made.go();
            return result instanceof WaitGroup group
                    ? changed(WaitGroup.class, group, (method, call) -> broken.of(group, method, call))
                    : result;
        });
    }

    /** A bug in the workers of a group. */
    private static Mutants.Client worker(Broken broken) {
        return group((group, method, call) -> {
            Object result = call.go();
            return result instanceof Worker worker
                    ? changed(Worker.class, worker, (step, work) -> broken.of(group, step, work))
                    : result;
        });
    }

    /** Leaves out some conditions of commits. */
    private static Mutants.Layer unconditional(Predicate<Condition> left) {
        return (world, below, executor) -> new Hooks(below).commits(commit -> {
            List<Condition> kept =
                    commit.conditions().stream().filter(left.negate()).toList();
            return below.commit(
                    commit.directory().startsWith("waitgroup/") ? Commits.conditioned(commit, kept) : commit);
        });
    }

    /** Stores another header. */
    private static Mutants.Layer header(UnaryOperator<String> value) {
        return (world, below, executor) -> new Hooks(below).commits(commit -> {
            List<Write> writes = commit.writes().stream()
                    .map(write -> write instanceof Write.Put put && put.name().equals("h")
                            ? new Write.Put(
                                    put.name(),
                                    Bytes.utf8(value.apply(put.value().toUtf8())),
                                    put.leaseId())
                            : write)
                    .toList();
            return below.commit(Commits.writing(commit, writes));
        });
    }

    private static Sereno inspectingOnce(Backend store, UnaryOperator<Sereno.Builder> settings) {
        return groups(store, settings, (group, method, call) -> {
            if (!method.equals("inspect")) {
                return call.go();
            }
            List<Entry> entries = store.read(new Query.All("waitgroup/" + group.name()))
                    .toCompletableFuture()
                    .join()
                    .entries();
            Set<String> lives = ids(entries, "l-");
            List<String> lost = new ArrayList<>(ids(entries, "c-"));
            lost.removeAll(lives);
            WaitGroup.View view = group.inspect();
            return new WaitGroup.View(view.generation(), view.pending(), view.joined(), lost);
        });
    }

    private static Set<String> ids(List<Entry> entries, String kind) {
        return entries.stream()
                .filter(entry -> entry.name().startsWith(kind))
                .map(entry -> entry.name().substring(kind.length()))
                .collect(Collectors.toSet());
    }

    /** Polls whether the group is done. */
    private static @Nullable Object polling(World world, WaitGroup group, Call call) {
        Duration limit = call.returnsNothing() ? Duration.ofDays(1) : call.given(0, Duration.class);
        long end = world.time().nanoTime() + limit.toNanos();
        while (group.inspect().pending() > 0 || group.inspect().generation() == 0) {
            if (world.time().nanoTime() - end >= 0) {
                return false;
            }
            CompletableFuture<Boolean> pause = new CompletableFuture<>();
            world.later(Duration.ofMillis(50), () -> pause.complete(true));
            pause.join();
        }
        return finished(call);
    }

    /** Entries that were put by a commit of unknown outcome have no owner. */
    private static Backend forgetting(Backend below) {
        Set<String> unknown = ConcurrentHashMap.newKeySet();
        return new Hooks(below).commits(commit -> {
            if (commit.writes().stream()
                    .anyMatch(write -> write instanceof Write.Delete && unknown.contains(write.name()))) {
                return completedFuture(new CommitResult.Conflict(Optional.empty()));
            }
            return below.commit(commit).whenComplete((result, failure) -> {
                if (failure != null) {
                    commit.writes().stream()
                            .map(Write::name)
                            .filter(name -> name.startsWith("l-"))
                            .forEach(unknown::add);
                }
            });
        });
    }
}
