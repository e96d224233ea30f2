package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.RecipeMutants.backend;
import static io.sereno.suite.mutants.RecipeMutants.changed;
import static io.sereno.suite.mutants.RecipeMutants.recipe;
import static io.sereno.suite.mutants.RecipeMutants.unconditional;

import io.sereno.DuplicateMemberException;
import io.sereno.KeepAlive;
import io.sereno.Member;
import io.sereno.Members;
import io.sereno.Membership;
import io.sereno.MembershipListener;
import io.sereno.Subscription;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import io.sereno.spi.WatchListener;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Joins, handles and listeners of memberships with a bug. */
final class JoinMutants {
    private JoinMutants() {}

    static List<Mutant> all() {
        return Stream.of(telling(), waiting(), sharing()).flatMap(List::stream).toList();
    }

    private static List<Mutant> telling() {
        return List.of(
                MemberMutants.members(
                        "MEM-7",
                        "a member that returns under its id is reported as changed",
                        right -> listening(right, ById::new)),
                recipe(
                        "MEM-7",
                        "the listeners of a client are called one after another",
                        Membership.class,
                        OneAfterAnother::new,
                        (line, right) -> listening(right, listener -> new InLine(listener, line))),
                handles(
                        "MEM-8",
                        "a member that is cut off stays suspended until it reconnects",
                        state -> state == KeepAlive.State.LOST ? KeepAlive.State.SUSPENDED : state),
                handles(
                        "MEM-8",
                        "a member is lost with the first renewal that is not acknowledged",
                        state -> state == KeepAlive.State.SUSPENDED ? KeepAlive.State.LOST : state),
                handles(
                        "MEM-8",
                        "a member that is not renewed reports LISTED",
                        state -> state == KeepAlive.State.SUSPENDED ? KeepAlive.State.LISTED : state));
    }

    private static List<Mutant> waiting() {
        return List.of(
                MemberMutants.members(
                        "MEM-9",
                        "WAIT gives up at once",
                        right -> new MemberMutants.Joining(
                                right,
                                (group, id, ttl, metadata, ifPresent) ->
                                        group.join(id, ttl, metadata, Membership.IfPresent.FAIL))),
                MemberMutants.members(
                        "MEM-9",
                        "WAIT waits until the id is free",
                        right -> new MemberMutants.Joining(right, (group, id, ttl, metadata, ifPresent) -> {
                            while (true) {
                                try {
                                    return group.join(id, ttl, metadata, ifPresent);
                                } catch (DuplicateMemberException taken) {
                                    if (ifPresent != Membership.IfPresent.WAIT) {
                                        throw taken;
                                    }
                                }
                            }
                        })),
                backend(
                        "MEM-9",
                        "WAIT uses the own ttl instead of the predecessor's",
                        below -> Commits.saying(
                                below,
                                commit -> MemberMutants.isOfMember(commit)
                                        ? Commits.valued(
                                                commit,
                                                MemberMutants.ENTRY,
                                                card -> card.replaceAll("\nttl [0-9]+", "\nttl 1"))
                                        : commit)),
                backend(
                        "MEM-10",
                        "a take-over removes any present member",
                        below -> Commits.saying(
                                below,
                                commit ->
                                        MemberMutants.isOfMember(commit) && Commits.deletes(commit, MemberMutants.ENTRY)
                                                ? unconditional(commit)
                                                : commit)),
                backend("MEM-10", "a removed member removes its successor", StrangeMembers.Revengeful::new),
                backend(
                        "MEM-10",
                        "a removed member notices only at its next check for another reason",
                        below -> new Wrapper(below) {
                            @Override
                            public CompletionStage<Watch> watch(Target target, WatchListener listener) {
                                return super.watch(
                                        target,
                                        target.name().isEmpty()
                                                ? listener
                                                : new OfListener(listener) {
                                                    @Override
                                                    public void changed(String name, long revision) {
                                                        // Periodic reads see the change too.
                                                    }
                                                });
                            }
                        }),
                MemberMutants.members(
                        "MEM-11",
                        "an interrupted join continues without its caller",
                        right -> new MemberMutants.Joining(right, JoinMutants::joinAside)),
                MemberMutants.members(
                        "MEM-11",
                        "a refused join continues without its caller",
                        right -> new MemberMutants.Joining(right, (group, id, ttl, metadata, ifPresent) -> {
                            try {
                                return group.join(id, ttl, metadata, ifPresent);
                            } catch (DuplicateMemberException refused) {
                                var unused = aside(() -> group.join(id, ttl, metadata, Membership.IfPresent.WAIT));
                                throw refused;
                            }
                        })));
    }

    private static List<Mutant> sharing() {
        return List.of(
                recipe(
                        "MEM-12",
                        "every member has a lease of its own",
                        Membership.class,
                        AtomicInteger::new,
                        (joined, right) -> new MemberMutants.Joining(
                                right,
                                (group, id, ttl, metadata, ifPresent) -> group.join(
                                        id, ttl.minusMillis(joined.incrementAndGet()), metadata, ifPresent))),
                backend("MEM-12", "the lease of an unused ttl is kept", MemberMutants::keepingLeases));
    }

    private static Mutant handles(String rule, String what, UnaryOperator<KeepAlive.State> said) {
        return MemberMutants.members(
                rule,
                what,
                right -> new MemberMutants.Joining(
                        right,
                        (group, id, ttl, metadata, ifPresent) ->
                                changed(KeepAlive.class, group.join(id, ttl, metadata, ifPresent), (method, call) -> {
                                    Object result = call.go();
                                    return result instanceof KeepAlive.State state ? said.apply(state) : result;
                                })));
    }

    private static Membership listening(Membership right, UnaryOperator<MembershipListener> listener) {
        return new MembershipWrapper(right) {
            @Override
            public Subscription onChange(MembershipListener told) {
                return super.onChange(listener.apply(told));
            }
        };
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
    private static final class ById extends MembershipWrapper.OfListener {
        private final Set<String> present = ConcurrentHashMap.newKeySet();

        ById(MembershipListener right) {
            super(right);
        }

        @Override
        public void joined(Member member, Members members) {
            if (present.add(member.id())) {
                super.joined(member, members);
            } else {
                super.updated(member, members);
            }
        }

        @Override
        public void left(Member member, Members members) {
            if (members.list().stream().noneMatch(other -> other.id().equals(member.id()))) {
                present.remove(member.id());
                super.left(member, members);
            }
        }
    }

    private static final class InLine extends MembershipWrapper.OfListener {
        private final OneAfterAnother line;

        InLine(MembershipListener right, OneAfterAnother line) {
            super(right);
            this.line = line;
        }

        @Override
        public void joined(Member member, Members members) {
            line.run(() -> super.joined(member, members));
        }

        @Override
        public void updated(Member member, Members members) {
            line.run(() -> super.updated(member, members));
        }

        @Override
        public void left(Member member, Members members) {
            line.run(() -> super.left(member, members));
        }
    }
}
