package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.unconditional;

import io.sereno.DuplicateMemberException;
import io.sereno.KeepAlive;
import io.sereno.Member;
import io.sereno.Members;
import io.sereno.Membership;
import io.sereno.MembershipListener;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Joins, handles and listeners of memberships with a bug. */
final class JoinMutants {
    private JoinMutants() {}

    static void addTo(Mutants all) {
        telling(all);
        waiting(all);
        sharing(all);
    }

    private static void telling(Mutants all) {
        all.recipe("MEM-7", "a member that returns under its id is reported as changed")
                .objects(Membership.class, right -> listening(right, JoinMutants::byId));
        all.recipe("MEM-7", "the listeners of a client are called one after another")
                .objects(
                        Membership.class,
                        OneAfterAnother::new,
                        (line, right) -> listening(right, listener -> inLine(listener, line)));
        all.recipe("MEM-8", "a member that is cut off stays suspended until it reconnects")
                .objects(
                        Membership.class,
                        handles(state -> state == KeepAlive.State.LOST ? KeepAlive.State.SUSPENDED : state));
        all.recipe("MEM-8", "a member is lost with the first renewal that is not acknowledged")
                .objects(
                        Membership.class,
                        handles(state -> state == KeepAlive.State.SUSPENDED ? KeepAlive.State.LOST : state));
        all.recipe("MEM-8", "a member that is not renewed reports LISTED")
                .objects(
                        Membership.class,
                        handles(state -> state == KeepAlive.State.SUSPENDED ? KeepAlive.State.LISTED : state));
    }

    private static void waiting(Mutants all) {
        all.recipe("MEM-9", "WAIT gives up at once")
                .objects(
                        Membership.class,
                        right -> MemberMutants.joining(
                                right,
                                (group, id, ttl, metadata, ifPresent) ->
                                        group.join(id, ttl, metadata, Membership.IfPresent.FAIL)));
        all.recipe("MEM-9", "WAIT waits until the id is free")
                .objects(
                        Membership.class,
                        right -> MemberMutants.joining(right, (group, id, ttl, metadata, ifPresent) -> {
                            while (true) {
                                try {
                                    return group.join(id, ttl, metadata, ifPresent);
                                } catch (DuplicateMemberException taken) {
                                    if (ifPresent != Membership.IfPresent.WAIT) {
                                        throw taken;
                                    }
                                }
                            }
                        }));
        all.backend("MEM-9", "WAIT uses the own ttl instead of the predecessor's")
                .requests(commit -> MemberMutants.isOfMember(commit)
                        ? Commits.valued(
                                commit, MemberMutants.ENTRY, card -> card.replaceAll("\nttl [0-9]+", "\nttl 1"))
                        : commit);
        all.backend("MEM-10", "a take-over removes any present member")
                .requests(commit -> MemberMutants.isOfMember(commit) && Commits.deletes(commit, MemberMutants.ENTRY)
                        ? unconditional(commit)
                        : commit);
        all.backend("MEM-10", "a removed member removes its successor").with(StrangeMembers::revengeful);
        all.backend("MEM-10", "a removed member notices only at its next check for another reason")
                .listeners((target, listener) -> target.name().isEmpty()
                        ? listener
                        : Hooks.listener(
                                (name, revision) -> {
                                    // Periodic reads see the change too.
                                },
                                listener::reset));
        all.recipe("MEM-11", "an interrupted join continues without its caller")
                .objects(Membership.class, right -> MemberMutants.joining(right, JoinMutants::joinAside));
        all.recipe("MEM-11", "a refused join continues without its caller")
                .objects(
                        Membership.class,
                        right -> MemberMutants.joining(right, (group, id, ttl, metadata, ifPresent) -> {
                            try {
                                return group.join(id, ttl, metadata, ifPresent);
                            } catch (DuplicateMemberException refused) {
                                var unused = aside(() -> group.join(id, ttl, metadata, Membership.IfPresent.WAIT));
                                throw refused;
                            }
                        }));
    }

    private static void sharing(Mutants all) {
        all.recipe("MEM-12", "every member has a lease of its own")
                .objects(
                        Membership.class,
                        AtomicInteger::new,
                        (joined, right) -> MemberMutants.joining(
                                right,
                                (group, id, ttl, metadata, ifPresent) -> group.join(
                                        id, ttl.minusMillis(joined.incrementAndGet()), metadata, ifPresent)));
        all.backend("MEM-12", "the lease of an unused ttl is kept").with(MemberMutants::keepingLeases);
    }

    private static UnaryOperator<Membership> handles(UnaryOperator<KeepAlive.State> said) {
        return right -> MemberMutants.joining(
                right,
                (group, id, ttl, metadata, ifPresent) ->
                        changed(KeepAlive.class, group.join(id, ttl, metadata, ifPresent), (method, call) -> {
                            Object result = call.go();
                            return result instanceof KeepAlive.State state ? said.apply(state) : result;
                        }));
    }

    private static Membership listening(Membership right, UnaryOperator<MembershipListener> listener) {
        return changed(
                Membership.class,
                right,
                (method, call) -> method.equals("onChange")
                        ? right.onChange(listener.apply(call.given(0, MembershipListener.class)))
                        : call.go());
    }

    /** Waits for a join that another thread makes. */
    private static KeepAlive joinAside(
            Membership group, String id, Duration ttl, Map<String, String> metadata, Membership.IfPresent ifPresent)
            throws InterruptedException {
        try {
            return aside(() -> group.join(id, ttl, metadata, ifPresent)).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e);
        }
    }

    private static CompletableFuture<KeepAlive> aside(Callable<KeepAlive> join) {
        CompletableFuture<KeepAlive> joined = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                joined.complete(join.call());
            } catch (Exception e) {
                joined.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        while (thread.getState() == Thread.State.RUNNABLE) {
            Thread.onSpinWait(); // Manual time does not wait for the thread.
        }
        return joined;
    }

    /** Identifies members only by their ids. */
    private static MembershipListener byId(MembershipListener right) {
        Set<String> present = ConcurrentHashMap.newKeySet();
        return new MembershipListener() {
            @Override
            public void joined(Member member, Members members) {
                if (present.add(member.id())) {
                    right.joined(member, members);
                } else {
                    right.updated(member, members);
                }
            }

            @Override
            public void updated(Member member, Members members) {
                right.updated(member, members);
            }

            @Override
            public void left(Member member, Members members) {
                if (members.list().stream().noneMatch(other -> other.id().equals(member.id()))) {
                    present.remove(member.id());
                    right.left(member, members);
                }
            }
        };
    }

    private static MembershipListener inLine(MembershipListener right, OneAfterAnother line) {
        return new MembershipListener() {
            @Override
            public void joined(Member member, Members members) {
                line.run(() -> right.joined(member, members));
            }

            @Override
            public void updated(Member member, Members members) {
                line.run(() -> right.updated(member, members));
            }

            @Override
            public void left(Member member, Members members) {
                line.run(() -> right.left(member, members));
            }
        };
    }
}
